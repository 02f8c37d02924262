"""How many people may be asked: what the net knows of them, and the formula that makes a sample's size of it."""

from datetime import date
from fractions import Fraction
from typing import NamedTuple

from django.db.models import Case, CharField, Count, Q, Value, When
from django.db.models.functions import Left
from django.utils import timezone

from grids.models import Absence, Resident, Tier
from surveys.actions import rounds
from surveys.models import AgeBand

ADULT = 18


class Known(NamedTuple):
    """Adults by the net's own entries: {village code: n}, {(sex, age band): n} for those whose sex is entered too."""

    areas: dict
    cells: dict


def known_adults(town):
    """Who lives in the town today and is of age, by birth date; who moved away or died is left out. One query."""
    today, lives = timezone.localdate(), "household__placements"
    gone = Absence.objects.current().filter(reason__in=Absence.FOR_GOOD).values("resident_id")
    placed = Q(**{f"{lives}__ends_on": None}) | Q(**{f"{lives}__ends_on__gt": today})
    here = {f"{lives}__starts_on__lte": today, f"{lives}__grid__code__startswith": town.code}
    adults = Resident.objects.filter(placed, **here, born_on__lte=_birthday(ADULT)).exclude(pk__in=gone)
    bands = [
        When(born_on__lte=_birthday(int(band.value)), then=Value(band.value)) for band in reversed(AgeBand)
    ]
    counted = (
        adults.annotate(
            village=Left(f"{lives}__grid__code", int(Tier.AREA)),
            band=Case(*bands, output_field=CharField()),
        )
        .values_list("village", "sex", "band")
        .annotate(n=Count("pk"))
    )
    areas, cells = {}, {}
    for village, sex, band, n in counted.order_by():
        areas[village] = areas.get(village, 0) + n
        if sex:
            cells[sex, band] = cells.get((sex, band), 0) + n
    return Known(areas, cells)


def _birthday(years):
    """The latest birth date of somebody who is so old today; the 29th of February counts from the 28th."""
    today = timezone.localdate()
    try:
        return today.replace(year=today.year - years)
    except ValueError:
        return date(today.year - years, 2, 28)


class Formula(NamedTuple):
    """A sample's size as it is reckoned on a pocket calculator, with the steps in words."""

    total: int
    needed: int
    first: str
    second: str


def formula(round, total):
    """The size for so many people, at the round's error and design effect."""
    margin, effect = Fraction(round.error_permille, 1000), Fraction(round.design_effect, 100)
    simple = Fraction(196, 100) ** 2 / 4 / margin**2 * effect
    finite = simple / (1 + (simple - 1) / total)
    percent = f"{float(margin * 100):g} %"
    times = "" if effect == 1 else f" × 设计效应 {float(effect):g}"
    return Formula(
        total,
        rounds.needed(round, total),
        f"n₀ = 1.96² × 0.25 ÷ ({percent})²{times} = {float(simple):,.1f}",
        f"n = n₀ ÷ (1 + (n₀ − 1) ÷ {total:,}) = {float(finite):,.1f}",
    )
