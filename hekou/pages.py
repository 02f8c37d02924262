"""Addresses of the composed pages: home, today, help, health, and fieldwork as far as cases come of it."""

from django.urls import path

from grids.views import conflicts, records
from hekou import actions
from hekou.health import healthz
from hekou.inspections import category_choices
from hekou.views import fieldwork
from hekou.views.dashboard import dashboard_page
from hekou.views.figures import figure_rows, figures
from hekou.views.help import help_page
from hekou.views.home import home
from hekou.views.household import household
from hekou.views.inspections import InspectionPage, inspection_case
from hekou.views.office import office_home
from hekou.views.today import evening, today
from surveys.views import checklists

CATEGORIES = {"categories": category_choices}

urlpatterns = [
    path("", home, name="home"),
    path("households/<uuid:uuid>/", household, name="household"),
    path("office/", office_home, name="office_home"),
    path("dashboard/", dashboard_page, name="dashboard"),
    path("figures/", figures, name="figures"),
    path("figures/rows/", figure_rows, name="figure_rows"),
    path("help/", help_page, name="help"),
    path("today/", today, name="today"),
    path("today/evening/", evening, name="today_evening"),
    path("visits/new/", fieldwork.VisitNewView.as_view(), name="visit_new"),
    path("visits/<uuid:uuid>/", fieldwork.VisitView.as_view(), name="visit"),
    path("visits/<uuid:uuid>/undo/", records.undo, {"act": actions.withdraw}, name="visit_undo"),
    path("patrols/<uuid:uuid>/correct/", fieldwork.PatrolCorrectView.as_view(), name="patrol_correct"),
    path("concerns/new/", fieldwork.ConcernNewView.as_view(), name="concern_new"),
    path("concerns/<uuid:uuid>/", fieldwork.ConcernView.as_view(), name="concern"),
    path("concerns/<uuid:uuid>/correct/", fieldwork.ConcernCorrectView.as_view(), name="concern_correct"),
    path(
        "records/<uuid:uuid>/withdraw/", records.withdraw, {"act": actions.withdraw}, name="record_withdraw"
    ),
    path(
        "records/<uuid:uuid>/conflicts/<uuid:conflict>/",
        conflicts.conflict,
        {"actions": actions.ACTIONS},
        name="record_conflict",
    ),
    path("diary/", fieldwork.DiaryView.as_view(), name="diary"),
    path("diary/month/", fieldwork.MonthView.as_view(), name="diary_month"),
    path("inspections/<uuid:uuid>/", InspectionPage.as_view(), name="inspection"),
    path("inspections/<uuid:uuid>/items/<int:item>/case/", inspection_case, name="inspection_case"),
    path("settings/checklists/<int:pk>/", checklists.checklist, CATEGORIES, name="settings_checklist"),
    path("settings/checklists/items/<int:pk>/", checklists.item, CATEGORIES, name="settings_item"),
    path("healthz", healthz, name="healthz"),
]
