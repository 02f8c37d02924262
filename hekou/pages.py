"""Addresses of the composed pages: home, today, the household page, help, health."""

from django.urls import path

from hekou.health import healthz
from hekou.views.home import home

urlpatterns = [
    path("", home, name="home"),
    path("healthz", healthz, name="healthz"),
]
