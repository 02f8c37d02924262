"""Addresses of the composed pages: home, today, the household page, help, health."""

from django.urls import path

from hekou.health import healthz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
]
