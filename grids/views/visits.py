"""Visits: choose a household, tell about it, the 走访台账, a visit's page and its print."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.generic import ListView, TemplateView

from grids import access, names, search
from grids.actions.visits import log_visit
from grids.doors import household_at
from grids.forms.visits import QuickVisitForm, VisitFilterForm, VisitForm
from grids.models import Concern, FieldRecord, Household, HouseholdVisit
from grids.views.field_protocol import CorrectionMixin, FieldFormView
from grids.views.ledger import LedgerView
from grids.views.records import context_of, record_page
from grids.views.scoped import PermissionMixin
from grids.views.typed import takes_typed

P = access.Permission


@method_decorator(takes_typed("q"), name="dispatch")
class HouseholdPickView(PermissionMixin, ListView):
    """Which household: found by typing its address, a name or a name's initials. `target` takes ?household=."""

    permission = P.LOG_FIELDWORK
    template_name = "grids/visit_pick.html"
    context_object_name = "households"
    target = "visit_new"
    most = 30

    def get_queryset(self):
        households = Household.objects.visible_to(self.request.user, self.permission).with_head()
        households = search.households_like(households, self.request.filters.get("q", ""))
        return households.order_by("address_key", "pk")[: self.most]

    def get_context_data(self, **kwargs):
        words = self.request.filters.get("q", "")[:40]
        return super().get_context_data(**kwargs) | {"q": words, "target": self.target, "most": self.most}


class HouseholdFormView(FieldFormView):
    """A field form about one household, named by `household` in the address or the form."""

    def dispatch(self, request, *args, **kwargs):
        self.household = None
        if request.user.is_authenticated:
            self.household = self.find_household()
        return super().dispatch(request, *args, **kwargs)

    def find_household(self):
        uuid = self.request.POST.get("household") or self.request.GET.get("household")
        if not uuid:
            return None
        access.require(self.request.user, self.permission)
        try:
            household = household_at(self.request.user, self.permission, UUID(uuid), timezone.localdate())
        except ValueError as error:
            raise Http404("no uuid") from error
        if household is None:
            raise Http404("no such household")
        return household

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"household": self.household}

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs) | {"household": self.household}


class VisitNewView(HouseholdFormView):
    """A visit told in full; without a household, first the choice of one."""

    form_class = VisitForm
    template_name = "grids/visit_form.html"
    saved_words = "走访已登记。"
    action = staticmethod(log_visit)

    def get(self, request, *args, **kwargs):
        return super().get(request, *args, **kwargs) if self.household else redirect("visit_pick")

    def post(self, request, *args, **kwargs):
        if self.household is None:
            raise Http404("no household")
        return super().post(request, *args, **kwargs)


class VisitQuickView(VisitNewView):
    """One tap on a row of 今日."""

    http_method_names = ["post"]
    form_class = QuickVisitForm
    template_name = "grids/visit_quick.html"

    def tell(self, receipt):
        outcome = receipt.record.visit.outcome_words
        undo = reverse("visit_undo", args=[receipt.record.uuid])
        words = f"{self.household.address}：{outcome}，已登记。"
        messages.success(self.request, words, extra_tags=f"undo:{undo}")

    def get_success_url(self, record):
        return reverse("today") + ("?all=1" if "all" in self.request.GET else "")


class VisitCorrectView(CorrectionMixin, VisitNewView):
    """A visit told anew; what was heard at it stays as it is."""

    kind = FieldRecord.Kind.VISIT

    def find_household(self):
        return self.old.household

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"with_concerns": False}


class VisitListView(LedgerView):
    """走访台账."""

    model = HouseholdVisit
    filter_class = VisitFilterForm
    template_name = "grids/visit_list.html"
    label = "走访台账"
    columns = (
        "日期",
        "网格",
        "住址",
        "方式",
        "结果",
        "见到的人",
        "走访内容",
        "情况记录",
        "当事人",
        "录入人",
        "补录",
    )

    # Fifty rows of whole tables would bring passwords and numbers along that nobody looks at.
    shown = (
        *("visited_on", "mode", "outcome", "purposes", "note", "household__address", "grid__name"),
        *("visitor__name", "record__typed_by__name", "record__uuid", "record__actor_id"),
        *("record__captured_at", "record__happened_on"),
    )

    def rows(self, queryset):
        return (
            queryset.current()
            .select_related("record", "record__typed_by", "household", "grid", "visitor")
            .only(*self.shown)
            .with_names_of_met()
            .order_by("-visited_on", "-record")
        )

    def cells(self, row):
        return (
            row.visited_on,
            row.grid.name,
            row.household.address,
            row.get_mode_display(),
            row.outcome_words,
            "、".join(names.mask_name(met.resident.name) for met in row.met.all()),
            "、".join(purposes_of(row)),
            row.note,
            row.visitor.name,
            row.record.typed_by.name,
            "补录" if row.record.is_late_entry else "",
        )


def purposes_of(visit):
    """The labels of a visit's purposes."""
    return [HouseholdVisit.Purpose(purpose).label for purpose in visit.purposes]


class VisitView(PermissionMixin, TemplateView):
    """One visit with all that belongs to it."""

    permission = P.SEE_FIELDWORK
    template_name = "grids/visit.html"

    def get_context_data(self, **kwargs):
        record = record_page(self.request, kwargs["uuid"], FieldRecord.Kind.VISIT)
        context = context_of(self.request, record)
        visit = record.visit
        versions = [record, *context["older"]]
        concerns = Concern.objects.visible_to(self.request.user, self.permission)
        return (
            super().get_context_data(**kwargs)
            | context
            | {
                "visit": visit,
                "met": [met.resident for met in visit.met.select_related("resident").order_by("pk")],
                "purposes": purposes_of(visit),
                "parties": ["走访人", "住户", "网格长"],
                "concerns": concerns.filter(record__in=versions).order_by("pk"),
                "may_report": context["newer"] is None
                and access.can(self.request.user, P.REPORT_CASE, record.grid_id),
            }
        )


class VisitPrintView(VisitView):
    """走访记录表, on A4 with room to sign."""

    template_name = "grids/visit_print.html"
