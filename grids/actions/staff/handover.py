"""办理交接: what a person does goes over to others on one day, in one transaction, with one entry in the log.

Due visits, concerns and findings follow the grid, and who works a grid is computed from the dates of terms:
so nothing else has to be moved.
"""

from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from grids import access
from grids.access import Permission as P
from grids.actions import audit
from grids.actions.staff.terms import (
    StaffRefused,
    begin_term,
    in_words,
    keep_an_admin,
    take_turns,
)
from grids.models import AuditEntry, Grid, GridAssignment, User


class Move(NamedTuple):
    """One term and who takes over; None ends it and leaves a vacancy."""

    term: GridAssignment
    taker: User | None


@transaction.atomic
def hand_over(*, person, on, moves, by):
    """End the person's terms on the day and begin the takers', who then hold them from that day on.

    Gives the new terms. Raises StaffRefused naming what does not fit; then nothing has changed.
    """
    for move in moves:
        access.require(by, P.EDIT_STAFF, move.term.grid_id)
    if not moves:
        raise StaffRefused("请至少选择一项要交接的任职。")
    if on < timezone.localdate():
        raise StaffRefused("交接日期最早是今天。", "on")
    take_turns(*(move.term.grid for move in moves))
    terms = _locked(person, moves)
    new = [_move(terms[move.term.pk], move.taker, on, by) for move in moves]
    if any(term.role in access.roles_with(P.EDIT_STAFF) for term in terms.values()):
        keep_an_admin(person.town_id, on)
    access.forget(person)
    _log(person, on, moves, by)
    return [term for term in new if term]


def _locked(person, moves):
    rows = GridAssignment.objects.select_for_update(of=("self",)).select_related("user", "grid")
    terms = rows.filter(user=person).in_bulk([move.term.pk for move in moves])
    if len(terms) < len(moves):
        raise StaffRefused("有任职刚被别人改过，请刷新后重新办理。")
    return terms


def _move(term, taker, on, by):
    what = f"{term.get_role_display()}（{term.grid.name}）"
    if term.starts_on >= on:
        raise StaffRefused(f"{what}从 {in_words(term.starts_on)}才开始，交接日期要在这之后。", "on")
    if term.ends_on and term.ends_on <= on:
        raise StaffRefused(f"{what}在交接日期之前就到期了，不用交接。", "on")
    ends_on, term.ends_on = term.ends_on, on
    term.save(update_fields=["ends_on"])
    if taker is None:
        return None
    if taker.pk == term.user_id:
        raise StaffRefused(f"{what}不能交接给本人。")
    _end_cover(term, on)
    return begin_term(person=taker, role=term.role, grid=term.grid, starts_on=on, ends_on=ends_on, by=by)


def _end_cover(term, on):
    """Stand-ins for somebody who has handed over are over too; often one of them is who takes over."""
    covers = term.stand_ins.exclude(ends_on__lte=on)
    covers.filter(starts_on__gte=on).delete()
    covers.update(ends_on=on)


def _log(person, on, moves, by):
    grids = {move.term.grid_id for move in moves}
    place = Grid(pk=grids.pop()) if len(grids) == 1 else Grid(pk=person.town_id)
    changes = {
        f"{move.term.get_role_display()}（{move.term.grid.name}）": [
            person.name,
            move.taker.name if move.taker else "空缺",
        ]
        for move in moves
    }
    label = f"{person.name} 交接 {len(moves)} 项"
    changes["交接日"] = ["", in_words(on)]
    audit.log(AuditEntry.Action.HANDOVER, by=by, grid=place, obj=person, label=label, changes=changes)
