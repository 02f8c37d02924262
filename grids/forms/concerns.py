"""Forms of what was heard (诉求): rows in a visit, a report of its own, the answer, and the ledger's filter."""

from django import forms

from grids.actions.concerns import HEARD_STATES, report_content
from grids.forms.field import DatedFieldForm, RowForm, RowsFormSet, chips, choose_grid
from grids.forms.ledger import LedgerFilterForm
from grids.models import Concern, Grid

HEARD_CHOICES = [(state.value, state.label) for state in HEARD_STATES]


class ConcernRowForm(RowForm):
    """One thing heard during a visit; an untouched row does not count."""

    theme = forms.ChoiceField(label="主题", choices=[("", "请选择"), *Concern.Theme.choices])
    words = forms.CharField(label="说了什么", max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))
    state = forms.ChoiceField(label="怎么样了", choices=HEARD_CHOICES, initial=Concern.State.WATCHING)


ConcernRows = forms.formset_factory(
    ConcernRowForm, formset=RowsFormSet, extra=3, max_num=10, validate_max=True, absolute_max=20
)


class ConcernForm(DatedFieldForm):
    """Something heard on the road or by telephone, in the words of who said it."""

    grid = forms.ModelChoiceField(
        label="网格", queryset=Grid.objects.none(), to_field_name="code", empty_label=None
    )
    theme = forms.ChoiceField(label="什么事", choices=Concern.Theme.choices, widget=chips())
    words = forms.CharField(
        label="说了什么",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="照原话写几个字就行，写清在哪里。",
    )
    state = forms.ChoiceField(
        label="怎么样了", choices=HEARD_CHOICES, initial=Concern.State.WATCHING, widget=chips()
    )

    field_order = ["theme", "words", "state", "grid", "happened_on", "actor", "photos"]

    def __init__(self, *args, user, household=None, **kwargs):
        super().__init__(*args, user=user, **kwargs)
        self.household = household
        if household:
            del self.fields["grid"]
        else:
            choose_grid(self.fields["grid"], user)

    def told(self):
        given = self.cleaned_data
        told = {name: given[name] for name in ("theme", "words", "state")}
        return told | {"grid": given.get("grid"), "household": self.household}

    def content(self):
        return report_content(**self.told())

    @staticmethod
    def typed_from(content):
        """The fields as they would be typed, from a conflict's content."""
        return {name: content[name] for name in ("theme", "words", "state", "grid")}


class AnswerForm(forms.Form):
    """What became of a concern, in words for the person who told it."""

    answer = forms.CharField(
        label="答复",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="怎么办的、告诉了谁。",
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2_000_000_000)


class ConcernFilterForm(LedgerFilterForm):
    """The filter of the 民情台账."""

    day_field, person_field = "heard_on", "heard_by"

    theme = forms.ChoiceField(label="主题", choices=[("", "全部"), *Concern.Theme.choices], required=False)
    state = forms.ChoiceField(
        label="状态",
        choices=[("", "全部"), *Concern.State.choices],
        required=False,
    )

    exact = ("theme", "state")
