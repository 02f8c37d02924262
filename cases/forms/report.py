"""Forms of a report: on the phone with tiles, at the desk with categories, and what both ask of a place."""

from dataclasses import dataclass, replace
from datetime import timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone

from cases.actions.report import Told
from cases.forms.fields import affected_field
from cases.models import Case, CaseCategory, ReportTile
from cases.rights import SETTLED_BY_TOWN
from grids import access
from grids.forms.field import LONGEST_BACK, AttestedFieldForm, ForgivingFloat, chips
from grids.forms.fields import LineField, PhoneField
from grids.models import Concern, Finding, Grid, Household, Tier

P = access.Permission
Source = Case.Source

# A deadline from above further off than this is a slip in the year.
FURTHEST = timedelta(days=3 * 366)
FIELD_SOURCES = (Source.VISIT, Source.PATROL, Source.RESIDENT)
DESK_SOURCES = (Source.PHONE, Source.HOTLINE, Source.ASSIGNED, Source.LEADER)
# What comes with a number of theirs.
NUMBERED = (Source.HOTLINE, Source.ASSIGNED)


@dataclass(frozen=True)
class About:
    """What a report grows from: at most one of these, and the grid that follows from it."""

    grid: Grid | None = None
    household: Household | None = None
    concern: Concern | None = None
    finding: Finding | None = None
    visit: object = None
    beside: Case | None = None

    @property
    def theme(self):
        """The theme that decides the category, or ""."""
        heard = self.concern or self.finding
        return heard.theme if heard else ""

    @property
    def origin(self):
        """The field record it grew from, or None."""
        if self.concern:
            return self.concern.record
        return self.finding.patrol.record if self.finding else self.visit

    @property
    def source(self):
        return Source.VISIT if self.concern or self.household or self.visit else Source.PATROL

    def place(self):
        if self.finding:
            return self.finding.place
        return self.household.address if self.household else ""

    def words(self):
        heard = self.concern or self.finding
        return heard.words if heard else ""


def in_use(rows):
    """Rows of the town's lists that were not retired."""
    return rows.filter(Q(retired_on=None) | Q(retired_on__gt=timezone.localdate()))


# What a report needs to know of its tile: every post reads one, and the whole of three rows cost three times that.
_OF_A_TILE = (
    *("name", "icon", "position", "category__code", "category__name", "category__parent", "category__theme"),
    *("category__limit_amount", "category__limit_unit", "category__unit", "category__town__code"),
)


def tiles_of(user, town_code):
    rows = in_use(ReportTile.objects.visible_to(user, P.REPORT_CASE)).filter(town__code=town_code)
    rows = rows.filter(category__retired_on=None).select_related("category__town").only(*_OF_A_TILE)
    return rows.order_by("position", "pk")


def categories_of(user, town_code):
    rows = in_use(CaseCategory.objects.visible_to(user, P.REPORT_CASE).subcategories())
    rows = rows.filter(town__code=town_code).select_related("parent", "town")
    return rows.defer("town__boundary").order_by("code")


class TileSelect(forms.RadioSelect):
    """Radio buttons as tiles, each with its drawing."""

    option_template_name = "cases/tile_option.html"


class SeenField(forms.Field):
    """The likely duplicates that the person was shown, by uuid; anything else in it stands for nothing."""

    widget = forms.MultipleHiddenInput

    def clean(self, value):
        return {str(one) for one in value or []}


