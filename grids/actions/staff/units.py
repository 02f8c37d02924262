"""Units that handle matters (承办单位) and who acts for them from when to when.

Changes of a unit and of its members take turns on the unit's row. A unit is never deleted, only not used any more from
a day on; a membership that has begun is ended, never taken away.
"""

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from grids import access
from grids.access import Permission as P
from grids.actions import audit
from grids.actions.staff.terms import StaffRefused, end_words, in_words
from grids.models import AuditEntry, Unit, UnitMembership
from grids.scoped import next_day

Action = AuditEntry.Action


@transaction.atomic
def add_unit(*, town, name, phone="", by):
    """A new unit of the town. Raises StaffRefused for a name that one of its units has or had."""
    access.require(by, P.EDIT_STAFF, town)
    unit = Unit(town=town, name=name, phone=phone)
    _save_unit(unit)
    _log_unit(unit, by, {"名称": ["", name], **({"电话": ["", phone]} if phone else {})})
    return unit


@transaction.atomic
def edit_unit(*, unit, name, phone="", by):
    """Another name or telephone; its members and what it handled stay with it."""
    unit = _locked_unit(unit, by)
    changes = {}
    if name != unit.name:
        changes["名称"] = [unit.name, name]
    if phone != unit.phone:
        changes["电话"] = [unit.phone, phone]
    if changes:
        unit.name, unit.phone = name, phone
        _save_unit(unit)
        _log_unit(unit, by, changes)
    return unit


@transaction.atomic
def retire_unit(*, unit, last_day, by):
    """The unit is used up to that day (inclusive), at the earliest yesterday; its members are, too.

    Somebody who would only begin later is named in a StaffRefused: that was meant otherwise. So is a unit that still
    has matters in hand; the database knows which (trigger unit_retires_without_open_cases).
    """
    unit = _locked_unit(unit, by)
    if unit.retired_on:
        raise StaffRefused(f"{unit.name}已定于 {in_words(unit.retired_on)}起停用。")
    if last_day < timezone.localdate() - timedelta(days=1):
        raise StaffRefused("最早到昨天为止，更早的日子这个单位还在办事。", "last_day")
    day = next_day(last_day)
    rows = unit.memberships.select_for_update(of=("self",)).select_related("user").exclude(ends_on__lte=day)
    members = list(rows.order_by("pk"))
    for member in members:
        if member.starts_on >= day:
            raise StaffRefused(
                f"{member.user.name}从 {in_words(member.starts_on)}起才是成员，请先撤销。", "last_day"
            )
    unit.retired_on = day
    _save_retired(unit)
    UnitMembership.objects.filter(pk__in=[member.pk for member in members]).update(ends_on=day)
    ended = "、".join(member.user.name for member in members)
    changes = {"停用": ["", f"{in_words(day)}起"]}
    _log_unit(unit, by, changes | ({"成员": [ended, f"至 {end_words(day)}"]} if ended else {}))
    return unit


@transaction.atomic
def restore_unit(*, unit, by):
    """Use the unit again, or after all; members that ended with it are added anew by whoever knows which."""
    unit = _locked_unit(unit, by)
    if unit.retired_on is None:
        return unit
    before, unit.retired_on = unit.retired_on, None
    unit.save(update_fields=["retired_on"])
    _log_unit(unit, by, {"停用": [f"{in_words(before)}起", "恢复使用"]})
    return unit


@transaction.atomic
def add_member(*, unit, person, starts_on, last_day=None, by):
    """Let the person act for the unit from a day on (`last_day` inclusive, None for open)."""
    unit = _locked_unit(unit, by)
    access.require(by, P.EDIT_STAFF, person.town_id)
    if not person.is_active:
        raise StaffRefused(f"{person.name}的账号已停用，请先重新启用。", "person")
    if last_day and last_day < starts_on:
        raise StaffRefused("不能早于起始日期。", "last_day")
    ends_on = next_day(last_day)
    _check_in_use(unit, starts_on, ends_on)
    member = UnitMembership(user=person, unit=unit, starts_on=starts_on, ends_on=ends_on)
    _save_member(member)
    _log_member(member, by, ["", _period_words(member)])
    return member


