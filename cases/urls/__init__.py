"""Addresses of cases, by room."""

from django.urls import include, path

urlpatterns = [
    path("", include("cases.urls.report")),
    path("", include("cases.urls.lists")),
    path("", include("cases.urls.case")),
    path("", include("cases.urls.public")),
    path("settings/", include("cases.urls.settings")),
]
