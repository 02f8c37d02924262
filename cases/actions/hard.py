"""老大难: who looks after a case that came back, was taken up again or rests for long, and when next."""

from django.db import transaction

from cases import rights
from cases.actions import moving
from cases.exceptions import IllegalTransition
from cases.models import HardCase
from cases.vocabulary import Deed
from grids import access
from grids.exceptions import DomainError, StaleVersion

P = access.Permission


def may_look_after(user, case):
    """Whether the user says who looks after it: the town and leaders, and who hands out work around it."""
    grid = case.responsible_grid_id
    return access.can(user, P.SUPERVISE, grid) or access.can(user, P.DISPATCH_CASE, grid)


def possible_owners(case):
    """Ids of the people of the place, the village and the town who see the case."""
    return access.holders(P.SEE_CASES, case.responsible_grid)


@transaction.atomic
def look_after(*, case, by, owner, next_on, note="", seen_version=None):
    """Name the owner and the next date; an event of the case says so. Returns the HardCase.

    `seen_version` None is for a case that had none yet. Raises PermissionDenied, IllegalTransition where the case has
    ended, StaleVersion, DomainError.
    """
    case = moving.locked(case)
    if not may_look_after(by, case):
        raise rights.NotAllowed("您没有这项权限。")
    if not case.is_open:
        raise IllegalTransition
    if owner.pk not in possible_owners(case):
        raise DomainError(f"{owner.name}看不到这件事，请换一个人。")
    row = HardCase.objects.select_for_update().filter(case=case).first()
    if row is None:
        row = HardCase(case=case, version=0)
    elif row.version != seen_version:
        raise StaleVersion
    row.owner, row.next_on, row.note = owner, next_on, note.strip()
    row.version += 1
    row.save()
    move = moving.moved(case, Deed.HARD, clock=moving.TownClock(case.town_id))
    moving.write(
        case, move, by=by, words=row.note, told={"owner": owner.name, "next_on": next_on.isoformat()}
    )
    return row
