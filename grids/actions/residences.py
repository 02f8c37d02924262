"""Who lives behind which door from a day on. The one way to write a residence, so that it agrees with the resident.

Figures as of an earlier day take the home from here; `Resident.household` is the open row's, which the database
checks at the end of every transaction.
"""

from datetime import date, timedelta

from django.utils import timezone

from grids.exceptions import DomainError
from grids.models import Household, Residence, Resident

# A move may be told late, but a slip of the keyboard must not rewrite years of figures.
LATEST_TOLD = timedelta(days=366)


def begin(*, resident: Resident, since: date | None = None) -> Residence:
    """A newly entered resident lives there since the household is known, unless it is said since when."""
    if since and since > timezone.localdate():
        raise DomainError("住进日期不能晚于今天。")
    since = since or _known_since(resident.household)
    return Residence.objects.create(resident=resident, household=resident.household, starts_on=since)


def move(*, resident: Resident, household: Household, on: date) -> None:
    """The resident, locked and afterwards saved by the caller, lives in the household from the day on.

    A second move on the day of the last one corrects it. Raises DomainError when the day does not follow.
    """
    today = timezone.localdate()
    if resident.household_id == household.pk:
        raise DomainError("此人已在这一户。")
    if on > today:
        raise DomainError("日期不能晚于今天；还没搬的，搬了再登记。")
    if on < today - LATEST_TOLD:
        raise DomainError("最多补登一年以内的搬迁，请核对年份。")
    running = resident.residences.get(ends_on=None)
    if on < running.starts_on:
        raise DomainError(f"此人 {running.starts_on:%Y-%m-%d} 才住进现在这一户，日期不能更早。")
    known_since = _known_since(household)
    if on < known_since:
        raise DomainError(f"{household.address} {known_since:%Y-%m-%d} 才建户，日期不能更早。")
    if on == running.starts_on:
        running.delete()
    else:
        running.ends_on = on
        running.save(update_fields=["ends_on"])
    if not resident.residences.filter(household=household, ends_on=on).update(ends_on=None):
        Residence.objects.create(resident=resident, household=household, starts_on=on)
    resident.household = household


def _known_since(household):
    return household.placements.order_by("starts_on").values_list("starts_on", flat=True)[0]
