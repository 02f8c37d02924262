"""What is typed about the places to inspect and about their checklists."""

from django import forms
from django.core.validators import RegexValidator
from django.db.models import Q
from django.utils import timezone

from grids import access
from grids.forms.fields import LineField
from grids.forms.versioned import VersionedForm
from grids.models import Grid, Tier
from surveys.models import Checklist, ChecklistItem, Site

P = access.Permission


class SiteForm(VersionedForm):
    """A place to inspect. Its grid is chosen once; out of a retired grid it may be moved."""

    class Meta:
        model = Site
        fields = ["checklist", "name", "place", "longitude", "latitude"]
        field_classes = {"name": LineField, "place": LineField}
        help_texts = {
            "name": "大家的叫法，例如：戏台广场、三组后巷。庭院写门牌号，不写户主姓名。",
            "place": "怎么走到，例如：供销社往东 50 米。",
        }
        widgets = {
            "checklist": forms.RadioSelect(attrs={"class": "chips"}),
            "longitude": forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}),
            "latitude": forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}),
        }

    field_order = ["grid", "checklist", "name", "place", "longitude", "latitude"]

    grid = forms.ModelChoiceField(
        label="网格", queryset=Grid.objects.none(), to_field_name="code", empty_label="请选择"
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        site = self.instance
        if site.pk and site.grid.is_open:
            del self.fields["grid"]
        else:
            grids = Grid.objects.visible_to(user, P.EDIT_SITES).open()
            self.fields["grid"].queryset = grids.filter(tier__gte=Tier.GRID).order_by("code")
        kinds = Checklist.objects.visible_to(user, P.EDIT_SITES)
        mine = Q(pk=site.checklist_id) if site.pk else Q()
        today = timezone.localdate()
        self.fields["checklist"].queryset = kinds.filter(
            Q(retired_on=None) | Q(retired_on__gt=today) | mine
        ).order_by("position", "pk")
        self.fields["checklist"].empty_label = None

    def values(self):
        given = super().values()
        return given | ({"grid": self.cleaned_data["grid"]} if "grid" in self.fields else {})

    def clean_checklist(self):
        """What was found at a site belongs to its checklist, so a site that was inspected keeps its kind."""
        checklist, site = self.cleaned_data["checklist"], self.instance
        if site.pk and checklist.pk != self.initial["checklist"] and site.inspections.exists():
            raise forms.ValidationError("已有考察记录的地点不能换类型；请停用后另建一个。")
        return checklist


CODE = RegexValidator(r"^[0-9]{4}\Z", "小类代码是四位数字，例如 0102。")


class ChecklistForm(forms.Form):
    name = LineField(label="地点类型", max_length=20, help_text="例如：农贸市场")


class ChecklistItemForm(forms.ModelForm):
    """An item; `categories` are the (code, name) that its failure may become a case of, or none known here."""

    class Meta:
        model = ChecklistItem
        fields = ["name", "standard", "category_code"]
        field_classes = {"name": LineField, "standard": LineField}
        help_texts = {
            "name": "例如：窨井盖",
            "standard": "手机上写在检查项下面，一句话。",
            "category_code": "一键转事件时归入哪一小类；不选归入“其他诉求”。",
        }

    def __init__(self, *args, categories=(), **kwargs):
        super().__init__(*args, **kwargs)
        old = self.fields["category_code"]
        if categories:
            self.fields["category_code"] = forms.ChoiceField(
                label=old.label,
                help_text=old.help_text,
                required=False,
                choices=[("", "其他诉求"), *categories],
            )
        else:
            old.validators.append(CODE)

    def values(self):
        return {name: self.cleaned_data[name] for name in self._meta.fields}

    def _post_clean(self):
        """The action writes the row and looks for its double, on a locked list; the form only reads what was typed."""
