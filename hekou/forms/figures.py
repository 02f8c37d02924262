"""What to reckon: which days, divided how, narrowed to what. A plain GET form, its state the page's address."""

from datetime import timedelta

from django import forms
from django.utils import timezone

from cases.models import CaseCategory
from grids import access
from grids.figures import WITHOUT_UNIT, By, Period, next_month
from grids.models import Grid, Tier, Unit

P = access.Permission


class FiguresForm(forms.Form):
    """Without days it is this month."""

    since = forms.DateField(label="从", required=False)
    until = forms.DateField(label="到", required=False)
    by = forms.ChoiceField(label="按", choices=By, required=False)
    grid = forms.ModelChoiceField(
        label="范围", queryset=Grid.objects.none(), to_field_name="code", required=False, empty_label="全部"
    )
    category = forms.ChoiceField(label="类别", required=False)
    unit = forms.ChoiceField(label="承办单位", required=False)

    def __init__(self, *args, user, with_cases, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user
        places = Grid.objects.visible_to(user, P.SEE_NET).defer("boundary")
        self.fields["grid"].queryset = places.filter(tier__lte=Tier.GRID).order_by("code")
        for name in () if with_cases else ("category", "unit"):
            del self.fields[name]
        if with_cases:
            classes = CaseCategory.objects.visible_to(user, P.SEE_CASES).filter(parent=None)
            named = dict(classes.order_by("code").values_list("code", "name"))
            self.fields["category"].choices = [("", "全部"), *named.items()]
            units = Unit.objects.visible_to(user, P.SEE_NET).order_by("name", "pk")
            self.fields["unit"].choices = [
                ("", "全部"),
                (WITHOUT_UNIT, "没有承办单位"),
                *((str(unit.uuid), unit.name) for unit in units),
            ]

    def clean(self):
        given = super().clean()
        since, until = given.get("since"), given.get("until")
        if since and until and until < since:
            self.add_error("until", "止日不能早于起日。")
        for name in ("since", "until"):
            if given.get(name) and not 2000 <= given[name].year <= 2100:
                self.add_error(name, "请填 2000 年到 2100 年之间的日期。")
        return given

    @property
    def period(self):
        """The days asked for; only one of the two given means its month's other end."""
        today = timezone.localdate()
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        start = since or (until or today).replace(day=1)
        end = until or max(next_month(since or today), next_month(today)) - timedelta(days=1)
        return Period(start, max(end, start) + timedelta(days=1))

    @property
    def narrowed(self):
        """The rest, as `tabulate` takes it."""
        given = self.cleaned_data
        return {
            "place": given["grid"].code if given.get("grid") else "",
            "category": given.get("category") or "",
            "unit": given.get("unit") or "",
        }

    @property
    def divided(self):
        return By(self.cleaned_data.get("by") or By.PLACE)
