"""Signing in and one's own account."""

from django.urls import path

from grids.views import accounts

urlpatterns = [
    path("login/", accounts.login, name="login"),
    path("login/code/", accounts.login_code, name="login_code"),
    path("logout/", accounts.logout, name="logout"),
    path("account/", accounts.account, name="account"),
    path("account/password/", accounts.password, name="password"),
]
