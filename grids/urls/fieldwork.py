"""Fieldwork: visits, patrols, concerns, their photos and conflicts, the diary, the visit rate."""

from django.urls import path

from grids.views import concerns, conflicts, diary, patrols, photos, records, visit_rate, visits

urlpatterns = [
    path("visits/", visits.VisitListView.as_view(), name="visit_list"),
    path("visits/new/", visits.VisitNewView.as_view(), name="visit_new"),
    path("visits/new/household/", visits.HouseholdPickView.as_view(), name="visit_pick"),
    path("visits/quick/", visits.VisitQuickView.as_view(), name="visit_quick"),
    path("visits/rate/", visit_rate.visit_rate, name="visit_rate"),
    path("visits/rate/rows/", visit_rate.visit_rate_rows, name="visit_rate_rows"),
    path("visits/<uuid:uuid>/", visits.VisitView.as_view(), name="visit"),
    path("visits/<uuid:uuid>/print/", visits.VisitPrintView.as_view(), name="visit_print"),
    path("visits/<uuid:uuid>/correct/", visits.VisitCorrectView.as_view(), name="visit_correct"),
    path("visits/<uuid:uuid>/undo/", records.undo, name="visit_undo"),
    path("patrols/", patrols.PatrolListView.as_view(), name="patrol_list"),
    path("patrols/new/", patrols.PatrolNewView.as_view(), name="patrol_new"),
    path("patrols/<uuid:uuid>/", patrols.PatrolView.as_view(), name="patrol"),
    path("patrols/<uuid:uuid>/correct/", patrols.PatrolCorrectView.as_view(), name="patrol_correct"),
    path("findings/<uuid:uuid>/settle/", patrols.settle, name="finding_settle"),
    path("concerns/", concerns.ConcernListView.as_view(), name="concern_list"),
    path("concerns/new/", concerns.ConcernNewView.as_view(), name="concern_new"),
    path("concerns/new/household/", concerns.ConcernPickView.as_view(), name="concern_pick"),
    path("concerns/<uuid:uuid>/", concerns.ConcernView.as_view(), name="concern"),
    path("concerns/<uuid:uuid>/correct/", concerns.ConcernCorrectView.as_view(), name="concern_correct"),
    path("records/<uuid:uuid>/concern/", concerns.concern_of_record, name="concern_of_record"),
    path("records/<uuid:uuid>/withdraw/", records.withdraw, name="record_withdraw"),
    path("records/<uuid:uuid>/conflicts/<uuid:conflict>/", conflicts.conflict, name="record_conflict"),
    path("photos/<uuid:uuid>/", photos.photo, name="photo"),
    path("diary/", diary.DiaryView.as_view(), name="diary"),
    path("diary/month/", diary.MonthView.as_view(), name="diary_month"),
]
