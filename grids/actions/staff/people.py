"""Accounts of people: made, renamed, given another number, closed and opened again."""

from django.db import IntegrityError, transaction

from grids import access
from grids.access import Permission as P
from grids.actions import audit
from grids.actions.accounts import account_words
from grids.actions.staff.terms import (
    StaffRefused,
    begin_term,
    keep_an_admin,
    log_term,
    take_turns,
    term_words,
)
from grids.models import AuditEntry, Grid, User
from grids.names import mask_phone, search_index


@transaction.atomic
def create_person(*, name, phone, town, role="", grid=None, starts_on=None, by):
    """A person who comes in by a one-time code, with a first term where a role is given. Raises StaffRefused."""
    access.require(by, P.EDIT_STAFF, town)
    term = None
    if role:
        [grid] = take_turns(grid)
    person = add_person(name, phone, town, by)
    if role:
        term = begin_term(person=person, role=role, grid=grid, starts_on=starts_on, by=by)
    log_account(person, by, {"姓名": ["", name], "手机号": ["", mask_phone(phone)]})
    if term:
        log_term(AuditEntry.Action.ASSIGNMENT, term, by, ["", term_words(term)])
    return person


def add_person(name, phone, town, by):
    """The row alone, for actions that write their own entry."""
    _refuse_taken(phone, by)
    try:
        with transaction.atomic():
            return User.objects.create_user(phone, name, town=town)
    except IntegrityError as error:
        raise StaffRefused("这个手机号刚刚被别人登记了，请核对。", "phone") from error


@transaction.atomic
def edit_person(*, person, name, phone, by):
    """Another name or number; the person, their terms and their records stay the same."""
    access.require(by, P.EDIT_STAFF, person.town_id)
    person = User.objects.select_for_update().get(pk=person.pk)
    changes = {}
    if name != person.name:
        changes["姓名"] = [person.name, name]
    if phone != person.phone:
        _refuse_taken(phone, by)
        changes["手机号"] = [mask_phone(person.phone), mask_phone(phone)]
    if not changes:
        return person
    person.name, person.phone, person.name_index = name, phone, search_index(name)
    try:
        with transaction.atomic():
            person.save(update_fields=["name", "phone", "name_index"])
    except IntegrityError as error:
        raise StaffRefused("这个手机号刚刚被别人登记了，请核对。", "phone") from error
    log_account(person, by, changes)
    return person


@transaction.atomic
def deactivate(*, person, by):
    """Close the account at once: no way in, every session ends, the password is gone. Terms stay as they are."""
    access.require(by, P.EDIT_STAFF, person.town_id)
    if person.pk == by.pk:
        raise StaffRefused("不能停用自己的账号，请另一位管理员来办。")
    take_turns(Grid(pk=person.town_id))
    person = User.objects.select_for_update().get(pk=person.pk)
    if not person.is_active:
        return person
    person.is_active = False
    _lock_out(person)
    if person.assignments.filter(role__in=access.roles_with(P.EDIT_STAFF)).exists():
        keep_an_admin(person.town_id)
    log_account(person, by, {"状态": ["启用", "停用"]})
    return person


@transaction.atomic
def reactivate(*, person, by):
    """Open the account again; the way in is a one-time code."""
    access.require(by, P.EDIT_STAFF, person.town_id)
    person = User.objects.select_for_update().get(pk=person.pk)
    if person.is_active:
        return person
    person.is_active = True
    person.save(update_fields=["is_active"])
    log_account(person, by, {"状态": ["停用", "启用"]})
    return person


@transaction.atomic
def end_sessions(*, person, by):
    """For a lost phone: the password no longer opens and every session ends; the way in is a one-time code."""
    access.require(by, P.EDIT_STAFF, person.town_id)
    person = User.objects.select_for_update().get(pk=person.pk)
    _lock_out(person)
    log_account(person, by, {"密码": ["", "作废，各处登录已退出"]})
    return person


def _lock_out(person):
    # A session carries a hash of the password, so without one none of them holds.
    person.set_unusable_password()
    person.must_change_password = True
    person.save(update_fields=["is_active", "password", "must_change_password"])


def _refuse_taken(phone, by):
    holder = User.objects.filter(phone=phone).first()
    if holder is None:
        return
    who = f"（{holder.name}）" if access.can(by, P.EDIT_STAFF, holder.town_id) else ""
    raise StaffRefused(f"这个手机号已有人使用{who}。", "phone")


def log_account(person, by, changes):
    town = Grid(pk=person.town_id)
    label = account_words(person)
    audit.log(AuditEntry.Action.ACCOUNT, by=by, grid=town, obj=person, label=label, changes=changes)
