"""Choices that forms about a case share: whom it may go to, which class it is, which units help."""

from django import forms
from django.db.models import Q

from grids import access
from grids.forms.field import many_chips
from grids.models import Unit, User

P = access.Permission

TOO_OLD = "页面太旧，请刷新后再按一次。"
MOST_VERSIONS = 2_000_000_000
MOST_HOUSEHOLDS = 5000


class VersionField(forms.IntegerField):
    """Which version of the case the page showed; without it nobody can tell whether the page is stale."""

    def __init__(self):
        super().__init__(
            widget=forms.HiddenInput,
            min_value=0,
            max_value=MOST_VERSIONS,
            error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), TOO_OLD),
        )


class CaseForm(forms.Form):
    """A form about one case that knows which version of it was on the page."""

    version = VersionField()

    def __init__(self, *args, case, user, **kwargs):
        self.case, self.user = case, user
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = case.version

    @property
    def seen_version(self):
        return self.cleaned_data["version"]


def words_field(label, *, required=True, help_text="", rows=3, most=1000):
    return forms.CharField(
        label=label,
        required=required,
        max_length=most,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": rows}),
    )


def affected_field():
    return forms.IntegerField(label="影响多少户", required=False, min_value=1, max_value=MOST_HOUSEHOLDS)


def units_of(user, case):
    """The units of the case's town that may be given something: none that is retired, or soon will be; by name."""
    units = Unit.objects.visible_to(user, P.SEE_NET).filter(retired_on=None, town=case.town_id)
    return units.order_by("name")


class SupportField(forms.ModelMultipleChoiceField):
    """协办单位, any number of them."""

    def __init__(self, user, case, **kwargs):
        # One that helps already may go on helping until its last day.
        helping = Q(pk__in=[support.unit_id for support in case.supports.all()])
        units = Unit.objects.visible_to(user, P.SEE_NET).filter(town=case.town_id).order_by("name")
        units = units.filter(Q(retired_on=None) | helping).exclude(pk=case.unit_id)
        super().__init__(
            units, label="协办单位", required=False, to_field_name="uuid", widget=many_chips(), **kwargs
        )


class CategoryField(forms.ChoiceField):
    """A sub-category of the case's town, under its class; `clean` gives the row."""

    def __init__(self, case, **kwargs):
        rows = case.town.case_categories.subcategories()
        rows = rows.filter(Q(retired_on=None) | Q(pk=case.category_id))
        self.rows = {str(row.pk): row for row in rows.select_related("parent").order_by("code")}
        groups = {}
        for key, row in self.rows.items():
            groups.setdefault(row.parent.name, []).append((key, f"{row.name}（{row.limit_words}）"))
        super().__init__(label="类别", choices=list(groups.items()), initial=str(case.category_id), **kwargs)

    def clean(self, value):
        return self.rows[super().clean(value)]


class HolderField(forms.ChoiceField):
    """交给谁: the people of the grid's line by their role, and the units. `clean` gives {"holder"} or {"unit"}."""

    def __init__(self, user, case, *, units=True, **kwargs):
        self.found = {}
        groups = [*self._people(user, case)]
        if units:
            groups.append(("承办单位", [*self._units(user, case)]))
        choices = [("", "请选择"), *[group for group in groups if group[1]]]
        super().__init__(label="交给谁", choices=choices, **kwargs)

    def _people(self, user, case):
        serving = access.holders_by_role(P.SETTLE_CASE, case.responsible_grid)
        people = User.objects.visible_to(user, P.SEE_CASES).filter(pk__in=[pk for pk, _ in serving])
        by_pk = {person.pk: person for person in people.order_by("name", "pk")}
        for role in access.ROLE_LEVELS:
            mine = {pk for pk, held in serving if held == role}
            yield role.label, [self._kept("holder", person) for pk, person in by_pk.items() if pk in mine]

    def _units(self, user, case):
        for unit in units_of(user, case):
            if unit.pk != case.unit_id:
                yield self._kept("unit", unit)

    def _kept(self, kind, row):
        key = f"{kind}-{row.uuid}"
        self.found[key] = {kind: row}
        return key, row.name

    def clean(self, value):
        return self.found[super().clean(value)]
