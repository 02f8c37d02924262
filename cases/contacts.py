"""Whom a reporter rings about a case: the people who settle matters of its grid, nearest first."""

from cases.vocabulary import LEVEL_LABELS, Level
from grids import access
from grids.models import User

P = access.Permission


def whom_to_ring(case, apart_from):
    """(words for the post, [users]) of the lowest level from the grid head up at which somebody else serves.

    A telephone number of staff is plain (DOMAIN). Two queries; ("", []) where nobody serves.
    """
    people = access.holders_by_role(P.HANDLE_CASE, case.responsible_grid)
    for level in (Level.HEAD, Level.AREA, Level.TOWN):
        ids = {user for user, role in people if access.ROLE_LEVELS.get(role) == level}
        ids.discard(apart_from.pk)
        if ids:
            return LEVEL_LABELS[level], list(User.objects.filter(pk__in=ids).order_by("name", "pk")[:3])
    return "", []
