"""Answers when something is wrong, in Chinese, for pages and for the field protocol."""

from django.http import JsonResponse
from django.shortcuts import render
from django.views.decorators.csrf import requires_csrf_token

from grids.middleware import wants_json


def _answer(request, status, code, template):
    if wants_json(request):
        return JsonResponse({"status": code}, status=status)
    return render(request, template, status=status)


@requires_csrf_token
def bad_request(request, exception=None):
    return _answer(request, 400, "bad_request", "400.html")


@requires_csrf_token
def permission_denied(request, exception=None):
    return _answer(request, 403, "forbidden", "403.html")


@requires_csrf_token
def page_not_found(request, exception=None):
    return _answer(request, 404, "not_found", "404.html")


def csrf_failure(request, reason=""):
    """A stale page: what was typed is still in the browser; JSON clients fetch a new token and send again."""
    return _answer(request, 403, "csrf", "403_csrf.html")
