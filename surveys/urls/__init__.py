"""Addresses of surveys and inspections, by room."""

from django.urls import include, path

urlpatterns = [
    path("", include("surveys.urls.answering")),
    path("", include("surveys.urls.inspections")),
    path("", include("surveys.urls.interviews")),
    path("", include("surveys.urls.questionnaires")),
    path("", include("surveys.urls.rounds")),
    path("", include("surveys.urls.results")),
]
