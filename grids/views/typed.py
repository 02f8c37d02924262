"""What is typed into a search box stays out of the address.

Addresses are kept and passed on: in the browser's history, in the logs of proxies and servers, in messages. A name,
the tail of a phone number or an id number has no business there. So a box posts; its words stay with the session on
the server, sealed, since a session is a row in the database; and the browser is led to an address without them, on
which back and reload ask again without posting anything.
"""

from django.http import HttpResponseRedirect

from grids.crypto import CannotOpen, seal, unseal

LONGEST = 200
_LABEL = "session.typed"
# Says in a list's address that the kept words narrow it; without it the list starts afresh.
_MARK = "typed"


def is_search(request):
    """Whether a search box was posted, on a page that may have other forms."""
    return request.method == "POST" and "q" in request.POST


def keep(request):
    """Keep the posted words of this page's box; an empty box forgets them."""
    words = request.POST.get("q", "").replace("\x00", "").strip()[:LONGEST]
    slot, row = _place(request)
    request.session[slot] = seal(words, label=_LABEL, row=row)


def kept(request):
    """The words last typed into this page's box, "" for none or when their key is gone."""
    slot, row = _place(request)
    try:
        return unseal(request.session.get(slot, ""), label=_LABEL, row=row)
    except CannotOpen:
        return ""


def to_list(request):
    """Keep the posted words and lead to the first page of the list for them, its other filters as they are."""
    keep(request)
    query = request.GET.copy()
    query.pop("page", None)
    query[_MARK] = "1"
    return HttpResponseRedirect(f"{request.path}?{query.urlencode()}")


def of_list(request):
    """The words that narrow this list."""
    return kept(request) if _MARK in request.GET else ""


def _place(request):
    """The session's key for this page's box, and what the words are bound to."""
    name = request.resolver_match.view_name
    return f"typed:{name}", f"{request.user.pk}|{name}"
