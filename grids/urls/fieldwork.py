"""Fieldwork: visits, patrols, concerns, their photos, the visit rate. What makes or shows cases is in hekou.pages."""

from django.urls import path

from grids.views import concerns, patrols, photos, visit_rate, visits

urlpatterns = [
    path("visits/", visits.VisitListView.as_view(), name="visit_list"),
    path("visits/new/household/", visits.HouseholdPickView.as_view(), name="visit_pick"),
    path("visits/quick/", visits.VisitQuickView.as_view(), name="visit_quick"),
    path("visits/rate/", visit_rate.visit_rate, name="visit_rate"),
    path("visits/rate/rows/", visit_rate.visit_rate_rows, name="visit_rate_rows"),
    path("visits/<uuid:uuid>/print/", visits.VisitPrintView.as_view(), name="visit_print"),
    path("visits/<uuid:uuid>/correct/", visits.VisitCorrectView.as_view(), name="visit_correct"),
    path("patrols/", patrols.PatrolListView.as_view(), name="patrol_list"),
    path("patrols/new/", patrols.PatrolNewView.as_view(), name="patrol_new"),
    path("patrols/<uuid:uuid>/", patrols.PatrolView.as_view(), name="patrol"),
    path("findings/<uuid:uuid>/settle/", patrols.settle, name="finding_settle"),
    path("concerns/", concerns.ConcernListView.as_view(), name="concern_list"),
    path("concerns/new/household/", concerns.ConcernPickView.as_view(), name="concern_pick"),
    path("records/<uuid:uuid>/concern/", concerns.concern_of_record, name="concern_of_record"),
    path("photos/<uuid:uuid>/", photos.photo, name="photo"),
]
