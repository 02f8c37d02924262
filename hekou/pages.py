"""Addresses of the composed pages: home, today, the household page, help, health."""

from django.urls import path

from hekou.health import healthz
from hekou.views.help import help_page
from hekou.views.home import home
from hekou.views.household import household
from hekou.views.office import office_home
from hekou.views.today import evening, today

urlpatterns = [
    path("", home, name="home"),
    path("households/<uuid:uuid>/", household, name="household"),
    path("office/", office_home, name="office_home"),
    path("help/", help_page, name="help"),
    path("today/", today, name="today"),
    path("today/evening/", evening, name="today_evening"),
    path("healthz", healthz, name="healthz"),
]
