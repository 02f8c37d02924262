"""What holds for every request: idle sessions end, first passwords change, pages travel light and are not kept,
NUL is refused."""

from datetime import datetime, timedelta

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.core.exceptions import SuspiciousOperation
from django.http import JsonResponse
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control

from grids import access

_SEEN_AT = "seen_at"


def wants_json(request):
    """Whether the client speaks the field protocol (Accept: application/json) rather than pages."""
    return request.headers.get("Accept", "").startswith("application/json")


class SessionLimitsMiddleware:
    """End a session that was idle longer than its roles allow: field 30 days, office 60 minutes, admin 15."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.user.is_authenticated:
            now = timezone.now()
            limit = timedelta(minutes=access.access_of(request.user).idle_minutes)
            seen_at = request.session.get(_SEEN_AT)
            idle = now - datetime.fromisoformat(seen_at) if seen_at else timedelta(0)
            if idle > limit:
                logout(request)
                messages.info(request, "很久没有操作，为安全已退出，请重新登录。")
            elif not seen_at or idle > limit / 30:
                # Written at most thirty times a limit, so that reading pages does not write to the database.
                request.session[_SEEN_AT] = now.isoformat()
                request.session.set_expiry(int(limit.total_seconds()))
        return self.get_response(request)


class FieldLoginRequiredMiddleware(LoginRequiredMiddleware):
    """Signed out, a page leads to the login; a program is told so (401) and never sent to a page (FIELD)."""

    def handle_no_permission(self, request, view_func):
        if wants_json(request):
            return JsonResponse({"status": "login"}, status=401)
        return super().handle_no_permission(request, view_func)


class FirstPasswordMiddleware:
    """Whoever still has the password somebody gave them changes it before anything else."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if not request.user.is_authenticated or not request.user.must_change_password:
            return None
        if request.path in (reverse("password"), reverse("logout")):
            return None
        if wants_json(request):
            return JsonResponse({"status": "password_change_required"}, status=401)
        return redirect("password")


class PrivatePagesMiddleware:
    """Whatever a signed-in user is shown may hold personal data: no cache keeps it."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if request.user.is_authenticated and not response.has_header("Cache-Control"):
            patch_cache_control(response, private=True, no_store=True)
        return response


class CompressPagesMiddleware(GZipMiddleware):
    """Pages alone: a photo or a workbook is compressed already. Random bytes in each hide its length (BREACH)."""

    def process_response(self, request, response):
        if not response.get("Content-Type", "").startswith("text/html"):
            return response
        return super().process_response(request, response)


class RefuseNulMiddleware:
    """PostgreSQL text holds no NUL; an address that carries one is nobody's honest request (400)."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if "\x00" in request.path_info or any(
            "\x00" in v for vs in request.GET.lists() for v in [vs[0], *vs[1]]
        ):
            raise SuspiciousOperation("NUL in the address")
        return self.get_response(request)
