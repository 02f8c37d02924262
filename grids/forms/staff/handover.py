"""办理交接: for each term, who takes over; one day for all."""

from typing import NamedTuple

from django import forms
from django.utils import timezone

from grids.actions.staff.handover import Move
from grids.forms.staff.fields import PersonField, day_field
from grids.models import GridAssignment


class WhomForm(forms.Form):
    """Whose work is to be handed over."""

    who = PersonField(label="谁的工作要交接")

    def __init__(self, *args, people, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["who"].people = people


class Row(NamedTuple):
    """A term with its two bound fields, for the page."""

    term: GridAssignment
    act: forms.BoundField
    taker: forms.BoundField


class HandoverForm(forms.Form):
    HAND, END, KEEP = "hand", "end", "keep"
    ACTS = ((HAND, "交给别人"), (END, "只结束，留空缺"), (KEEP, "不变"))

    on = day_field("从哪天起由接手的人负责")

    def __init__(self, *args, terms, people, **kwargs):
        super().__init__(*args, **kwargs)
        self.terms = terms
        self.fields["on"].initial = timezone.localdate
        for term in terms:
            self.fields[f"act_{term.pk}"] = forms.ChoiceField(
                label="怎么办",
                choices=self.ACTS,
                initial=self.HAND,
                widget=forms.RadioSelect(attrs={"class": "chips"}),
            )
            taker = PersonField(label="谁接手（交给别人时）", required=False)
            taker.people = people
            self.fields[f"taker_{term.pk}"] = taker

    def rows(self):
        return [Row(term, self[f"act_{term.pk}"], self[f"taker_{term.pk}"]) for term in self.terms]

    def clean(self):
        given = super().clean()
        for term in self.terms:
            taker = f"taker_{term.pk}"
            if given.get(f"act_{term.pk}") == self.HAND and taker not in self.errors and not given.get(taker):
                self.add_error(taker, "请写上谁接手；没有人选就选“只结束，留空缺”。")
        if not self.errors and not self.moves():
            self.add_error(None, "所有任职都选了“不变”，没有要交接的。")
        return given

    def moves(self):
        """The moves that a valid form asks for."""
        chosen = ((term, self.cleaned_data[f"act_{term.pk}"]) for term in self.terms)
        return [
            Move(term, self.cleaned_data[f"taker_{term.pk}"] if act == self.HAND else None)
            for term, act in chosen
            if act != self.KEEP
        ]
