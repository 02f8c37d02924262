"""A ledger: a filtered, paged list of facts, and the same rows as a workbook."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.http import content_disposition_header
from django.views.generic import ListView

from grids import access
from grids.actions.exports import log_export
from grids.reporting import workbook
from grids.views.scoped import PermissionMixin

P = access.Permission

PAGE = 50
# Counting a million rows costs more than any page is worth; beyond this one narrows the filter.
COUNTED = 10_000
EXPORTED = 20_000


class BoundedPaginator(Paginator):
    """Counts no further than `most`; what lies beyond is reached by a narrower filter."""

    most = COUNTED

    @cached_property
    def count(self):
        return self.object_list.order_by()[: self.most].count()


class LedgerView(PermissionMixin, ListView):
    """Subclasses give `model`, `filter_class`, `rows(queryset)` for joins and order, `label`, and for the workbook
    `columns` and `cells(row)`."""

    permission = P.SEE_FIELDWORK
    paginate_by = PAGE
    paginator_class = BoundedPaginator
    filter_class = None
    label = ""
    columns = ()

    def rows(self, queryset):
        raise NotImplementedError

    def get(self, request, *args, **kwargs):
        if request.GET.get("format") == "xlsx":
            return self.export()
        return super().get(request, *args, **kwargs)

    def get_queryset(self):
        return self._filtered(self.permission)

    def _filtered(self, permission):
        self.filter = self.filter_class(self.request.GET, user=self.request.user)
        rows = self.rows(self.model.objects.visible_to(self.request.user, permission))
        # A boundary is long, and fifty rows of one grid would bring it fifty times.
        return self.filter.apply(rows.defer("grid__boundary"))

    def paginate_queryset(self, queryset, page_size):
        """A page beyond the last is the last; a page that is no number is the first."""
        paginator = self.get_paginator(queryset, page_size)
        page = paginator.get_page(self.request.GET.get("page"))
        return paginator, page, page.object_list, page.has_other_pages()

    def get_context_data(self, **kwargs):
        counted = super().get_context_data(**kwargs)
        return counted | {
            "filter": self.filter,
            # Open where somebody filters, and for offices, who nearly always do.
            "filter_open": self.is_filtered() or access.can(self.request.user, P.EXPORT),
            "may_log": access.can(self.request.user, P.LOG_FIELDWORK),
            "may_export": access.can(self.request.user, P.EXPORT),
            "is_cut": counted["paginator"].count >= self.paginator_class.most,
            "counted": self.paginator_class.most,
        }

    def is_filtered(self):
        return any(self.request.GET.get(name) for name in self.filter.fields)

    def asked(self):
        """The filter that was set, for the log."""
        return {name: str(value) for name, value in self.filter.cleaned_data.items() if value}

    def export(self):
        """The filtered rows as a workbook: names masked, no phone or id number; audited."""
        access.require(self.request.user, P.EXPORT)
        rows = self._filtered(P.EXPORT)[:EXPORTED]
        lines = [self.cells(row) for row in rows]
        log_export(by=self.request.user, what=self.label, rows=len(lines), asked=self.asked())
        name = f"{self.label}{timezone.localdate():%Y%m%d}.xlsx"
        return HttpResponse(
            workbook(self.label, self.columns, lines),
            content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            headers={"Content-Disposition": content_disposition_header(True, name)},
        )
