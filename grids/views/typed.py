"""Words that people type to find somebody, kept out of the page's address.

A name, a telephone number or the tail of an id number in an address stays in the browser's history, in access logs
and wherever the address is pasted. So a filter that takes such words posts them: they are kept, sealed, in the
session on the server, and the page is shown by GET under a random key that stands for them. Back, reload and the
next page work without a question, two searches in two tabs do not meet, and to anybody else the key says nothing.
Places, dates and states stay in the address; what an address says under the name of a typed field is ignored.
"""

import json
import secrets
from functools import wraps

from django.contrib import messages
from django.shortcuts import redirect

from grids import crypto

PARAMETER = "typed"
# As many searches as somebody goes back to; the oldest makes room.
KEPT = 20
# Longer than any of the fields takes, so that the form still says so.
MOST = 300

_LABEL = "session.typed"


def takes_typed(*names):
    """A view whose fields `names` are posted and then read, with the rest of the filter, from `request.filters`."""

    def decorate(view):
        @wraps(view)
        def wrapped(request, *args, **kwargs):
            if request.method == "POST" and any(name in request.POST for name in names):
                return redirect(_address(request, names))
            request.filters = _filters(request, names)
            return view(request, *args, **kwargs)

        return wrapped

    return decorate


def _address(request, names):
    """Where the page is shown: what may be seen in the address as it was posted, and the key to the rest."""
    filters = request.POST.copy()
    for name in ("csrfmiddlewaretoken", "page", PARAMETER, *[name for name in filters if not filters[name]]):
        filters.pop(name, None)
    typed = {name: filters.pop(name)[-1][:MOST] for name in names if name in filters}
    if typed:
        filters[PARAMETER] = _keep(request, typed)
    return f"{request.path}?{filters.urlencode()}" if filters else request.path


def _keep(request, typed):
    key = secrets.token_urlsafe(9)
    sealed = crypto.seal(json.dumps(typed), label=_LABEL, row=f"{request.user.uuid}|{key}")
    kept = list(request.session.get(PARAMETER, {}).items())
    request.session[PARAMETER] = dict([*kept, (key, sealed)][-KEPT:])
    return key


def _filters(request, names):
    """The address's own parameters with what the key stands for.

    A key of another session, or one that made room for newer searches, stands for nothing, and the page says so.
    """
    filters = request.GET.copy()
    for name in names:
        filters.pop(name, None)
    key = filters.get(PARAMETER, "")
    sealed = request.session.get(PARAMETER, {}).get(key, "")
    try:
        typed = json.loads(crypto.unseal(sealed, label=_LABEL, row=f"{request.user.uuid}|{key}") or "{}")
    except crypto.CannotOpen:
        typed = {}
    if key and not typed and request.method == "GET":
        messages.info(request, "查找条件已过期，请重新输入。")
    for name in names:
        if name in typed:
            filters[name] = typed[name]
    return filters