class ReportForm(AttestedFieldForm):
    """What every report says: where, how many are affected, in words."""

    grid = forms.ModelChoiceField(
        label="网格", queryset=Grid.objects.none(), to_field_name="code", empty_label="请选择"
    )
    place = LineField(
        label="在哪里",
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "例如：水塔下面、老王家门口"}),
    )
    affected_households = affected_field()
    words = forms.CharField(
        label="怎么回事", max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    is_urgent = forms.BooleanField(
        label="紧急", required=False, help_text="有人受伤、着火、漏气的，先打 119、120，再上报。"
    )
    seen = SeenField(required=False)
    settled = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, user, about=None, **kwargs):
        self.about = about or About()
        self.recurs_of = None
        super().__init__(*args, user=user, **kwargs)
        self._choose_grid()
        self.fields["place"].initial = self.about.place()
        self.fields["words"].initial = self.about.words()

    def _choose_grid(self):
        """Nothing to ask where the grid follows or is the only one; else the likeliest is proposed."""
        field, fixed = self.fields["grid"], self.about.grid
        self.only_grid = None
        if fixed:
            del self.fields["grid"]
            self.town_code = fixed.town_code
            return
        grids = Grid.objects.visible_to(self.user, P.REPORT_CASE).open()
        field.queryset = grids.filter(tier__gte=Tier.GRID).only("code", "name", "tier").order_by("code")
        first = list(field.queryset[:2])
        self.town_code = first[0].town_code if first else self.user.town.code
        if len(first) == 1:
            self.only_grid = first[0]
            field.initial, field.required = first[0].code, False
            field.widget = forms.HiddenInput()
        elif not self.is_bound:
            field.initial = self._last_grid(first) or self._whole_grid(first)

    def _last_grid(self, first):
        """The grid of the last report, for who works in one village: the town's next call comes from anywhere."""
        village = first[0].code[: Tier.AREA] if first else ""
        if self.fields["grid"].queryset.exclude(code__startswith=village).exists():
            return None
        own = Case.objects.visible_to(self.user, P.SEE_CASES).filter(reporter=self.user)
        last = own.select_related("grid").defer("grid__boundary").order_by("-pk").first()
        return last and last.grid.is_open and last.grid.code

    def _whole_grid(self, first):
        """A grid whose other choices are its own micro-grids."""
        whole = first[0].code if first else ""
        others = self.fields["grid"].queryset.exclude(code__startswith=whole)
        return whole if first and not others.exists() else None

    def chosen_grid(self):
        return self.about.grid or self.cleaned_data["grid"] or self.only_grid

    def clean_captured_at(self):
        """A phone whose clock fell back by years tells nothing about when."""
        moment = self.cleaned_data["captured_at"]
        return moment if moment and moment > timezone.now() - LONGEST_BACK else None

    def envelope(self):
        """A report belongs to the day on which it was written, also when it goes out on the next."""
        sent = super().envelope()
        written = timezone.localdate(min(sent.captured_at, timezone.now()))
        return replace(sent, happened_on=written)

    def position(self):
        """The position that was sent whole, as `duplicates.likely` takes it."""
        sent = self.envelope()
        return {"longitude": sent.longitude, "latitude": sent.latitude}

    def chosen_category(self):
        raise NotImplementedError

    def telling(self):
        """The fields of `Told` that are this form's own."""
        raise NotImplementedError

    def told(self):
        given, about = self.cleaned_data, self.about
        told = Told(
            category=self.chosen_category(),
            place=given["place"],
            words=given["words"],
            affected_households=given["affected_households"],
            is_urgent=given["is_urgent"],
            settled=given["settled"],
            concern=about.concern,
            finding=about.finding,
            origin=about.origin,
            origin_case=about.beside,
            household=about.household,
            households=(about.household,) if about.household else (),
            recurs_of=self.recurs_of,
            **self.telling(),
        )
        return {"grid": self.chosen_grid(), "told": told}

    def content(self):
        return self.told()["told"].content(self.chosen_grid())


