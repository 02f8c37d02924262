"""Forms of a visit: the whole one, the one tap on 今日, the evening's batch, and the ledger's filter."""

from datetime import timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from grids import access
from grids.actions.visits import visit_content
from grids.forms.concerns import ConcernRows
from grids.forms.field import DatedFieldForm, FieldForm, chips, many_chips
from grids.forms.ledger import LedgerFilterForm
from grids.models import HouseholdVisit, Resident

P = access.Permission
Mode, Outcome, Purpose = HouseholdVisit.Mode, HouseholdVisit.Outcome, HouseholdVisit.Purpose


class MetField(forms.MultipleChoiceField):
    """People of one household who can be met, by their uuid; `clean` gives the residents."""

    people = ()
    need = "见到了就要选"

    def __init__(self, **kwargs):
        super().__init__(label="见到了谁", required=False, widget=many_chips(), **kwargs)

    def offer(self, people):
        """Let these residents be chosen, and no others."""
        self.people = people
        self.choices = [(str(person.uuid), person.name) for person in people]

    def clean(self, value):
        chosen = set(super().clean(value))
        return [person for person in self.people if str(person.uuid) in chosen]


def people_at_home(user, household, day):
    """The residents of a household who are not away or dead on the day."""
    if household.door and household.door.day == day:
        return household.door.people
    residents = Resident.objects.visible_to(user, P.LOG_FIELDWORK).filter(household=household)
    return list(residents.at_home(day).order_by("-is_head", "pk"))


class VisitForm(DatedFieldForm):
    """A visit told in full. The household comes from the view; 诉求 rows are a formset of their own inside."""

    mode = forms.ChoiceField(label="方式", choices=Mode.choices, initial=Mode.HOME, widget=chips())
    outcome = forms.ChoiceField(label="结果", choices=Outcome.choices, initial=Outcome.MET, widget=chips())
    met = MetField(help_text="电话、微信联系上的也在这里选，会单独统计。")
    purposes = forms.MultipleChoiceField(
        label="走访内容", choices=Purpose.choices, required=False, widget=many_chips()
    )
    note = forms.CharField(
        label="情况记录", max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    field_order = ["outcome", "met", "mode", "purposes", "note", "happened_on", "actor", "photos"]

    def __init__(self, *args, user, household, with_concerns=True, **kwargs):
        super().__init__(*args, user=user, **kwargs)
        self.household = household
        people = people_at_home(user, household, self._day())
        self.fields["met"].offer(people)
        if len(people) == 1:
            self.fields["met"].initial = [str(people[0].uuid)]
        rows = self.data if self.is_bound and "concerns-TOTAL_FORMS" in self.data else None
        self.concerns = ConcernRows(rows, prefix="concerns") if with_concerns else None

    def _day(self):
        """The day whose absences count: the typed one where it can be read."""
        if self.is_bound:
            try:
                return self.fields["happened_on"].clean(self.data.get("happened_on"))
            except ValidationError:
                pass
        return timezone.localdate()

    def clean(self):
        given = super().clean()
        met_nobody = given.get("outcome") == Outcome.MET and "met" in given and not given["met"]
        if met_nobody and self.fields["met"].people:
            self.add_error("met", "请选见到了谁；没见到人的，结果选别的。")
        if self.concerns is not None and self.concerns.is_bound and not self.concerns.is_valid():
            raise ValidationError("下面的诉求没有填完整，请补上主题和内容，或清空那一行。")
        return given

    def told(self):
        given = self.cleaned_data
        told = {name: given[name] for name in ("mode", "outcome", "met", "purposes", "note")}
        heard = self.concerns.told() if self.concerns is not None and self.concerns.is_bound else []
        return told | {"household": self.household, "concerns": heard}

    def content(self):
        return visit_content(**self.told())

    @staticmethod
    def typed_from(content):
        """The fields as they would be typed, from a conflict's content."""
        typed = {name: content[name] for name in ("mode", "outcome", "met", "purposes", "note")}
        heard = content["concerns"]
        typed |= {"concerns-TOTAL_FORMS": str(len(heard)), "concerns-INITIAL_FORMS": "0"}
        for position, concern in enumerate(heard):
            typed |= {f"concerns-{position}-{name}": value for name, value in concern.items()}
        return typed


class QuickVisitForm(FieldForm):
    """One tap on a row of 今日: an outcome, and the people of the row who were seen."""

    outcome = forms.ChoiceField(choices=Outcome.choices)
    met = MetField()

    def __init__(self, *args, user, household, **kwargs):
        super().__init__(*args, user=user, **kwargs)
        self.household = household
        self.fields["met"].offer(people_at_home(user, household, timezone.localdate()))

    def clean(self):
        given = super().clean()
        if given.get("outcome") == Outcome.MET and not given.get("met"):
            self.add_error("met", "请至少选一个见到的人。")
        return given

    def told(self):
        given = self.cleaned_data
        return {
            "household": self.household,
            "mode": Mode.HOME,
            "outcome": given["outcome"],
            "met": given["met"],
            "purposes": [Purpose.CARE],
        }

    def content(self):
        return visit_content(**self.told())


class EveningForm(forms.Form):
    """晚上补记: which day, and what the visits were about, once for all."""

    happened_on = forms.DateField(label="哪天走访的")
    purposes = forms.MultipleChoiceField(
        label="走访内容", choices=Purpose.choices, required=False, initial=[Purpose.CARE], widget=many_chips()
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        today = timezone.localdate()
        self.fields["happened_on"].initial = today
        self.fields["happened_on"].widget.attrs.update(max=today, min=today - timedelta(days=7))

    def clean_happened_on(self):
        day, today = self.cleaned_data["happened_on"], timezone.localdate()
        if not today - timedelta(days=7) <= day <= today:
            raise ValidationError("这里补记最近七天的；更早的请用完整的走访表。")
        return day


class VisitFilterForm(LedgerFilterForm):
    """The filter of the 走访台账."""

    day_field, person_field = "visited_on", "visitor"

    outcome = forms.ChoiceField(label="结果", choices=[("", "全部"), *Outcome.choices], required=False)
    mode = forms.ChoiceField(label="方式", choices=[("", "全部"), *Mode.choices], required=False)

    exact = ("outcome", "mode")
