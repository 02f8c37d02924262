"""Terms of office: begin, end, stand in."""

from django import forms
from django.utils import timezone

from grids.forms.staff.fields import PersonField, PlaceField, day_field, role_field


class AssignForm(forms.Form):
    """Who does what where from when; the last day is inclusive and may stay open."""

    person = PersonField()
    role = role_field()
    grid = PlaceField()
    starts_on = day_field("起始日期")
    last_day = day_field("最后一天", required=False, help_text="长期任职就空着。")

    def __init__(self, *args, places, people, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["grid"].offer(places)
        self.fields["person"].people = people
        self.fields["starts_on"].initial = timezone.localdate


class LastDayForm(forms.Form):
    last_day = day_field(
        "最后一天", required=False, help_text="这一天还在任，第二天起不再有权限。空着就是长期。"
    )


class StandInForm(forms.Form):
    """Who covers a leave, both days inclusive."""

    person = PersonField(label="由谁代管")
    starts_on = day_field("从哪天起")
    last_day = day_field("到哪天为止")

    def __init__(self, *args, people, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["person"].people = people
        self.fields["starts_on"].initial = timezone.localdate

    def clean(self):
        given = super().clean()
        if given.get("starts_on") and given.get("last_day") and given["last_day"] < given["starts_on"]:
            self.add_error("last_day", "不能早于起始日期。")
        return given
