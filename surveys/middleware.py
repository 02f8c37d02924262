"""A phone in a resident's hands shows none of its gridworker's pages, whatever key for going back is pressed."""

from django.conf import settings
from django.shortcuts import redirect

from grids.middleware import wants_json

# In the browser alone: a session is a row, and would say when a phone was handed over.
_COOKIE = "handed_over"
_SALT = "survey.handed"
KEEPS = 3 * 3600  # Seconds; a forgotten lock opens by itself.
# Ways out for whoever holds the phone again.
_OPEN = ("interview_resume", "logout")


def lock(response):
    """From this answer on the browser is in a resident's hands."""
    response.set_signed_cookie(
        _COOKIE,
        "1",
        salt=_SALT,
        max_age=KEEPS,
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )
    return response


def unlock(response):
    response.delete_cookie(_COOKIE, samesite="Lax")
    return response


class HandedOverMiddleware:
    """While the phone is handed over every page behind the login asks for it back."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if _COOKIE not in request.COOKIES or not getattr(view, "login_required", True) or wants_json(request):
            return None
        if request.resolver_match.url_name in _OPEN:
            return None
        locked = request.get_signed_cookie(_COOKIE, default="", salt=_SALT, max_age=KEEPS)
        return redirect("answer_hand") if locked else None
