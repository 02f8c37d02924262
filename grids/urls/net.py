"""Addresses of the net. A place is its code."""

from django.urls import path, register_converter

from grids.views.net import changes, maps, page, plan, regrid, tree


class CodeConverter:
    """A code of the net: 9, 12, 15 or 17 digits. Anything else is no address."""

    regex = "[0-9]{9}(?:[0-9]{3}){0,2}(?:[0-9]{2})?"

    def to_python(self, value):
        return value

    def to_url(self, value):
        return value


register_converter(CodeConverter, "grid_code")

urlpatterns = [
    path("net/", tree.net, name="net"),
    path("net/map/", maps.net_map, name="net_map"),
    path("net/report/", maps.net_report, name="net_report"),
    path("net/locate/", maps.net_locate, name="net_locate"),
    path("net/<grid_code:code>/", page.net_grid, name="net_grid"),
    path("net/<grid_code:code>/edit/", changes.net_edit, name="net_edit"),
    path("net/<grid_code:code>/open/", changes.net_open, name="net_open"),
    path("net/<grid_code:code>/retire/", changes.net_retire, name="net_retire"),
    path("net/<grid_code:code>/boundary/", changes.net_boundary, name="net_boundary"),
    path("net/<grid_code:code>/split/", regrid.net_split, name="net_split"),
    path("net/<grid_code:code>/cancel-plan/", plan.net_plan_cancel, name="net_plan_cancel"),
    path("net/<grid_code:code>/merge/", regrid.net_merge, name="net_merge"),
]
