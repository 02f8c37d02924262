"""设置: categories, tiles, the working calendar, the town's numbers for cases."""

from django.urls import path

from cases.actions import settings as actions
from cases.models import CaseCategory, ReportTile
from cases.views import settings
from grids.views.settings import move, retire

CATEGORIES = {"model": CaseCategory, "back": "settings_categories", "actions": actions}
TILES = {"model": ReportTile, "back": "settings_tiles", "actions": actions}

urlpatterns = [
    path("categories/", settings.categories, name="settings_categories"),
    path("categories/<int:pk>/", settings.category, name="settings_category_case"),
    path("categories/<int:pk>/move/", move, CATEGORIES, name="settings_category_case_move"),
    path("categories/<int:pk>/retire/", retire, CATEGORIES, name="settings_category_case_retire"),
    path("tiles/", settings.tiles, name="settings_tiles"),
    path("tiles/<int:pk>/", settings.tile, name="settings_tile"),
    path("tiles/<int:pk>/move/", move, TILES, name="settings_tile_move"),
    path("tiles/<int:pk>/retire/", retire, TILES, name="settings_tile_retire"),
    path("calendar/", settings.calendar, name="settings_calendar"),
    path("calendar/year/", settings.calendar_year, name="settings_calendar_year"),
    path("calendar/recompute/", settings.recompute, name="settings_recompute"),
    path("case-rules/", settings.rules, name="settings_case_rules"),
]