@transaction.atomic
def set_member_last_day(*, member, last_day, by):
    """Let a current or coming membership end with that day (inclusive), or stay open with None."""
    unit, member = _locked_member(member, by)
    today = timezone.localdate()
    if member.ends_on and member.ends_on <= today:
        raise StaffRefused("已经不是成员，不能再改；需要时请重新添加。")
    if last_day and last_day < member.starts_on:
        raise StaffRefused("不能早于起始日期；还没开始的可以撤销。", "last_day")
    if last_day and last_day < today - timedelta(days=1):
        raise StaffRefused("最早到昨天为止，更早的日子已代表单位办过事。", "last_day")
    before, ends_on = member.ends_on, next_day(last_day)
    if before == ends_on:
        return member
    _check_in_use(unit, member.starts_on, ends_on)
    member.ends_on = ends_on
    _save_member(member)
    _log_member(member, by, [end_words(before), end_words(ends_on)], field="到期")
    return member


@transaction.atomic
def cancel_member(*, member, by):
    """Take back a membership that has not begun; the log keeps what was meant."""
    _, member = _locked_member(member, by)
    if member.starts_on <= timezone.localdate():
        raise StaffRefused("已经是成员，只能结束，不能撤销。")
    words = _period_words(member)
    member.delete()
    _log_member(member, by, [words, "撤销"])


def _check_in_use(unit, starts_on, ends_on):
    if unit.retired_on is None:
        return
    if starts_on >= unit.retired_on:
        raise StaffRefused(f"{unit.name}从 {in_words(unit.retired_on)}起停用，请先恢复使用。", "starts_on")
    if ends_on is None or ends_on > unit.retired_on:
        raise StaffRefused(f"{unit.name}只用到 {end_words(unit.retired_on)}，请写上最后一天。", "last_day")


def _locked_unit(unit, by):
    access.require(by, P.EDIT_STAFF, unit.town_id)
    return Unit.objects.select_for_update().get(pk=unit.pk)


def _locked_member(member, by):
    unit = _locked_unit(member.unit, by)
    rows = UnitMembership.objects.select_for_update(of=("self",)).select_related("user", "unit")
    return unit, rows.get(pk=member.pk)


def _save_unit(unit):
    try:
        with transaction.atomic():
            unit.save()
    except IntegrityError as error:
        if "unit_name_once_a_town" not in str(error):
            raise
        raise StaffRefused(f"已有叫“{unit.name}”的单位，停用的也算；可以恢复它。", "name") from error


def _save_retired(unit):
    try:
        with transaction.atomic():
            unit.save(update_fields=["retired_on"])
    except IntegrityError as error:
        diagnosis = getattr(error.__cause__, "diag", None)
        if getattr(diagnosis, "constraint_name", "") != "unit_retires_without_open_cases":
            raise
        words = f"{unit.name}还有没办结的事件，请先办结或转给别的单位，再停用。"
        raise StaffRefused(words) from error


def _save_member(member):
    try:
        with transaction.atomic():
            member.save()
    except IntegrityError as error:
        if "membership_once_at_a_time" not in str(error):
            raise
        words = f"{member.user.name}在这段时间内已是{member.unit.name}的成员，日期不能重叠。"
        raise StaffRefused(words, "starts_on") from error


def _log_unit(unit, by, changes):
    audit.log(Action.UNIT, by=by, grid=unit.town, obj=unit, changes=changes)


def _log_member(member, by, change, field="成员"):
    label = f"{member.user.name}（{member.unit.name}）"
    audit.log(
        Action.UNIT, by=by, grid=member.unit.town, obj=member.unit, label=label, changes={field: change}
    )


def _period_words(member):
    words = f"{member.user.name}，{in_words(member.starts_on)}起"
    return f"{words}，至 {end_words(member.ends_on)}" if member.ends_on else words
