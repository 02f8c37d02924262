"""What the office types about a round: whom, when, how many; the draw; the printing of slips."""

from datetime import timedelta
from decimal import Decimal
from functools import partial
from uuid import uuid4

from django import forms
from django.utils import timezone

from grids import access
from grids.forms.fields import DayField
from grids.models import Grid, Tier
from surveys.actions.rounds import cells, needed
from surveys.forms.questionnaires import PlainLineField, WordsField
from surveys.models import AgeBand, Mode, Sex, Version

P = access.Permission
CHIPS = {"class": "chips"}
NUMERIC = {"inputmode": "numeric", "autocomplete": "off"}
MOST_PEOPLE = 10_000_000
MOST_SEED = 2**53
# One press makes so many pictures; more takes longer than anybody waits for a page.
MOST_SLIPS = 1000
LARGE, SMALL = "large", "small"
LAYOUTS = ((LARGE, "大张：一页 10 张，字大"), (SMALL, "小张：一页 21 张，省纸"))
PeopleField = partial(
    forms.IntegerField,
    required=False,
    min_value=0,
    max_value=MOST_PEOPLE,
    widget=forms.TextInput(attrs=NUMERIC),
)


class RoundForm(forms.Form):
    """A round's questions, days and modes. Days are typed inclusive; `values` are what the action takes."""

    ADVANCED = ("error", "effect")

    seen_edits = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    title = PlainLineField(label="名称", max_length=60, help_text="居民也会看到。例如：2026 年下半年创城调查")
    version = forms.ModelChoiceField(
        label="问卷",
        queryset=Version.objects.none(),
        to_field_name="uuid",
        empty_label="请选择",
        help_text="只列已发布的最新版。",
    )
    starts_on = DayField(label="第一天", ahead=730)
    last_day = DayField(label="最后一天（含）", ahead=1460)
    modes = forms.MultipleChoiceField(
        label="怎么收",
        choices=Mode.choices,
        widget=forms.CheckboxSelectMultiple(attrs=CHIPS),
        help_text="海报扫码的人是自己选择来答的，单独统计，不和别的合在一起。",
    )
    notice = WordsField(
        label="答完后显示的宣传语",
        max_length=500,
        required=False,
        help_text="例如：创建文明城市，人人都是参与者。",
    )
    error = forms.DecimalField(
        label="允许误差（±%）",
        min_value=Decimal("0.5"),
        max_value=20,
        decimal_places=1,
        initial=5,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        help_text="95 % 把握下，比率最多差几个百分点。一般用 5。",
    )
    effect = forms.DecimalField(
        label="设计效应",
        min_value=1,
        max_value=10,
        decimal_places=2,
        initial=1,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        help_text="每户随机抽取用 1；同村的人看法相近、想稳妥些，用 1.5。",
    )

    def __init__(self, *args, user, round=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial = (shown_of(round) if round else {"seen_edits": 0}) | self.initial
        version = self.fields["version"]
        version.queryset = (
            Version.objects.visible_to(user, P.RUN_SURVEY).published().select_related("questionnaire")
        )
        version.choices = [("", "请选择"), *self._offered(version.queryset, round)]

    def _offered(self, versions, round):
        """The newest version of each questionnaire in use, and the one the round has."""
        newest = {}
        for version in versions.order_by("questionnaire__title", "questionnaire_id", "number"):
            if version.is_current:
                newest[version.questionnaire_id] = version
        offered = list(newest.values())
        if round and round.version not in offered:
            offered.append(round.version)
        return [(str(v.uuid), f"{v.questionnaire.title} · 第 {v.number} 版") for v in offered]

    @property
    def has_versions(self):
        return len(self.fields["version"].choices) > 1

    @property
    def has_odd_numbers(self):
        """Whether error or design effect are not what they usually are, so that they are shown."""
        return any(
            self[name].errors or str(self[name].value()) != str(self.fields[name].initial)
            for name in self.ADVANCED
        )

    def clean(self):
        cleaned = super().clean()
        first, last = cleaned.get("starts_on"), cleaned.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", "不能早于第一天。")
        return cleaned

    def values(self):
        given = self.cleaned_data
        return {
            "title": given["title"],
            "version": given["version"],
            "starts_on": given["starts_on"],
            "ends_on": given["last_day"] + timedelta(days=1),
            "modes": given["modes"],
            "notice": given["notice"],
            "error_permille": int(given["error"] * 10),
            "design_effect": int(given["effect"] * 100),
        }


def shown_of(round):
    """A round as its form shows it."""
    return {
        "seen_edits": round.edits,
        "title": round.title,
        "version": str(round.version.uuid),
        "starts_on": round.starts_on,
        "last_day": round.last_day,
        "modes": round.modes,
        "notice": round.notice,
        "error": f"{round.error_permille / 10:g}",
        "effect": f"{round.design_effect / 100:g}",
    }


class FrameForm(forms.Form):
    """How many people of age live in each village, and in each cell of sex and age over the town.

    `areas` and `cells` are for the page: what stands beside each field.
    """

    seen_edits = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    wanted = PeopleField(
        label="要收几份",
        help_text="空着就按公式。可以多一些，抵掉无效的答卷；不能少于公式算出的数。",
    )

    def __init__(self, *args, user, round, known, **kwargs):
        self.round = round
        super().__init__(*args, **kwargs)
        places = Grid.objects.visible_to(user, P.RUN_SURVEY).open().tier(Tier.AREA)
        self.places = list(places.under(round.town.code).defer("boundary").order_by("code"))
        areas = {row.area_id: row.population for row in round.areas.all()}
        quotas = {(row.sex, row.age_band): row.population for row in round.quotas.all()}
        self.is_declared = bool(areas)
        given = {"seen_edits": round.edits}
        for place in self.places:
            start = areas.get(place.pk) if areas else known.areas.get(place.code)
            self.fields[f"area-{place.code}"] = PeopleField(label=f"{place.name}常住成年人口")
            given[f"area-{place.code}"] = start
        for sex, band in cells():
            label = f"{Sex(sex).label}，{AgeBand(band).label}"
            self.fields[f"cell-{sex}-{band}"] = PeopleField(label=label)
            given[f"cell-{sex}-{band}"] = quotas.get((sex, band)) if areas else known.cells.get((sex, band))
        if areas and not self.is_bound:
            given["wanted"] = self._wanted(sum(areas.values()))
        self.initial = given | self.initial

    def _wanted(self, total):
        return self.round.target_n if self.round.target_n != needed(self.round, total) else None

    @property
    def areas(self):
        return [(place, self[f"area-{place.code}"]) for place in self.places]

    @property
    def lines(self):
        """The table of ages: [(words, [a field for each sex])]."""
        return [(band.label, [self[f"cell-{sex.value}-{band.value}"] for sex in Sex]) for band in AgeBand]

    @property
    def populations(self):
        """{place: n}, so far as it can be read; for the form as it was opened, what it shows."""
        return {place: self._number(f"area-{place.code}") for place in self.places}

    @property
    def cells(self):
        return {(sex, band): self._number(f"cell-{sex}-{band}") for sex, band in cells()}

    def _number(self, name):
        if self.is_bound:
            self.errors  # noqa: B018 - cleans
            return self.cleaned_data.get(name) or 0
        return self.initial.get(name) or 0


class DrawForm(forms.Form):
    """The seed of a draw."""

    seed = forms.IntegerField(
        label="种子",
        min_value=0,
        max_value=MOST_SEED,
        widget=forms.TextInput(attrs=NUMERIC),
        help_text="随便一个数。种子和名单一起留底，谁用它都能重抽出同样的户。",
    )


class BatchForm(forms.Form):
    """A printing of slips."""

    batch = forms.UUIDField(widget=forms.HiddenInput)
    size = forms.IntegerField(
        label="张数",
        min_value=1,
        max_value=MOST_SLIPS,
        widget=forms.TextInput(attrs=NUMERIC),
        help_text=f"一次最多 {MOST_SLIPS} 张，不够再印一批。",
    )
    area = forms.ModelChoiceField(
        label="发给哪里",
        queryset=Grid.objects.none(),
        to_field_name="code",
        required=False,
        empty_label="不分村，答的人自己选",
        help_text="选了村，这批答卷就都算这个村的。",
    )
    last_day = DayField(label="有效到", ahead=1460, help_text="这一天还能用。")
    layout = forms.ChoiceField(
        label="版式", choices=LAYOUTS, initial=LARGE, widget=forms.RadioSelect(attrs=CHIPS)
    )

    def __init__(self, *args, user, round, **kwargs):
        super().__init__(*args, **kwargs)
        places = Grid.objects.visible_to(user, P.RUN_SURVEY).filter(pk__in=round.areas.values("area_id"))
        self.fields["area"].queryset = places.order_by("code")
        self.initial = {"batch": uuid4(), "size": 100, "last_day": round.last_day} | self.initial

    def clean_last_day(self):
        if self.cleaned_data["last_day"] < timezone.localdate():
            raise forms.ValidationError("有效期已过，请核对。")
        return self.cleaned_data["last_day"]

    def values(self):
        given = self.cleaned_data
        return {
            "uuid": given["batch"],
            "size": given["size"],
            "area": given["area"],
            "expires_on": given["last_day"] + timedelta(days=1),
        }
