"""What the office reads and sets: search, the audit log, rates, settings."""

from django.urls import include, path

from grids.views import audit, search

urlpatterns = [
    path("search/", search.search, name="search"),
    path("audit/", audit.audit_list, name="audit_list"),
    path("audit/<int:pk>/", audit.audit_entry, name="audit_entry"),
    path("audit/draws/new/", audit.audit_draw, name="audit_draw"),
    path("audit/draws/<int:pk>/", audit.audit_sheet, name="audit_sheet"),
    path("settings/", include("grids.urls.settings")),
    path("feedback/", include("grids.urls.feedback")),
]
