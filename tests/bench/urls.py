"""The product's addresses and the floor's three."""

from django.urls import include, path

from tests.bench import floor

urlpatterns = [
    path("bench/constant/", floor.constant),
    path("bench/insert/", floor.insert),
    path("bench/rows/", floor.rows),
    path("", include("hekou.urls")),
]
