"""设置."""

from django.urls import path

from grids.models import CareCategory, PatrolPoint
from grids.views import settings

CARE = {"model": CareCategory, "back": "settings_care"}
PATROL = {"model": PatrolPoint, "back": "settings_patrol"}

urlpatterns = [
    path("care/", settings.care, name="settings_care"),
    path("care/<int:pk>/", settings.category, name="settings_category"),
    path("care/<int:pk>/move/", settings.move, CARE, name="settings_category_move"),
    path("care/<int:pk>/retire/", settings.retire, CARE, name="settings_category_retire"),
    path("patrol/", settings.patrol, name="settings_patrol"),
    path("patrol/<int:pk>/", settings.point, name="settings_point"),
    path("patrol/<int:pk>/move/", settings.move, PATROL, name="settings_point_move"),
    path("patrol/<int:pk>/retire/", settings.retire, PATROL, name="settings_point_retire"),
    path("town/", settings.town, name="settings_town"),
]
