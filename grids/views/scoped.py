"""How a view asks for rows: a permission held nowhere is 403; a row outside the scope is 404, existing or not."""

from functools import wraps

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404

from grids import access


def visible_or_404(model, user, permission, *, related=(), **lookup):
    """The one row of a model (or queryset with `visible_to`) that the user may see with this permission.

    `related` names what comes along in the same query. Raises PermissionDenied when the user holds the permission
    nowhere, Http404 when not over this row.
    """
    if not access.can(user, permission):
        raise PermissionDenied(f"{permission} is not held")
    rows = model if hasattr(model, "visible_to") else model._default_manager
    rows = rows.visible_to(user, permission)
    return get_object_or_404(rows.select_related(*related) if related else rows, **lookup)


class PermissionMixin:
    """A class-based view that first asks for `permission`, held anywhere; its rows narrow it further."""

    permission = None

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and not access.can(request.user, self.permission):
            raise PermissionDenied(f"{self.permission} is not held")
        return super().dispatch(request, *args, **kwargs)


def permission_required(permission):
    """The same for a function view: `@permission_required(P.SEE_NET)`."""

    def decorate(view):
        @wraps(view)
        def guarded(request, *args, **kwargs):
            access.require(request.user, permission)
            return view(request, *args, **kwargs)

        return guarded

    return decorate
