"""Terms of office: begun, ended, moved to another end, covered by a stand-in.

Changes of a town's staff take turns on the rows of the town and the places concerned, so that two of them never
decide on the same state. An entry in the log is about the person, in words.
"""

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from grids import access
from grids.access import Permission as P
from grids.access import Role
from grids.actions import audit
from grids.exceptions import DomainError
from grids.models import AuditEntry, Grid, GridAssignment, Tier
from grids.scoped import next_day


class StaffRefused(DomainError):
    """A change of staff that does not fit; `field` is the form's field it is about, or None."""

    def __init__(self, message, field=None):
        super().__init__(message)
        self.field = field


@transaction.atomic
def assign(*, person, role, grid, starts_on, ends_on=None, stand_in_for=None, by):
    """Give the person a role at a place from a day on (`ends_on` exclusive). Raises StaffRefused."""
    [grid] = take_turns(grid)
    term = begin_term(
        person=person,
        role=role,
        grid=grid,
        starts_on=starts_on,
        ends_on=ends_on,
        stand_in_for=stand_in_for,
        by=by,
    )
    log_term(AuditEntry.Action.ASSIGNMENT, term, by, ["", term_words(term)])
    return term


def begin_term(*, person, role, grid, starts_on, ends_on=None, stand_in_for=None, by):
    """The row of a new term, checked, without an entry in the log; the caller has taken its turn."""
    access.require(by, P.EDIT_STAFF, grid)
    access.require(by, P.EDIT_STAFF, person.town_id)
    if not person.is_active:
        raise StaffRefused(f"{person.name}的账号已停用，请先重新启用。", "person")
    check_term(role, grid, starts_on, ends_on)
    if stand_in_for and stand_in_for.user_id == person.pk:
        raise StaffRefused("不能由本人代管自己的任职。", "person")
    term = GridAssignment(
        user=person,
        role=role,
        grid=grid,
        starts_on=starts_on,
        ends_on=ends_on,
        stand_in_for=stand_in_for,
        created_by=by,
    )
    _save(term)
    access.forget(person)
    return term


def check_term(role, grid, starts_on, ends_on=None):
    """Whether such a term may be, from loaded rows alone; raises StaffRefused naming the field."""
    tiers = access.ROLE_CODE_LENGTHS[Role(role)]
    if grid.tier not in tiers:
        where = "或".join(Tier(tier).label for tier in sorted(tiers))
        raise StaffRefused(f"{Role(role).label}任职在{where}，请换一个范围。", "grid")
    if ends_on and ends_on <= starts_on:
        raise StaffRefused("结束日期不能早于起始日期。", "last_day")
    if not grid.is_open_on(starts_on):
        raise StaffRefused(_not_open(grid, starts_on), "grid")


def _not_open(grid, day):
    if day < grid.opened_on:
        return f"{grid.name}从 {in_words(grid.opened_on)}起启用，任职不能早于这一天。"
    return f"{grid.name}已于 {in_words(grid.retired_on)}停用，请选它的接续网格。"


@transaction.atomic
def set_last_day(*, term, last_day, by):
    """Let a current or coming term end with that day (inclusive), or stay open with None.

    The last day may be yesterday at the earliest: older days have been worked under this term.
    """
    take_turns(term.grid)
    term = _locked(term, by)
    today = timezone.localdate()
    if term.ends_on and term.ends_on <= today:
        raise StaffRefused("这项任职已经结束，不能再改；需要时请重新安排。")
    if last_day and last_day < term.starts_on:
        raise StaffRefused("不能早于起始日期；还没开始的任职可以撤销。", "last_day")
    if last_day and last_day < today - timedelta(days=1):
        raise StaffRefused("最早到昨天为止，更早的日子已按这项任职办过事。", "last_day")
    before, ends_on = term.ends_on, next_day(last_day)
    if ends_on == before:
        return term
    term.ends_on = ends_on
    _save(term)
    if ends_on and (before is None or ends_on < before):
        keep_an_admin_after(term)
    access.forget(term.user)
    log_term(AuditEntry.Action.ASSIGNMENT, term, by, [end_words(before), end_words(ends_on)], field="到期")
    return term


