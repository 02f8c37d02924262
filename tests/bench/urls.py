"""The product's addresses and the floor's three."""

from django.urls import include, path

from tests.bench import floor, survey_pages

urlpatterns = [
    path("bench/constant/", floor.constant),
    path("bench/insert/", floor.insert),
    path("bench/rows/", floor.rows),
    path("bench/finish/<int:pk>/<uuid:key>/", survey_pages.finish_one),
    path("", include("hekou.urls")),
]
