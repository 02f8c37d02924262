"""One box for people, doors, places and staff, each within what the user may see."""

from django.shortcuts import render
from django.utils import timezone

from grids import access
from grids import search as found_by
from grids.forms.search import SearchForm
from grids.views.scoped import permission_required
from grids.views.typed import takes_typed

P = access.Permission


@permission_required(P.SEE_NET)
@takes_typed("q")
def search(request):
    """The same page whole or, for htmx, the part it picks; a constant number of queries."""
    form = SearchForm(request.filters)
    words = form.words()
    context = {"form": form, "words": words, "limit": found_by.LIMIT}
    if words:
        context |= _found(request.user, words)
    return render(request, "grids/search.html", context)


def _found(user, words):
    sees_people = access.can(user, P.SEE_HOUSEHOLDS)
    found = {
        "residents": [_person(one) for one in found_by.residents(user, words)] if sees_people else [],
        "households": list(found_by.households(user, words)) if sees_people else [],
        "grids": list(found_by.grids(user, words)),
        "staff": list(found_by.staff(user, words)) if access.can(user, P.SEE_STAFF) else [],
    }
    return found | {"nothing": not any(found.values())}


def _person(resident):
    """A found resident with the tags of today."""
    today = timezone.localdate()
    return {
        "resident": resident,
        "care": [row.category.name for row in resident.care.all() if row.holds_on(today)],
        "absence": next((row for row in resident.absences.all() if row.holds_on(today)), None),
    }
