"""Pages for people without an account whose address holds a code: kept from other sites, caches and search engines.

A page with a form sends its bare origin and no path: with `no-referrer` a browser would send `Origin: null` along with
the form, which the protection against forged posts refuses.
"""

from functools import wraps

from django.contrib.auth.decorators import login_not_required
from django.shortcuts import render
from django.views.decorators.cache import never_cache


def kept_quiet(view):
    """No search engine, no cache, and no other site learns the address."""

    @wraps(view)
    @login_not_required
    @never_cache
    def quiet(request, *args, **kwargs):
        response = view(request, *args, **kwargs)
        response["X-Robots-Tag"] = "noindex, nofollow"
        response["Referrer-Policy"] = (
            "strict-origin" if getattr(response, "has_form", True) else "no-referrer"
        )
        return response

    return quiet


def public_page(request, template, context, *, status=200, has_form=True):
    """A page of a `kept_quiet` view, which wants to know whether it holds a form."""
    response = render(request, template, context, status=status)
    response.has_form = has_form
    return response
