"""Giving out a number that is kept sealed: every time, to whom, and if need be why, goes into the audit log."""

from django.db import transaction

from grids import access, names
from grids.actions import audit
from grids.actions.placed import require_at
from grids.exceptions import DomainError, ReasonRequired
from grids.models import AuditEntry, Relative, Resident, User

P = access.Permission


@transaction.atomic
def call(*, person: Resident | Relative, by: User, reason: str = "") -> str:
    """The phone number of a resident or of a relative, to be dialled now.

    Raises PermissionDenied, ReasonRequired outside one's own grid, DomainError without a number, CannotOpen.
    """
    resident = person.resident if isinstance(person, Relative) else person
    grid = require_at(resident.household, by, P.CALL_RESIDENT)
    number = person.phone
    if not number:
        raise DomainError("没有登记电话。")
    if not reason and not access.is_own_grid(by, grid):
        raise ReasonRequired
    audit.log(
        AuditEntry.Action.CALL,
        by=by,
        grid=grid,
        obj=resident,
        label=names.mask_name(person.name),
        changes={"电话": ["", names.mask_phone(number)]},
        reason=reason,
    )
    return number


@transaction.atomic
def reveal_id_number(*, resident: Resident, by: User, reason: str) -> str:
    """A resident's full id number, shown once. Raises PermissionDenied, DomainError without a number, CannotOpen."""
    grid = require_at(resident.household, by, P.REVEAL_NUMBER)
    number = resident.id_number
    if not number:
        raise DomainError("没有登记身份证号。")
    audit.log(
        AuditEntry.Action.REVEAL,
        by=by,
        grid=grid,
        obj=resident,
        label=names.mask_name(resident.name),
        changes={"身份证号": ["", names.mask_id_number(number)]},
        reason=reason,
    )
    return number