class CaseForm(ReportForm):
    """上报 on the phone: a tile, a place, and one of two buttons."""

    tile = forms.ModelChoiceField(
        label="什么事",
        queryset=ReportTile.objects.none(),
        empty_label=None,
        widget=TileSelect(attrs={"class": "tiles"}),
        error_messages={"required": "请点一下是什么事。", "invalid_choice": "请重新点一下是什么事。"},
    )
    source = forms.ChoiceField(
        label="怎么知道的",
        choices=[(one.value, one.label) for one in FIELD_SOURCES],
        required=False,
        widget=chips(),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        tile = self.fields["tile"]
        tile.queryset = tiles_of(self.user, self.town_code)
        self.fields["source"].initial = self.about.source
        # What was heard or found has a theme, and the town says which category that is.
        self.by_theme = None
        if self.about.theme:
            known = categories_of(self.user, self.town_code)
            self.by_theme = known.filter(theme=self.about.theme).first()
        if self.by_theme:
            match = next((one for one in tile.queryset if one.category_id == self.by_theme.pk), None)
            tile.initial = match and match.pk
            tile.required = tile.widget.is_required = False
            self.theme_label = Concern.Theme(self.about.theme).label

    def chosen_category(self):
        tile = self.cleaned_data.get("tile")
        return tile.category if tile else self.by_theme

    def telling(self):
        given = self.cleaned_data
        return {
            "subject": given["tile"].name if given["tile"] else self.theme_label,
            "source": given["source"] or self.about.source,
        }


class DeskForm(ReportForm):
    """What came to the office: who said it, through which channel, under which number of theirs."""

    source = forms.ChoiceField(
        label="来源",
        choices=[(one.value, one.label) for one in DESK_SOURCES],
        initial=Source.PHONE,
        widget=chips(),
    )
    category = forms.ModelChoiceField(
        label="类别",
        queryset=CaseCategory.objects.none(),
        error_messages={"invalid_choice": "请选择本镇正在使用的类别。"},
    )
    subject = LineField(
        label="什么事",
        max_length=30,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "不填就用类别的名称"}),
    )
    upstream_no = LineField(label="上级编号", max_length=40, required=False)
    upstream_due_at = forms.DateTimeField(
        label="上级时限", required=False, widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M")
    )
    caller_name = LineField(label="反映人", max_length=40, required=False)
    caller_phone = PhoneField(label="反映人电话", required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields.pop("actor", None)
        self.fields["words"].widget.attrs["rows"] = 3
        self.fields["category"].queryset = known = categories_of(self.user, self.town_code)
        groups = {}
        for one in known:
            groups.setdefault(f"{one.parent.code} {one.parent.name}", []).append(
                (one.pk, f"{one.code} {one.name}")
            )
        self.fields["category"].choices = [("", "请选择"), *groups.items()]

    def clean_upstream_due_at(self):
        due, now = self.cleaned_data["upstream_due_at"], timezone.now()
        if due and due <= now:
            raise ValidationError("上级时限已经过去，请核对日期和时间。")
        if due and due > now + FURTHEST:
            raise ValidationError("上级时限太远，请核对年份。")
        return due

    def clean(self):
        given = super().clean()
        if given.get("source") in NUMBERED and "upstream_no" in given and not given["upstream_no"]:
            self.add_error("upstream_no", f"{Source(given['source']).label}的请填上级编号。")
        if given.get("settled") and given.get("source") in NUMBERED:
            self.add_error(None, f"{SETTLED_BY_TOWN}请先登记，再去办理。")
        return given

    def chosen_category(self):
        return self.cleaned_data["category"]

    def telling(self):
        given = self.cleaned_data
        names = ("source", "upstream_no", "upstream_due_at", "caller_name", "caller_phone")
        told = {name: given[name] for name in names}
        return told | {"subject": given["subject"] or given["category"].name}


class LikelyForm(forms.Form):
    """As much of a report as says what it is and where, while it is still being written."""

    tile = forms.ModelChoiceField(queryset=ReportTile.objects.none(), required=False)
    category = forms.ModelChoiceField(queryset=CaseCategory.objects.none(), required=False)
    place = LineField(max_length=120, required=False)
    lat = ForgivingFloat(required=False, min_value=-90, max_value=90)
    lng = ForgivingFloat(required=False, min_value=-180, max_value=180)

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        tiles = in_use(ReportTile.objects.visible_to(user, P.REPORT_CASE))
        self.fields["tile"].queryset = tiles.select_related("category")
        self.fields["category"].queryset = CaseCategory.objects.visible_to(
            user, P.REPORT_CASE
        ).subcategories()

    def asked(self):
        """The arguments of `duplicates.likely`, or None where it does not say what yet."""
        given = self.cleaned_data
        category = given["tile"].category if given["tile"] else given["category"]
        if category is None:
            return None
        longitude, latitude = given["lng"], given["lat"]
        if longitude is None or latitude is None:
            longitude = latitude = None
        return {
            "category": category,
            "place": given["place"],
            "longitude": longitude,
            "latitude": latitude,
        }
