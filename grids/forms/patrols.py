"""Forms of a patrol: where one walked, the checklist, what was found, and the ledger's filter."""

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone

from grids import access
from grids.actions.patrols import patrol_content
from grids.forms.field import DatedFieldForm, RowForm, RowsFormSet, chips, choose_grid
from grids.forms.ledger import LedgerFilterForm
from grids.models import Concern, Finding, Grid, PatrolCheck, PatrolPoint

P = access.Permission

FOUND_CHOICES = [(state.value, state.label) for state in (Finding.State.OPEN, Finding.State.SETTLED)]


class FindingRowForm(RowForm):
    """One thing found on the way; an untouched row does not count."""

    theme = forms.ChoiceField(label="主题", choices=[("", "请选择"), *Concern.Theme.choices])
    place = forms.CharField(label="地点", max_length=120)
    words = forms.CharField(label="发现了什么", max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))
    state = forms.ChoiceField(label="怎么样了", choices=FOUND_CHOICES, initial=Finding.State.OPEN)


FindingRows = forms.formset_factory(
    FindingRowForm, formset=RowsFormSet, extra=3, max_num=10, validate_max=True, absolute_max=20
)


class PatrolForm(DatedFieldForm):
    """A patrol. Each point of the town's checklist is a field `point-<id>`; a point left open is not recorded."""

    grid = forms.ModelChoiceField(
        label="网格", queryset=Grid.objects.none(), to_field_name="code", empty_label=None
    )
    route = forms.CharField(label="路线或范围", max_length=200, help_text="例如：村口到水塔，沿河一圈。")
    note = forms.CharField(
        label="巡查记录", max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    field_order = ["grid", "route", "note", "happened_on", "actor", "photos"]

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, user=user, **kwargs)
        choose_grid(self.fields["grid"], user)
        today = timezone.localdate()
        points = PatrolPoint.objects.visible_to(user, P.LOG_FIELDWORK)
        points = points.filter(Q(retired_on=None) | Q(retired_on__gt=today))
        self.points = {f"point-{point.pk}": point for point in points.order_by("position", "pk")}
        for name, point in self.points.items():
            self.fields[name] = forms.ChoiceField(
                label=point.name, choices=PatrolCheck.State.choices, required=False, widget=chips()
            )
        rows = self.data if self.is_bound and "findings-TOTAL_FORMS" in self.data else None
        before = None if rows else self.initial.get("findings")
        self.findings = FindingRows(rows, prefix="findings", initial=before)

    def point_fields(self):
        return [self[name] for name in self.points]

    def clean(self):
        given = super().clean()
        if self.findings.is_bound and not self.findings.is_valid():
            raise ValidationError("下面发现的问题没有填完整，请补上主题、地点和内容，或清空那一行。")
        return given

    def told(self):
        given = self.cleaned_data
        checks = {point: given[name] for name, point in self.points.items() if given.get(name)}
        told = {name: given[name] for name in ("grid", "route", "note")}
        found = self.findings.told() if self.findings.is_bound else []
        return told | {"checks": checks, "findings": found}

    def content(self):
        return patrol_content(**self.told())

    @staticmethod
    def typed_from(content):
        """The fields as they would be typed, from a conflict's content."""
        typed = {name: content[name] for name in ("grid", "route", "note")}
        typed["findings"] = content["findings"]
        typed |= {f"point-{pk}": state for pk, state in content["checks"].items()}
        found = content["findings"]
        typed |= {"findings-TOTAL_FORMS": str(len(found)), "findings-INITIAL_FORMS": "0"}
        for position, finding in enumerate(found):
            typed |= {f"findings-{position}-{name}": value for name, value in finding.items()}
        return typed


class SettleForm(forms.Form):
    """The version of the finding that the person saw."""

    version = forms.IntegerField(min_value=1, max_value=2_000_000_000)


class PatrolFilterForm(LedgerFilterForm):
    """The filter of the 巡查台账."""

    day_field, person_field = "walked_on", "walker"

    open_only = forms.BooleanField(label="只看有待处理问题的", required=False)

    def apply(self, rows):
        rows = super().apply(rows)
        if self.cleaned_data.get("open_only"):
            rows = rows.filter(findings__state=Finding.State.OPEN, findings__superseded_by=None).distinct()
        return rows