@transaction.atomic
def cancel_term(*, term, by):
    """Take back a term that has not begun; the log keeps what was meant."""
    take_turns(term.grid)
    term = _locked(term, by)
    if term.starts_on <= timezone.localdate():
        raise StaffRefused("这项任职已经开始，只能结束，不能撤销。")
    if term.stand_ins.exists():
        raise StaffRefused("已为这项任职安排了代管，请先撤销代管。")
    words = term_words(term)
    term.delete()
    access.forget(term.user)
    log_term(AuditEntry.Action.ASSIGNMENT, term, by, [words, "撤销"])


@transaction.atomic
def stand_in(*, term, person, starts_on, last_day, by):
    """Let somebody else do what the term's holder does, during a leave (both days inclusive)."""
    [grid] = take_turns(term.grid)
    term = _locked(term, by)
    if term.stand_in_for_id:
        raise StaffRefused("这项任职本身就是代管，请在原任职上安排。")
    ends_on = next_day(last_day)
    if starts_on < term.starts_on or (term.ends_on and ends_on > term.ends_on):
        raise StaffRefused("代管的日期要在被代管的任职之内。", "starts_on")
    cover = begin_term(
        person=person,
        role=term.role,
        grid=grid,
        starts_on=starts_on,
        ends_on=ends_on,
        stand_in_for=term,
        by=by,
    )
    log_term(AuditEntry.Action.ASSIGNMENT, cover, by, ["", term_words(cover)])
    return cover


def take_turns(*places):
    """Lock the places and their towns, always by code, and return the places as they now are.

    A weak lock: it lets rows refer to a place meanwhile, but no other change of staff or net pass.
    """
    ids = {place.pk for place in places}
    codes = Grid.objects.filter(pk__in=ids).values_list("code", flat=True)
    towns = {code[: Tier.TOWN] for code in codes}
    wanted = Grid.objects.filter(pk__in=ids) | Grid.objects.filter(code__in=towns)
    locked = {grid.pk: grid for grid in wanted.order_by("code").select_for_update(no_key=True)}
    return [locked[place.pk] for place in places]


def keep_an_admin(town_id, day=None):
    """Raise StaffRefused unless somebody can give out terms in the town, on the day (today) and from then on."""
    day = day or timezone.localdate()
    givers = access.roles_with(P.EDIT_STAFF)
    lasting = GridAssignment.objects.on(day).filter(role__in=givers, grid_id=town_id, ends_on=None)
    if not lasting.filter(user__is_active=True).exists():
        raise StaffRefused("这样一来就没有管理员了。请先安排另一位长期的系统管理员。")


def keep_an_admin_after(term):
    """The same for a term whose end was moved: whoever could give out terms through it is followed by somebody."""
    if term.role in access.roles_with(P.EDIT_STAFF):
        keep_an_admin(term.grid_id, term.ends_on)


def _locked(term, by):
    access.require(by, P.EDIT_STAFF, term.grid_id)
    rows = GridAssignment.objects.select_for_update(of=("self",)).select_related("user", "grid")
    return rows.get(pk=term.pk)


def _save(term):
    try:
        with transaction.atomic():
            term.save()
    except IntegrityError as error:
        if "assignment_once_at_a_time" not in str(error):
            raise
        words = f"{term.user.name}在这段时间内已是{term.grid.name}的{term.get_role_display()}，日期不能重叠。"
        raise StaffRefused(words, "starts_on") from error


def log_term(action, term, by, change, field="任职"):
    label = f"{term.user.name} {term.get_role_display()}（{term.grid.name}）"
    audit.log(action, by=by, grid=term.grid, obj=term.user, label=label, changes={field: change})


def in_words(day):
    return f"{day.year}年{day.month}月{day.day}日"


def end_words(ends_on):
    return in_words(ends_on - timedelta(days=1)) if ends_on else "长期"


def term_words(term):
    """网格员（沟底村第一网格），2026年3月1日起，至 2026年5月31日，代 张春燕."""
    words = f"{term.get_role_display()}（{term.grid.name}），{in_words(term.starts_on)}起"
    if term.ends_on:
        words += f"，至 {end_words(term.ends_on)}"
    if term.stand_in_for_id:
        words += f"，代 {term.stand_in_for.user.name}"
    return words
