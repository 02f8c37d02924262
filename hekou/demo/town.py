"""The whole demo town from a seed: the net, who serves it, who lives there, a year of fieldwork, ending today."""

from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone

from cases import tallies
from grids.models import Grid, Tier
from hekou.demo import cases, facts, fieldwork, lives, places, staff
from hekou.demo.chance import Chance
from hekou.demo.checks import Checks
from hekou.demo.copying import copy_in
from hekou.demo.fieldwork import Diary
from hekou.demo.inspections import Walks
from hekou.demo.names import Numbers
from hekou.demo.office import Office
from hekou.demo.people import People
from hekou.demo.shown import Shown
from hekou.demo.surveys import Surveys
from hekou.demo.visits import Rounds

TOWN_CODE = "140181100"


@transaction.atomic
def build(*, seed, households, days, progress, now=None):
    """Fill the town that `setup_town` made. All or nothing; `progress(label, n)` begins a stage and gives its tick.

    The year ends at `now`, by default this moment.
    """
    chance, now = Chance(seed), timezone.localtime(now)
    today = now.date()
    span = (today - timedelta(days=days), today)
    numbers = Numbers(chance)
    net = places.build(chance, Grid.objects.get(code=TOWN_CODE), numbers.phone, households)
    people_in_post = staff.build(chance, net, numbers, today, now)
    homes = People(chance, net, people_in_post, numbers, span).build(
        households, progress("住户和居民", 2 * households)
    )
    tick = progress("走访、诉求、巡查、事件、问卷", 6)
    calls = Rounds(chance, span, _diligence(chance, net)).plan(homes)
    tick()
    diary = Diary(chance, people_in_post, span, now)
    told = diary.visits(calls)
    told += diary.patrols(fieldwork.walked(net))
    # Dice of their own, so that the rest of the town does not depend on them.
    told += Walks(Chance(f"inspections {seed}"), net, people_in_post, span, now).facts()
    told += diary.reports(net.at(Tier.GRID), max(households * days // 7000, 5))
    tick()
    entries = facts.write(told, chance.uuid)
    tick()
    year = cases.Year(chance, net, cases.Hands(net, people_in_post), numbers, span, now)
    shown = Shown(year)
    year.tell(max(households * days // 650, 20))
    # After the year, so that the newest stand on top of the ledger.
    shown.tell()
    checks = Checks(Chance(f"checks {seed}"), year)
    checks.tell()
    entries += lives.write(year.lives, chance.uuid)
    shown.write()
    checks.write()
    tallies.rebuild()
    tick()
    entries += Surveys(Chance(f"surveys {seed}"), net, people_in_post, now).tell()
    tick()
    _close_the_books(Office(chance, net, people_in_post, span, now), homes, entries)
    tick()


def _close_the_books(office, homes, entries):
    """The log is chained in the order of writing, so it is written in the order of time."""
    entries = [*entries, *office.entries(homes)]
    copy_in(sorted(entries, key=lambda entry: (entry.at, entry.action, entry.object_key)))
    office.feedback()


def _diligence(chance, net):
    """How surely a grid keeps what is due: between 0.77 and 0.97, drawn once a grid."""
    odds = {grid.code: chance.betavariate(6, 2.5) * 0.2 + 0.77 for grid in net.at(Tier.GRID)}
    odds[staff.NO_WORKER] = 0.68
    return lambda place: odds[place.code[: Tier.GRID]]


def refresh_statistics():
    """Tell the planner what was loaded; a role without the right to is not refused, only warned."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
