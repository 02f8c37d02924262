"""Addresses of surveys, by room."""

from django.urls import include, path

urlpatterns = [
    path("", include("surveys.urls.questionnaires")),
]
