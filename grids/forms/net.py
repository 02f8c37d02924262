"""What the office types about places of the net."""

import json

from django import forms
from django.core.validators import RegexValidator
from django.utils import timezone

from grids import due
from grids.access import Permission as P
from grids.actions import net
from grids.forms.fields import PUBLIC_PHONE
from grids.models import Grid, Tier
from grids.tree import STATE_LABELS

CODE_DIGITS = RegexValidator(r"^[0-9]+\Z", "编码只能是数字。")
# A village's outline in a text file is a few kilobytes.
MAX_BOUNDARY_BYTES = 500 * 1024


class NetFilterForm(forms.Form):
    """What of the tree is shown; anything unknown in the address counts as nothing chosen."""

    state = forms.ChoiceField(
        label="状态", required=False, choices=[("", "在用"), *STATE_LABELS.items(), ("all", "全部")]
    )
    gap = forms.ChoiceField(
        label="空缺",
        required=False,
        choices=[("", "不限"), ("any", "有空缺"), ("boundary", "没有边界")],
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # 在用 is what is shown without a choice; offering it twice would only confuse.
        self.fields["state"].choices = [c for c in self.fields["state"].choices if c[0] != "open"]

    def chosen(self, name, default=""):
        self.is_valid()
        return self.cleaned_data.get(name) or default


class PlaceForm(forms.ModelForm):
    """How a place is called and what the public board says of it."""

    class Meta:
        model = Grid
        fields = ["name", "area_words", "services", "duty_phone"]
        widgets = {
            "services": forms.Textarea(attrs={"rows": 3}),
            "duty_phone": forms.TextInput(attrs={"type": "tel"}),
        }
        help_texts = {
            "area_words": "哪些小组、楼栋、路段，用村里人的说法。",
            "services": "印在网格公示牌上。",
        }
        error_messages = {"name": {"required": "请填写名称。"}}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["duty_phone"].validators.append(PUBLIC_PHONE)

    def clean_name(self):
        return " ".join(self.cleaned_data["name"].split())


class OpenPlaceForm(PlaceForm):
    """A new grid in an area, or a new micro-grid in a grid; the code is proposed and may be changed."""

    class Meta(PlaceForm.Meta):
        fields = ["code", "name", "kind", "opened_on", "area_words", "services", "duty_phone"]
        help_texts = PlaceForm.Meta.help_texts | {
            "code": "已填好下一个没用过的编码；编码一旦启用就不再改，也不重复使用。",
            "opened_on": "从这一天起算；可以是过去，也可以是将来。",
        }
        error_messages = PlaceForm.Meta.error_messages | {
            "code": {"required": "请填写编码。", "unique": "这个编码用过了；编码不重复使用，停用的也不行。"},
            "opened_on": {"required": "请填写启用日。", "invalid": "请填写正确的日期。"},
        }

    def __init__(self, *args, parent, **kwargs):
        super().__init__(*args, **kwargs)
        self.parent = parent
        tier = net.CHILD_TIER[Tier(parent.tier)]
        kinds = net.KINDS[tier]
        # The check constraints compare tier, kind and code; the form knows the tier, nobody types it.
        self.instance.tier = tier
        self.fields["code"].validators.append(CODE_DIGITS)
        self.fields["code"].widget.attrs.update(inputmode="numeric", maxlength=tier)
        self.fields["kind"].choices = [(kind.value, kind.label) for kind in kinds]
        if len(kinds) == 1:
            del self.fields["kind"]
            self.instance.kind = kinds[0]
        if not self.is_bound:
            self.initial.setdefault("code", net.free_codes(parent.code)[0])
            self.initial.setdefault("opened_on", timezone.localdate())

    def clean_code(self):
        code = self.cleaned_data["code"]
        if not code.startswith(self.parent.code) or len(code) != self.instance.tier:
            raise forms.ValidationError(f"编码应是 {self.instance.tier} 位，以 {self.parent.code} 开头。")
        return code

    def values(self):
        return {"kind": self.instance.kind, **self.cleaned_data}


class RetireForm(forms.Form):
    """From when a grid ends, and which grid takes its households."""

    on = forms.DateField(
        label="停用日",
        help_text="从这一天起不再使用；前一天是最后一天。",
        error_messages={"required": "请填写停用日。", "invalid": "请填写正确的日期。"},
    )
    successor = forms.ModelChoiceField(
        label="并入",
        queryset=Grid.objects.none(),
        required=False,
        empty_label="不并入（里面没有住户时）",
        help_text="住户、没办完的事和历史记录从那一天起归它管。",
        error_messages={"invalid_choice": "请从列表里选择一个网格。"},
    )

    def __init__(self, *args, grid, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial.setdefault("on", first_of_next_month())
        self.fields["successor"].queryset = (
            Grid.objects.visible_to(user, P.EDIT_NET)
            .under(grid.area_code)
            .filter(tier__in=[Tier.GRID, grid.tier], retired_on=None)
            .exclude(code__startswith=grid.code)
            .order_by("code")
        )
        self.fields["successor"].label_from_instance = lambda place: f"{place.name}（{place.code}）"

    def clean_on(self):
        return future_day(self.cleaned_data["on"])


class BoundaryForm(forms.Form):
    """A polygon pasted as GeoJSON or uploaded as a file; cleans to what `read_boundary` kept of it."""

    text = forms.CharField(
        label="GeoJSON",
        required=False,
        strip=True,
        max_length=MAX_BOUNDARY_BYTES,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "class": "code"}),
        help_text="一个面（Polygon），坐标用 WGS-84 或 CGCS2000，先经度后纬度。",
        error_messages={"max_length": "内容太长，请简化边界。"},
    )
    file = forms.FileField(
        label="或选择文件",
        required=False,
        help_text=".geojson 或 .json，500 kB 以内；选了文件就以文件为准。",
        widget=forms.FileInput(attrs={"accept": ".geojson,.json,application/geo+json,application/json"}),
        error_messages={"empty": "文件是空的。"},
    )

    def clean(self):
        cleaned = super().clean()
        name, text = self._source(cleaned)
        if text is None:
            return cleaned
        from grids.geometry import BoundaryError, read_boundary

        try:
            # RecursionError: brackets nested a thousand deep are no boundary either.
            cleaned["boundary"] = read_boundary(json.loads(text))
        except BoundaryError as refused:
            self.add_error(name, str(refused))
        except (ValueError, RecursionError):
            self.add_error(name, "读不懂这段内容：它不是 GeoJSON。")
        return cleaned

    def _source(self, cleaned):
        """The field that speaks and its text; None if it was refused already."""
        file = cleaned.get("file")
        if self.errors:
            return "file", None
        if not file and not cleaned.get("text"):
            self.add_error("text", "请粘贴边界，或选择文件。")
            return "text", None
        if not file:
            return "text", cleaned["text"]
        if file.size > MAX_BOUNDARY_BYTES:
            self.add_error("file", f"{file.name} 太大，请简化到 500 kB 以内。")
            return "file", None
        try:
            return "file", file.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            self.add_error("file", f"{file.name} 不是文本文件。")
            return "file", None


class LocateForm(forms.Form):
    """A position in the address: which grid is it in."""

    lat = forms.FloatField(
        label="纬度",
        min_value=-90,
        max_value=90,
        error_messages={"required": "请填写纬度。", "invalid": "纬度应是数字。"},
    )
    lng = forms.FloatField(
        label="经度",
        min_value=-180,
        max_value=180,
        error_messages={"required": "请填写经度。", "invalid": "经度应是数字。"},
    )


def first_of_next_month():
    """When a change of the net usually begins."""
    return due.period_of(timezone.localdate(), due.MONTHLY)[1]


def future_day(day):
    """A day on which rights are to change: not in the past."""
    if day < timezone.localdate():
        raise forms.ValidationError("日期不能早于今天。")
    return day
