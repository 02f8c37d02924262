"""What configures a town: care categories and their frequency, patrol points, how the office names itself."""

from datetime import date

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from grids import access
from grids.actions import audit, versions
from grids.exceptions import DomainError
from grids.models import (
    AuditEntry,
    CareCategory,
    CareFrequency,
    Frequency,
    Grid,
    PatrolPoint,
    TownProfile,
    User,
)

P = access.Permission


@transaction.atomic
def add_category(*, town: Grid, by: User, name: str, frequency: str, starts_on: date) -> CareCategory:
    """A new kind of person to look after, at the end of the list, visited so often from a day on."""
    town = _locked_town(town, by)
    _require_new_name(town.care_categories, name)
    category = CareCategory(town=town, name=name, position=_next_position(town.care_categories))
    category.key = f"own-{category.position}-{town.care_categories.count() + 1}"
    category.save()
    CareFrequency.objects.create(category=category, frequency=frequency, starts_on=starts_on)
    words = f"{Frequency(frequency).label}，{starts_on.isoformat()} 起"
    _log(by, town, category, {"新增类别": ["", name], "走访频次": ["", words]})
    return category


@transaction.atomic
def rename(*, row: CareCategory | PatrolPoint, by: User, name: str):
    """Give a category or patrol point another name; what was recorded under it stays with it."""
    row, town = _locked_row(row, by)
    if row.name == name:
        return row
    _require_new_name(type(row).objects.filter(town=town).exclude(pk=row.pk), name)
    old, row.name = row.name, name
    row.save(update_fields=["name"])
    _log(by, town, row, {"名称": [old, name]})
    return row


@transaction.atomic
def set_frequency(*, category: CareCategory, by: User, frequency: str, starts_on: date) -> CareFrequency:
    """Visit the category so often from a day on, at the earliest today; months before keep the rule they had."""
    category, town = _locked_row(category, by)
    if starts_on < timezone.localdate():
        raise DomainError("新的频次最早从今天起；以前的走访率按当时的规定算。")
    running = category.frequencies.on(starts_on).first()
    if running and running.frequency == frequency:
        raise DomainError(f"这一天已经是{running.get_frequency_display()}。")
    category.frequencies.filter(starts_on__gte=starts_on).delete()
    category.frequencies.during(starts_on, date.max).update(ends_on=starts_on)
    begun = CareFrequency.objects.create(category=category, frequency=frequency, starts_on=starts_on)
    old = running.get_frequency_display() if running else ""
    words = f"{begun.get_frequency_display()}，{starts_on.isoformat()} 起"
    _log(by, town, category, {"走访频次": [old, words]})
    return begun


@transaction.atomic
def set_retired(*, row: CareCategory | PatrolPoint, by: User, retired: bool):
    """Take a category or point off the forms from today, or put it back; its history stays.

    A category that somebody belongs to, or will, is not retired: nobody may fall out of care unnoticed.
    """
    row, town = _locked_row(row, by)
    if retired == (row.retired_on is not None):
        return row
    if retired and isinstance(row, CareCategory):
        n = row.residents.exclude(ends_on__lte=timezone.localdate()).count()
        if n:
            raise DomainError(f"还有 {n} 人属于“{row.name}”，请先为他们改类别，再停用。")
    row.retired_on = timezone.localdate() if retired else None
    row.save(update_fields=["retired_on"])
    _log(by, town, row, {"停用" if retired else "恢复": ["", timezone.localdate().isoformat()]})
    return row


@transaction.atomic
def move(*, row: CareCategory | PatrolPoint, by: User, up: bool):
    """Change places with the neighbour in the list; at the end of the list nothing happens."""
    row, town = _locked_row(row, by)
    rows = list(type(row).objects.filter(town=town, retired_on=None).order_by("position", "pk"))
    if row not in rows:
        raise DomainError("已停用的不排序。")
    place = rows.index(row)
    other = place - 1 if up else place + 1
    if not 0 <= other < len(rows):
        return row
    rows[place], rows[other] = rows[other], rows[place]
    for position, one in enumerate(rows, 1):
        one.position = position
    type(row).objects.bulk_update(rows, ["position"])
    _log(by, town, row, {"次序": [place + 1, other + 1]})
    return row


@transaction.atomic
def add_point(*, town: Grid, by: User, name: str) -> PatrolPoint:
    """A new thing to look at on patrol, at the end of the list."""
    town = _locked_town(town, by)
    _require_new_name(town.patrol_points, name)
    point = PatrolPoint.objects.create(town=town, name=name, position=_next_position(town.patrol_points))
    _log(by, town, point, {"新增检查点": ["", name]})
    return point


@transaction.atomic
def update_profile(*, town: Grid, by: User, **values) -> TownProfile:
    """How the office, its formal name, and what lies above it are called; the duty phone."""
    town = _locked_town(town, by)
    profile, _ = TownProfile.objects.get_or_create(town=town)
    changes = versions.put(profile, values)
    if changes:
        profile.save()
        _log(by, town, profile, changes)
    return profile


def _locked_town(town, by):
    """Changes of a town's settings take turns on its row."""
    access.require(by, P.CONFIGURE, town)
    return Grid.objects.select_for_update(no_key=True).get(pk=town.pk)


def _locked_row(row, by):
    town = _locked_town(row.town, by)
    return type(row).objects.select_for_update(of=("self",)).get(pk=row.pk), town


def _require_new_name(rows, name):
    if rows.filter(name=name).exists():
        raise DomainError(f"已有“{name}”，停用的也算；可以恢复它，或换个名称。")


def _next_position(rows):
    return (rows.aggregate(last=Max("position"))["last"] or 0) + 1


def _log(by, town, row, changes):
    audit.log(AuditEntry.Action.SETTING, by=by, grid=town, obj=row, label=str(row), changes=changes)
