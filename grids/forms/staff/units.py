"""Units and their members."""

from django import forms
from django.utils import timezone

from grids.forms.fields import LineField, PhoneField
from grids.forms.staff.fields import PersonField, day_field
from grids.models import Grid, Tier, Unit


class UnitForm(forms.Form):
    """What a unit is called, and where it is reached."""

    name = LineField(
        label="单位名称",
        max_length=Unit._meta.get_field("name").max_length,
        error_messages={"required": "请填写单位名称。"},
        help_text="例如：供水站、卫生院。",
    )
    phone = PhoneField(label="联系电话", required=False)


class NewUnitForm(UnitForm):
    """The same with the town, which is asked for only where there are several."""

    town = forms.ModelChoiceField(queryset=Grid.objects.none(), label="所属镇", empty_label=None)

    def __init__(self, *args, places, **kwargs):
        super().__init__(*args, **kwargs)
        towns = [place for place in places if place.tier == Tier.TOWN]
        self.fields["town"].queryset = places.tier(Tier.TOWN)
        if len(towns) == 1:
            self.fields["town"].widget = forms.HiddenInput()
            self.fields["town"].initial = towns[0].pk


class RetireUnitForm(forms.Form):
    last_day = day_field("用到哪天为止", help_text="第二天起停用。成员到这一天为止。")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["last_day"].initial = timezone.localdate


class MemberForm(forms.Form):
    """Who acts for the unit, both days inclusive; the last one may stay open."""

    person = PersonField(label="谁")
    starts_on = day_field("起始日期")
    last_day = day_field("最后一天", required=False, help_text="长期的就空着。")

    def __init__(self, *args, people, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["person"].people = people
        self.fields["starts_on"].initial = timezone.localdate
