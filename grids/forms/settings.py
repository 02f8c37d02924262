"""What the office types to configure its town."""

from django import forms
from django.utils import timezone

from grids.forms.fields import PUBLIC_PHONE, DayField, LineField
from grids.models import Frequency, TownProfile


class NameForm(forms.Form):
    """The name of a category or patrol point."""

    name = LineField(label="名称", max_length=20)


class PointForm(forms.Form):
    name = LineField(label="检查点", max_length=40)


class FrequencyForm(forms.Form):
    """How often, and from which day on."""

    frequency = forms.ChoiceField(
        label="走访频次", choices=Frequency.choices, widget=forms.RadioSelect(attrs={"class": "chips"})
    )
    starts_on = DayField(label="从哪天起", ahead=366, help_text="最早今天。以前的月份仍按当时的频次统计。")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial.setdefault("starts_on", timezone.localdate())
        self.fields["starts_on"].widget.attrs["min"] = timezone.localdate()

    def clean_starts_on(self):
        day = self.cleaned_data["starts_on"]
        if day < timezone.localdate():
            raise forms.ValidationError("最早从今天起；以前的走访率按当时的规定算。")
        return day


class NewCategoryForm(FrequencyForm):
    """A new category with its frequency."""

    name = LineField(label="名称", max_length=20, help_text="例如：孕产妇")
    field_order = ["name", "frequency", "starts_on"]


class MoveForm(forms.Form):
    """One step up or down the list."""

    up = forms.TypedChoiceField(choices=[("1", "上移"), ("0", "下移")], coerce=lambda text: text == "1")


class TownProfileForm(forms.ModelForm):
    """How the office is called on pages and prints."""

    class Meta:
        model = TownProfile
        fields = ["office_name", "formal_office_name", "upstream_name", "duty_phone"]
        field_classes = {
            "office_name": LineField,
            "formal_office_name": LineField,
            "upstream_name": LineField,
        }
        help_texts = {
            "office_name": "日常的叫法，例如：镇网格办。",
            "formal_office_name": "用在打印件上，例如：河口镇综治中心。",
            "upstream_name": "事情往上转交给谁，例如：古交市直部门。",
            "duty_phone": "印在网格公示牌上，居民打得通的电话。",
        }
        widgets = {"duty_phone": forms.TextInput(attrs={"type": "tel"})}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["duty_phone"].validators.append(PUBLIC_PHONE)
