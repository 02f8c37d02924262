"""The filter of a ledger: a plain GET form whose state is the page's address."""

from django import forms
from django.db.models import F, Q

from grids import access
from grids.models import Grid, Tier, User

P = access.Permission


class LedgerFilterForm(forms.Form):
    """Place, person and dates, which every ledger has. What cannot be read filters nothing.

    `day_field` and `person_field` name the columns of the ledger's rows; `exact` names fields of the form that
    are columns themselves; `record` leads to the field record.
    """

    day_field = person_field = ""
    exact = ()
    record = "record"

    grid = forms.ModelChoiceField(
        label="范围", queryset=Grid.objects.none(), to_field_name="code", required=False, empty_label="全部"
    )
    person = forms.ModelChoiceField(
        label="人员", queryset=User.objects.none(), to_field_name="uuid", required=False, empty_label="全部"
    )
    since = forms.DateField(label="从", required=False)
    until = forms.DateField(label="到", required=False)
    entry = forms.ChoiceField(
        label="录入",
        required=False,
        choices=[("", "全部"), ("late", "补录"), ("proxy", "代录")],
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        places = Grid.objects.visible_to(user, P.SEE_FIELDWORK)
        self.fields["grid"].queryset = (
            places.filter(tier__lte=Tier.GRID).only("code", "name").order_by("code")
        )
        people = User.objects.visible_to(user, P.SEE_FIELDWORK)
        self.fields["person"].queryset = people.only("uuid", "name").order_by("name", "pk")

    def apply(self, rows):
        """The rows that the filter lets through."""
        self.is_valid()
        given = {name: value for name, value in self.cleaned_data.items() if value}
        if "grid" in given:
            rows = rows.filter(grid__code__startswith=given["grid"].code)
        if "person" in given:
            rows = rows.filter(**{self.person_field: given["person"]})
        if "since" in given:
            rows = rows.filter(**{f"{self.day_field}__gte": given["since"]})
        if "until" in given:
            rows = rows.filter(**{f"{self.day_field}__lte": given["until"]})
        if "entry" in given:
            rows = rows.filter(self._entry(given["entry"]))
        return rows.filter(**{name: given[name] for name in self.exact if name in given})

    def _entry(self, entry):
        """补录 was typed after the day after it happened; 代录 was typed by somebody else (FieldRecord)."""
        record = self.record
        if entry == "proxy":
            return ~Q(**{f"{record}__actor": F(f"{record}__typed_by")})
        return Q(**{f"{record}__captured_at__date__gt": F(f"{record}__happened_on") + 1})
