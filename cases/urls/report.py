"""Reporting a problem, and from what was heard or found to its case."""

from django.urls import path

from cases.views import report, report_conflict, report_grid

urlpatterns = [
    path("cases/new/", report.CaseNewView.as_view(), name="case_new"),
    path("cases/new/desk/", report.CaseDeskView.as_view(), name="case_desk"),
    path("cases/likely/", report.case_likely, name="case_likely"),
    path("cases/new/grid/", report_grid.case_grid, name="case_grid"),
    path("cases/of/<uuid:uuid>/", report.case_of, name="case_of"),
    path("cases/<uuid:uuid>/reported/", report.case_reported, name="case_reported"),
    path("cases/<uuid:uuid>/conflicts/<uuid:conflict>/", report_conflict.case_conflict, name="case_conflict"),
]
