"""Several people in one sheet: each line a person, a role, a place and a day."""

from datetime import date
from typing import NamedTuple

from django.db import transaction

from grids import access
from grids.access import Permission as P
from grids.actions.staff.people import add_person, log_account
from grids.actions.staff.terms import StaffRefused, begin_term, log_term, take_turns, term_words
from grids.models import AuditEntry, Grid, GridAssignment, User
from grids.names import mask_phone


class Line(NamedTuple):
    """One line of the sheet: the term it asks for."""

    name: str
    phone: str
    role: str
    grid: Grid
    starts_on: date


class Outcome(NamedTuple):
    """What became of a line: the term, or the words why not. `is_new` tells a person made by it."""

    term: GridAssignment | None
    is_new: bool = False
    refused: str = ""


@transaction.atomic
def assign_many(*, lines, town, all_or_none, by):
    """Carry out the lines in order; give one `Outcome` a line.

    With `all_or_none` one refusal takes everything back; the lines that would have done well say so.
    """
    access.require(by, P.EDIT_STAFF, town)
    places = take_turns(*(line.grid for line in lines))
    outcomes = [
        _carry_out(line._replace(grid=grid), town, by) for line, grid in zip(lines, places, strict=True)
    ]
    if all_or_none and any(outcome.refused for outcome in outcomes):
        transaction.set_rollback(True)
        waiting = Outcome(None, refused="这一行没有问题，但因为别的行没有办成，也没有办。")
        return [outcome if outcome.refused else waiting for outcome in outcomes]
    # Last of all: the log's lock is held until the commit.
    for outcome in outcomes:
        _log(outcome, by)
    return outcomes


def _carry_out(line, town, by):
    try:
        with transaction.atomic():
            person, is_new = _person_of(line, town, by)
            term = begin_term(person=person, role=line.role, grid=line.grid, starts_on=line.starts_on, by=by)
    except StaffRefused as refused:
        return Outcome(None, refused=str(refused))
    return Outcome(term, is_new=is_new)


def _person_of(line, town, by):
    known = User.objects.filter(phone=line.phone).first()
    if known is None:
        return add_person(line.name, line.phone, town, by), True
    if not access.can(by, P.EDIT_STAFF, known.town_id):
        raise StaffRefused("这个手机号已有人使用。", "phone")
    if known.name != line.name:
        raise StaffRefused(f"这个手机号登记的是{known.name}，姓名对不上。", "name")
    return known, False


def _log(outcome, by):
    if outcome.refused:
        return
    person = outcome.term.user
    if outcome.is_new:
        changes = {"姓名": ["", person.name], "手机号": ["", mask_phone(person.phone)]}
        log_account(person, by, changes)
    log_term(AuditEntry.Action.ASSIGNMENT, outcome.term, by, ["", term_words(outcome.term)])
