"""What a user may do with the people of one grid: which buttons a page offers. The actions decide again."""

from typing import NamedTuple

from grids import access

P = access.Permission


class Rights(NamedTuple):
    """`is_own`: a call needs no reason."""

    edit: bool
    call: bool
    reveal: bool
    log: bool
    see_fieldwork: bool
    audit: bool
    is_own: bool


def rights_at(user, grid):
    """The user's rights in a grid (or its id); no query once the user's access is known."""
    return Rights(
        edit=access.can(user, P.EDIT_HOUSEHOLDS, grid),
        call=access.can(user, P.CALL_RESIDENT, grid),
        reveal=access.can(user, P.REVEAL_NUMBER, grid),
        log=access.can(user, P.LOG_FIELDWORK, grid),
        see_fieldwork=access.can(user, P.SEE_FIELDWORK, grid),
        audit=access.can(user, P.SEE_AUDIT, grid),
        is_own=access.is_own_grid(user, grid),
    )
