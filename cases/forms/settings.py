"""What the office types to configure its cases."""

from django import forms
from django.utils import timezone

from cases import holidays
from cases.models import CaseCategory, CaseRules, ReportTile
from cases.setup import TILES
from grids import access
from grids.forms.fields import LineField
from grids.forms.versioned import VersionedForm
from grids.models import Unit

P = access.Permission

# The drawings of static/img/icons.svg that a tile may have, with what they are called.
ICONS = [(icon, name) for name, icon, _ in TILES]
AMOUNT = {"min": 1, "max": 999, "inputmode": "numeric"}


class SubcategoryField(forms.ModelChoiceField):
    """A sub-category in use, shown under its class."""

    def label_from_instance(self, row):
        return f"{row.parent.name} · {row.name}"


def subcategories(user):
    rows = CaseCategory.objects.visible_to(user, P.CONFIGURE).subcategories().in_use()
    return rows.select_related("parent").order_by("parent__position", "parent_id", "position", "pk")


def classes(user):
    rows = CaseCategory.objects.visible_to(user, P.CONFIGURE).in_use().filter(parent=None)
    return rows.order_by("position", "pk")


class NewCategoryForm(forms.Form):
    """A new class, or with a class chosen a new sub-category, which needs a limit."""

    parent = forms.ModelChoiceField(
        label="放在哪个大类", queryset=CaseCategory.objects.none(), required=False, empty_label="（新的大类）"
    )
    name = LineField(label="名称", max_length=30, help_text="例如：路灯不亮")
    limit_amount = forms.IntegerField(
        label="处置时限",
        required=False,
        min_value=1,
        max_value=999,
        widget=forms.NumberInput(attrs=AMOUNT),
        help_text="小类必填，大类不填。",
    )
    limit_unit = forms.ChoiceField(
        label="时限单位",
        required=False,
        choices=[("", "请选择"), *CaseCategory.LimitUnit.choices],
        help_text="工作时、工作日只算上班时间；紧急工作时昼夜连续算。",
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["parent"].queryset = classes(user)

    def clean(self):
        given = self.cleaned_data
        if given.get("parent"):
            for name, words in (("limit_amount", "小类要有处置时限。"), ("limit_unit", "请选择时限单位。")):
                if name in given and not given[name]:
                    self.add_error(name, words)
        return given


class ClassForm(VersionedForm):
    class Meta:
        model = CaseCategory
        fields = ["name"]
        field_classes = {"name": LineField}


class SubcategoryForm(VersionedForm):
    """Everything of a sub-category but its code and place in the list."""

    class Meta:
        model = CaseCategory
        fields = [
            *("name", "parent", "limit_amount", "limit_unit", "filing_rule", "closing_rule", "unit", "theme")
        ]
        field_classes = {"name": LineField}
        labels = {"parent": "所属大类"}
        widgets = {
            "limit_amount": forms.NumberInput(attrs=AMOUNT),
            "filing_rule": forms.Textarea(attrs={"rows": 2}),
            "closing_rule": forms.Textarea(attrs={"rows": 2}),
        }
        help_texts = {
            "limit_amount": "改后受理的事件按新时限；已受理的不变。",
            "limit_unit": "工作时、工作日只算上班时间；紧急工作时昼夜连续算。",
            "unit": "交办时先列出它，可以改。",
        }

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["parent"].queryset = classes(user)
        self.fields["parent"].required = True
        self.fields["parent"].empty_label = None
        units = Unit.objects.visible_to(user, P.CONFIGURE)
        self.fields["unit"].queryset = units.exclude(retired_on__lte=timezone.localdate()).order_by("pk")
        self.fields["limit_amount"] = forms.IntegerField(
            label="处置时限",
            min_value=1,
            max_value=999,
            widget=forms.NumberInput(attrs=AMOUNT),
            help_text=self.fields["limit_amount"].help_text,
        )
        self.fields["limit_unit"].required = True
        self.fields["limit_unit"].choices = CaseCategory.LimitUnit.choices


class IconSelect(forms.RadioSelect):
    """The drawings themselves, as they will stand on the phone."""

    option_template_name = "cases/icon_option.html"


class TileForm(VersionedForm):
    """A tile of the report page."""

    icon = forms.ChoiceField(
        label="图标", choices=ICONS, widget=IconSelect(attrs={"class": "tiles icons"}), initial="more"
    )
    category = SubcategoryField(label="对应小类", queryset=CaseCategory.objects.none(), empty_label="请选择")

    class Meta:
        model = ReportTile
        fields = ["name", "category", "icon"]
        field_classes = {"name": LineField}
        help_texts = {"name": "村里人怎么说，例如：停水。最多 12 个字。"}

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["category"].queryset = subcategories(user)


class DayForm(forms.Form):
    """One day of the calendar."""

    day = forms.DateField(label="日期")
    is_workday = forms.TypedChoiceField(
        label="这一天",
        choices=[("1", "上班"), ("0", "休息")],
        coerce=lambda text: text == "1",
        widget=forms.RadioSelect(attrs={"class": "chips"}),
    )
    note = LineField(label="说明", max_length=30, required=False, help_text="例如：调休上班、停电放假")

    def clean_day(self):
        day = self.cleaned_data["day"]
        if abs(day.year - timezone.localdate().year) > YEARS_AROUND:
            raise forms.ValidationError("日期太远，请核对年份。")
        return day


YEARS_AROUND = 5


class YearForm(forms.Form):
    """A year's holidays and make-up days."""

    year = forms.IntegerField(label="年份", widget=forms.NumberInput(attrs={"inputmode": "numeric"}))
    lines = forms.CharField(
        label="放假和调休",
        max_length=5000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 8, "class": "code"}),
        help_text="一行一天或一段，例如：2027-01-01 休 元旦；2月5日至2月11日 休 春节；2月7日 上班 调休。",
    )
    rest = forms.BooleanField(
        label="这一年其余没登记的日子：周一至周五上班，周末休息", required=False, initial=True
    )

    def clean_year(self):
        year = self.cleaned_data["year"]
        this = timezone.localdate().year
        if not this - 1 <= year <= this + YEARS_AROUND:
            raise forms.ValidationError(f"请填 {this - 1} 至 {this + YEARS_AROUND} 之间的年份。")
        return year

    def clean(self):
        given = self.cleaned_data
        if "year" in given and "lines" in given:
            try:
                given["days"] = holidays.read(given["lines"], given["year"])
            except holidays.Unreadable as error:
                self.add_error("lines", str(error))
            else:
                if not given["days"] and not given.get("rest"):
                    self.add_error("lines", "请写上至少一天，或勾选下面一项。")
        return given


class RulesForm(VersionedForm):
    """The town's own numbers for cases."""

    class Meta:
        model = CaseRules
        fields = [
            *("morning_from", "morning_until", "afternoon_from", "afternoon_until", "accept_hours"),
            *("unchecked_days", "spot_check_percent", "reopen_days", "rating_days"),
        ]
        help_texts = {
            "accept_hours": "上报后过了这么久还没受理，进“受理超时”。",
            "unchecked_days": "过了这么久没人确认就自动结案，标“未抽查”。",
            "spot_check_percent": "镇里从当场办结的事件中抽多少来查。",
            "reopen_days": "结案后多少天内，网格长可以重办网格里办结的事。",
            "rating_days": "居民不满意的，镇里要在几个工作日内办。",
        }
