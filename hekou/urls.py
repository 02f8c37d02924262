"""Every address. Rooms bring their own lists; `hekou` adds the pages that show several rooms together."""

from django.urls import include, path

urlpatterns = [
    path("", include("grids.urls")),
    path("", include("cases.urls")),
    path("", include("surveys.urls")),
    path("", include("hekou.pages")),
]

handler400 = "hekou.views.errors.bad_request"
handler403 = "hekou.views.errors.permission_denied"
handler404 = "hekou.views.errors.page_not_found"
