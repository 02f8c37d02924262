"""Why a resident is looked after, and when they are away: dated facts that decide what is due."""

from datetime import date, timedelta

from django.db import transaction

from grids import access
from grids.actions.placed import require_at
from grids.actions.residents import note_change
from grids.exceptions import DomainError
from grids.models import Absence, CareCategory, Resident, ResidentCare, User

P = access.Permission
_ONE_DAY = timedelta(days=1)


@transaction.atomic
def begin_care(
    *, resident: Resident, by: User, category: CareCategory, starts_on: date, note: str = ""
) -> ResidentCare:
    """Put a resident into a care category from a day on; raises DomainError if they are in it or have died."""
    grid = require_at(resident.household, by, P.EDIT_HOUSEHOLDS)
    _lock(resident)
    if category.town.code != grid.town_code:
        raise DomainError("这个类别不属于本镇。")
    if resident.absences.filter(reason=Absence.Reason.DIED).exists():
        raise DomainError("已登记去世，不能再登记类别。")
    if resident.care.during(starts_on, date.max).filter(category=category).exists():
        raise DomainError(f"已登记为{category.name}。")
    care = ResidentCare.objects.create(
        resident=resident, category=category, starts_on=starts_on, note=note, noted_by=by
    )
    changes = {f"类别：{category.name}": ["", f"{starts_on.isoformat()} 起"]}
    note_change(resident, by=by, grid=grid, changes=changes)
    return care


@transaction.atomic
def end_care(*, care: ResidentCare, by: User, last_day: date) -> ResidentCare:
    """The resident belongs to the category up to and including `last_day`."""
    resident = care.resident
    grid = require_at(resident.household, by, P.EDIT_HOUSEHOLDS)
    _lock(resident)
    care = ResidentCare.objects.select_related("category").get(pk=care.pk)
    if last_day < care.starts_on:
        raise DomainError(f"这个类别 {care.starts_on:%Y-%m-%d} 才开始，最后一天不能更早。")
    if care.ends_on is not None and care.ends_on <= last_day:
        raise DomainError("这个类别已经结束。")
    care.ends_on = last_day + _ONE_DAY
    care.save(update_fields=["ends_on"])
    changes = {
        f"类别：{care.category.name}": [f"{care.starts_on.isoformat()} 起", f"到 {last_day.isoformat()}"]
    }
    note_change(resident, by=by, grid=grid, changes=changes)
    return care


@transaction.atomic
def note_absence(
    *, resident: Resident, by: User, reason: str, starts_on: date, ends_on: date | None = None
) -> Absence:
    """The resident is away from `starts_on` until the return date, open without one.

    An absence that runs ends that day; death ends every care category. Raises DomainError when a later absence
    is in the way or the resident has died.
    """
    grid = require_at(resident.household, by, P.EDIT_HOUSEHOLDS)
    _lock(resident)
    if resident.absences.filter(reason=Absence.Reason.DIED).exists():
        raise DomainError("已登记去世，请先撤销那一条。")
    running = resident.absences.on(starts_on).filter(starts_on__lt=starts_on).first()
    if running:
        running.ends_on = starts_on
        running.save(update_fields=["ends_on"])
    if resident.absences.during(starts_on, ends_on or date.max).exists():
        raise DomainError("这段时间内已登记离开，请先核对。")
    if reason == Absence.Reason.DIED:
        ends_on = None
        _end_all_care(resident, starts_on)
    absence = Absence.objects.create(
        resident=resident, reason=reason, starts_on=starts_on, ends_on=ends_on, noted_by=by
    )
    note_change(resident, by=by, grid=grid, changes={"离开": ["", _words(absence)]})
    return absence


@transaction.atomic
def end_absence(*, absence: Absence, by: User, back_on: date) -> Absence:
    """The resident is back on the day; what is due resumes. The dead do not return: that entry is withdrawn."""
    resident = absence.resident
    grid = require_at(resident.household, by, P.EDIT_HOUSEHOLDS)
    _lock(resident)
    absence = Absence.objects.get(pk=absence.pk)
    if absence.reason == Absence.Reason.DIED:
        raise DomainError("登记为去世的，只能撤销那一条。")
    if back_on <= absence.starts_on:
        raise DomainError(f"{absence.starts_on:%Y-%m-%d} 才离开，返回日期须在这之后；登记错了请撤销。")
    before = _words(absence)
    absence.ends_on = back_on
    absence.save(update_fields=["ends_on"])
    note_change(resident, by=by, grid=grid, changes={"离开": [before, _words(absence)]})
    return absence


@transaction.atomic
def withdraw_absence(*, absence: Absence, by: User) -> None:
    """Take back an absence entered by mistake; the audit log keeps what it said."""
    resident = absence.resident
    grid = require_at(resident.household, by, P.EDIT_HOUSEHOLDS)
    _lock(resident)
    changes = {"离开": [_words(absence), "撤销"]}
    Absence.objects.filter(pk=absence.pk).delete()
    note_change(resident, by=by, grid=grid, changes=changes)


def _lock(resident):
    """Dated facts of one resident are written one after the other."""
    Resident.objects.select_for_update().get(pk=resident.pk)


def _end_all_care(resident, day):
    for care in resident.care.during(day, date.max):
        # A period has at least one day: what began on the day or later is kept as its first day.
        care.ends_on = max(day, care.starts_on + _ONE_DAY)
        care.save(update_fields=["ends_on"])


def _words(absence):
    until = f" 至 {absence.ends_on.isoformat()}" if absence.ends_on else " 起"
    return f"{absence.get_reason_display()} {absence.starts_on.isoformat()}{until}"
