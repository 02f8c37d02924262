"""The demo's dice: one seeded source for every choice, so that a seed gives the same town again."""

from datetime import date, datetime, time, timedelta
from random import Random
from uuid import UUID

from django.utils import timezone


class Chance(Random):
    """`random.Random` with days, moments and uuids of the town."""

    def uuid(self):
        return UUID(int=self.getrandbits(128), version=4)

    def happens(self, probability):
        return self.random() < probability

    def pick(self, weights):
        """A key of a {key: weight} mapping."""
        return self.choices(list(weights), list(weights.values()))[0]

    def day(self, first: date, last: date) -> date:
        """A day of the closed span."""
        return first + timedelta(days=self.randrange((last - first).days + 1))

    def working_day(self, first: date, last: date) -> date:
        """The same, with fewer Saturdays and fewer Sundays still."""
        for _ in range(4):
            day = self.day(first, last)
            if self.happens((1, 1, 1, 1, 1, 0.6, 0.35)[day.weekday()]):
                break
        return day

    def moment(self, day: date, first_hour: float, last_hour: float) -> datetime:
        """A local time of the day between two hours, to the second."""
        midnight = timezone.make_aware(datetime.combine(day, time()))
        return midnight + timedelta(seconds=round(self.uniform(first_hour, last_hour) * 3600))
