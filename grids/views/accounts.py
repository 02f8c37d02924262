"""Signing in and out, and one's own account."""

from ipaddress import ip_address, ip_network

from django.conf import settings
from django.contrib import auth, messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponseRedirect
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from grids import access
from grids.actions import accounts
from grids.forms.accounts import CodeLoginForm, LoginForm, PasswordForm
from grids.views.submitting import status_of


def client_address(request):
    """The address that wrong tries are counted by.

    Behind n trusted proxies it is the n-th from the end of X-Forwarded-For, whatever a client wrote before it.
    A household of version 6 addresses (/64) counts as one.
    """
    given = request.META.get("REMOTE_ADDR", "")
    if settings.TRUSTED_PROXIES:
        forwarded = request.headers.get("X-Forwarded-For", "").split(",")
        if len(forwarded) >= settings.TRUSTED_PROXIES:
            given = forwarded[-settings.TRUSTED_PROXIES].strip()
    try:
        address = ip_address(given)
    except ValueError:
        return request.META.get("REMOTE_ADDR", "")[:64] or "unknown"
    if address.version == 6:
        return str(ip_network((address, 64), strict=False))
    return str(address)


def _way_on(request):
    """Where to go after signing in: the page that asked for it, when it is ours, else home."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if ours else resolve_url(settings.LOGIN_REDIRECT_URL)


def _signing_in(request, form_class, template, act):
    """The one course of both ways in: the form, the try, the session under a fresh key."""
    if request.user.is_authenticated:
        return HttpResponseRedirect(_way_on(request))
    form = form_class(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            user = act(**form.cleaned_data, address=client_address(request))
        except accounts.LoginBlocked as refused:
            form.add_error(None, str(refused))
            status = 429
        except accounts.LoginRefused as refused:
            form.add_error(None, str(refused))
        else:
            auth.login(request, user)
            return HttpResponseRedirect(_way_on(request))
    way_on = request.POST.get("next") or request.GET.get("next", "")
    return render(request, template, {"form": form, "next": way_on}, status=status)


@login_not_required
@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "POST"])
def login(request):
    return _signing_in(request, LoginForm, "grids/login.html", accounts.sign_in)


@login_not_required
@sensitive_post_parameters("code")
@never_cache
@require_http_methods(["GET", "POST"])
def login_code(request):
    return _signing_in(request, CodeLoginForm, "grids/login_code.html", accounts.sign_in_by_code)


@require_POST
def logout(request):
    auth.logout(request)
    messages.success(request, "已退出。")
    return redirect("login")


@sensitive_post_parameters("old", "new", "again")
@require_http_methods(["GET", "POST"])
def password(request):
    """Change one's password; the first thing a new account sees. This session stays, the others end."""
    form = PasswordForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        first = request.user.must_change_password
        user = accounts.change_password(by=request.user, new=form.cleaned_data["new"])
        auth.update_session_auth_hash(request, user)
        messages.success(request, "密码已改好，别处登录的都已退出。")
        return redirect("home" if first else "account")
    return render(request, "grids/password.html", {"form": form}, status=status_of(form))


def account(request):
    """Who I am here: my roles and places with their dates, my units, my password, large type."""
    today = timezone.localdate()
    terms = request.user.assignments.select_related("grid", "stand_in_for__user").order_by("-starts_on")
    holding = [term for term in terms if term.ends_on is None or term.ends_on > today]
    units = request.user.memberships.current().select_related("unit")
    idle_minutes = access.access_of(request.user).idle_minutes
    context = {"terms": holding, "units": units, "today": today, "idle": _idle_words(idle_minutes)}
    return render(request, "grids/account.html", context)


def _idle_words(minutes):
    return f"{minutes // 1440} 天" if minutes >= 1440 else f"{minutes} 分钟"
