"""Forms of an inspection: the walk, and the filters of its ledgers."""

from django import forms
from django.core.exceptions import ValidationError

from grids import access
from grids.forms.field import DatedFieldForm, chips
from grids.forms.ledger import LedgerFilterForm
from grids.models import Grid, Tier
from surveys.actions.inspections import Verdict, inspection_content
from surveys.models import Checklist, ChecklistItem, InspectionResult

P = access.Permission
State = InspectionResult.State

ROUNDS = [("", "全部"), ("first", "考察"), ("again", "复查")]


class InspectionForm(DatedFieldForm):
    """One look at a site. Each item is a choice `item-<id>`, nothing chosen beforehand, with words `note-<id>`.

    `follows` is the failed inspection whose failed items are looked at again; `corrects` the one that is told anew.
    """

    note = forms.CharField(
        label="考察记录", max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args, user, site, follows=None, corrects=None, **kwargs):
        super().__init__(*args, user=user, **kwargs)
        self.site, self.follows = site, follows
        self.items = {f"item-{item.pk}": item for item in _items(site, follows, corrects)}
        self.before = {}
        if follows:
            self.before = {row.item_id: row for row in follows.results.all()}
        for name, item in self.items.items():
            self.fields[name] = forms.ChoiceField(
                label=item.name,
                choices=State.choices,
                widget=chips(),
                help_text=item.standard,
                error_messages={"required": "请选合格、不合格或不涉及。"},
            )
            self.fields[f"note-{item.pk}"] = forms.CharField(
                label=f"{item.name}：哪里不合格", max_length=200, required=False
            )

    def rows(self):
        """(choice, words, the result that is looked at again or None) of each item."""
        return [
            (self[name], self[f"note-{item.pk}"], self.before.get(item.pk))
            for name, item in self.items.items()
        ]

    def clean(self):
        given = super().clean()
        if not self.items:
            raise ValidationError("这类地点还没有检查项，请镇网格办在设置里补上。")
        day = given.get("happened_on")
        if day and self.follows and day < self.follows.inspected_on:
            self.add_error("happened_on", "复查日期不能早于上次考察。")
        return given

    def told(self):
        given = self.cleaned_data
        verdicts = {item: Verdict(given[name], given[f"note-{item.pk}"]) for name, item in self.items.items()}
        return {"site": self.site, "verdicts": verdicts, "note": given["note"], "follows": self.follows}

    def content(self):
        return inspection_content(**self.told())

    @staticmethod
    def typed_from(content):
        """The fields as they would be typed, from a record's content."""
        typed = {"note": content["note"]}
        for pk, verdict in content["verdicts"].items():
            typed |= {f"item-{pk}": verdict["state"], f"note-{pk}": verdict["note"]}
        return typed


def _items(site, follows, corrects):
    """What is asked, in the checklist's order."""
    if follows:
        failed = [row.item for row in follows.results.all() if row.state == State.FAIL]
        return sorted(failed, key=lambda item: (item.position, item.pk))
    items = {item.pk: item for item in site.checklist.items.in_use()}
    if corrects:
        items |= {row.item_id: row.item for row in corrects.results.all()}
    return sorted(items.values(), key=lambda item: (item.position, item.pk))


class OfKind:
    """Mixed into a filter: one kind of place."""

    def offer_kinds(self, user):
        self.fields["kind"].queryset = Checklist.objects.visible_to(user, P.SEE_FIELDWORK).order_by(
            "position", "pk"
        )


def kind_field():
    return forms.ModelChoiceField(
        label="地点类型", queryset=Checklist.objects.none(), required=False, empty_label="全部"
    )


class SiteFilterForm(OfKind, forms.Form):
    """Which sites: where, of which kind, how they stand. What cannot be read filters nothing."""

    STANDING = (
        ("", "全部在用"),
        ("failed", "上次不合格"),
        ("passed", "上次合格"),
        ("never", "还没考察"),
        ("stubborn", "老大难"),
        ("retired", "已停用"),
    )

    grid = forms.ModelChoiceField(
        label="范围", queryset=Grid.objects.none(), to_field_name="code", required=False, empty_label="全部"
    )
    kind = kind_field()
    standing = forms.ChoiceField(label="情况", choices=STANDING, required=False)

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        places = Grid.objects.visible_to(user, P.SEE_FIELDWORK)
        self.fields["grid"].queryset = places.filter(tier__lte=Tier.GRID).order_by("code")
        self.offer_kinds(user)

    def apply(self, rows):
        """The rows that the filter lets through; they carry `last_on` and `last_failed`."""
        self.is_valid()
        given = self.cleaned_data
        if given.get("grid"):
            rows = rows.filter(grid__code__startswith=given["grid"].code)
        if given.get("kind"):
            rows = rows.filter(checklist=given["kind"])
        standing = given.get("standing")
        if standing == "retired":
            return rows.exclude(retired_on=None)
        wanted = {
            "failed": {"last_failed__gt": 0},
            "passed": {"last_failed": 0},
            "never": {"last_on": None},
        }
        rows = rows.filter(retired_on=None, **wanted.get(standing, {}))
        return rows.stubborn() if standing == "stubborn" else rows


class InspectionFilterForm(OfKind, LedgerFilterForm):
    """The filter of the 考察台账."""

    day_field, person_field = "inspected_on", "inspector"

    kind = kind_field()
    round = forms.ChoiceField(label="类别", choices=ROUNDS, required=False)
    failed = forms.BooleanField(label="只看有不合格的", required=False)

    field_order = ["grid", "kind", "round", "person", "since", "until", "entry", "failed"]

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, user=user, **kwargs)
        self.offer_kinds(user)

    def apply(self, rows):
        rows = super().apply(rows)
        given = self.cleaned_data
        if given.get("kind"):
            rows = rows.filter(site__checklist=given["kind"])
        if given.get("round"):
            rows = rows.filter(follows__isnull=given["round"] == "first")
        return rows.filter(failed__gt=0) if given.get("failed") else rows


class ResultFilterForm(OfKind, LedgerFilterForm):
    """The filter of single results, by which a figure of 合格率 shows the rows it counted."""

    WHICH = (("", "全部"), ("counted", "合格与不合格"), *State.choices)

    day_field, person_field = "inspection__inspected_on", "inspection__inspector"
    record = "inspection__record"

    kind = kind_field()
    item = forms.ChoiceField(label="检查项", required=False)
    which = forms.ChoiceField(label="结果", choices=WHICH, required=False)
    round = forms.ChoiceField(label="类别", choices=ROUNDS, required=False)

    field_order = ["grid", "kind", "item", "which", "round", "since", "until"]

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, user=user, **kwargs)
        del self.fields["person"], self.fields["entry"]
        self.offer_kinds(user)
        names = ChecklistItem.objects.visible_to(user, P.SEE_FIELDWORK).order_by("name")
        names = names.values_list("name", flat=True).distinct()
        self.fields["item"].choices = lambda: [("", "全部"), *((name, name) for name in names)]

    def apply(self, rows):
        rows = super().apply(rows)
        given = self.cleaned_data
        if given.get("kind"):
            rows = rows.filter(item__checklist=given["kind"])
        if given.get("item"):
            rows = rows.filter(item__name=given["item"])
        if given.get("round"):
            rows = rows.filter(inspection__follows__isnull=given["round"] == "first")
        if given.get("which") == "counted":
            return rows.counted()
        return rows.filter(state=given["which"]) if given.get("which") else rows
