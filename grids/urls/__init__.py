"""Addresses of the ground, by room."""

from django.urls import include, path

urlpatterns = [
    path("", include("grids.urls.accounts")),
    path("", include("grids.urls.net")),
    path("", include("grids.urls.staff")),
    path("", include("grids.urls.households")),
    path("", include("grids.urls.fieldwork")),
    path("", include("grids.urls.office")),
]
