"""The front door: where a person's day begins."""

from django.shortcuts import redirect

from grids import access
from grids.access import Permission as P


def home_of(user):
    """The URL name of the user's first page, by what they may do and where.

    Whoever serves in a grid of their own begins with what is due; the office with the dashboard; those who only
    look after accounts or read the log with just that; a unit with what it was given to settle; everybody else
    with what the net or their account shows.
    """
    held = access.permissions_of(user)
    if P.LOG_FIELDWORK in held and access.access_of(user).own_grid_ids:
        return "today"
    for permission, page in (
        (P.SEE_FIELDWORK, "dashboard"),
        (P.EDIT_STAFF, "staff"),
        (P.SEE_AUDIT, "audit_list"),
        (P.HANDLE_CASE, "case_unit"),
        (P.SEE_NET, "office_home"),
    ):
        if permission in held:
            return page
    return "account"


def home(request):
    return redirect(home_of(request.user))
