"""Site inspections. The page of an inspection and those that name categories of cases are composed in `hekou`."""

from django.urls import path

from grids.views import settings
from surveys.models import Checklist
from surveys.views import checklists, contents, inspections, sites

CHECKLIST = {"model": Checklist, "back": "settings_checklists"}

urlpatterns = [
    path("inspections/", inspections.InspectionListView.as_view(), name="inspection_list"),
    path("inspections/results/", inspections.ResultListView.as_view(), name="inspection_result_list"),
    path("inspections/rates/", inspections.rates, name="inspection_rates"),
    path("inspections/sites/", sites.SiteListView.as_view(), name="site_list"),
    path("inspections/sites/new/", sites.new, name="site_new"),
    path("inspections/sites/<uuid:uuid>/", sites.site, name="site"),
    path("inspections/sites/<uuid:uuid>/edit/", sites.edit, name="site_edit"),
    path("inspections/sites/<uuid:uuid>/retire/", sites.retire, name="site_retire"),
    path("inspections/sites/<uuid:uuid>/inspect/", inspections.InspectView.as_view(), name="inspection_new"),
    path("inspections/<uuid:uuid>/recheck/", inspections.RecheckView.as_view(), name="inspection_recheck"),
    path(
        "inspections/<uuid:uuid>/correct/",
        inspections.InspectionCorrectView.as_view(),
        name="inspection_correct",
    ),
    path("inspections/<uuid:uuid>/withdraw/", inspections.withdraw, name="inspection_withdraw"),
    path("inspections/<uuid:uuid>/conflicts/<uuid:conflict>/", contents.conflict, name="inspection_conflict"),
    path("settings/checklists/", checklists.overview, name="settings_checklists"),
    path("settings/checklists/<int:pk>/move/", settings.move, CHECKLIST, name="settings_checklist_move"),
    path(
        "settings/checklists/<int:pk>/retire/", settings.retire, CHECKLIST, name="settings_checklist_retire"
    ),
    path("settings/checklists/items/<int:pk>/move/", checklists.move_item, name="settings_item_move"),
    path("settings/checklists/items/<int:pk>/retire/", checklists.retire_item, name="settings_item_retire"),
]
