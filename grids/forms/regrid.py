"""How the office divides a grid or joins several: dates, codes, names, households, people."""

from collections import Counter
from dataclasses import dataclass
from itertools import accumulate

from django import forms
from django.db.models import Count, Q
from django.utils import timezone

from grids.access import Permission as P
from grids.actions import net, regrid
from grids.forms.net import CODE_DIGITS, first_of_next_month, future_day
from grids.models import Absence, Grid, GridAssignment, Placement, Resident, Tier

ORDINALS = "一二三四五六"
# Households of a division come as `h-<uuid>=<index of the part>`.
HOUSEHOLD = "h-"


def _date_field():
    return forms.DateField(
        label="生效日",
        initial=first_of_next_month,
        help_text="从这一天零点起按新网格算：住户、任职、权限同时变；之前的记录留在原编码下。",
        error_messages={"required": "请填写生效日。", "invalid": "请填写正确的日期。"},
    )


def _code_field(label="编码"):
    return forms.CharField(
        label=label,
        max_length=17,
        validators=[CODE_DIGITS],
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        error_messages={"required": "请填写编码。"},
    )


def _name_field(label="名称"):
    return forms.CharField(label=label, max_length=60, error_messages={"required": "请填写名称。"})


class _NewPlacesMixin:
    """Checks that every form of this file shares."""

    def clean_effective_on(self):
        return future_day(self.cleaned_data["effective_on"])

    def check_code(self, field, parent_code, tier):
        code = self.cleaned_data.get(field, "")
        if code and not (code.startswith(parent_code) and len(code) == tier):
            self.add_error(field, f"编码应是 {tier} 位，以 {parent_code} 开头。")
        elif code and Grid.objects.visible_to(self.user, P.EDIT_NET).filter(code=code).exists():
            self.add_error(field, "这个编码用过了；编码不重复使用，停用的也不行。")


@dataclass
class Row:
    """One household of the table: where it is, how many live there, which part it is given to."""

    key: str
    household_id: int
    address: str
    residents: int
    micro: str
    part: int


@dataclass
class PartFields:
    """One new grid of the split as the page lays it out."""

    index: int
    label: str
    ordinal: str
    code: forms.BoundField
    name: forms.BoundField
    count: forms.BoundField
    households: int
    residents: int


class SplitForm(_NewPlacesMixin, forms.Form):
    """A grid's split in 2 to 6 parts; `rows` are its households in the order of addresses."""

    effective_on = _date_field()
    order = forms.ChoiceField(
        label="住址顺序", required=False, choices=[("", "从小到大"), ("desc", "从大到小")]
    )

    def __init__(self, data=None, *, grid, user, parts=2, initial=None, division=None):
        super().__init__(data, initial=initial)
        self.grid, self.user = grid, user
        self.count = parts
        self.terms = terms_in([grid], user)
        self._add_part_fields()
        self.fields["newcomers"] = forms.TypedChoiceField(
            label="未划分的户归入",
            help_text="本页打开以后、生效日以前新登记或迁入的户。",
            coerce=int,
            choices=[(i, self.label(i)) for i in range(parts)],
            initial=0,
            widget=forms.RadioSelect(attrs={"class": "chips"}),
            error_messages={"required": "请选择一个。", "invalid_choice": "请从列表里选择。"},
        )
        self.fields["terms"] = forms.MultipleChoiceField(
            label="谁接着管",
            required=False,
            help_text="不选的人在生效日前一天任职期满；之后也可以在人员与任职里安排。",
            choices=[
                (f"{term.pk}-{i}", f"{describe_term(term)} → {self.label(i)}")
                for term in self.terms
                for i in range(parts)
            ],
            widget=forms.CheckboxSelectMultiple(attrs={"class": "chips"}),
            error_messages={"invalid_choice": "要接任的人已不在原网格任职，请重新选择。"},
        )
        self.rows = _rows(grid, user, descending=(data or initial or {}).get("order") == "desc")
        self._divide(data, division)

    def _add_part_fields(self):
        parent = self.grid.parent_code
        codes = [] if self.is_bound else net.free_codes(parent, self.count)
        for i in range(self.count):
            self.fields[f"code_{i}"] = _code_field()
            self.fields[f"name_{i}"] = _name_field()
            self.fields[f"count_{i}"] = forms.IntegerField(label="户数", required=False, min_value=0)
            if not self.is_bound:
                self.initial.setdefault(f"code_{i}", codes[i])
                self.initial.setdefault(f"name_{i}", f"{self.grid.name}{ORDINALS[i]}"[:60])

    def label(self, index):
        return f"新网格{ORDINALS[index]}"

    def _divide(self, data, division):
        """Give every row its part: what was posted, else the division asked for, else equal shares in order."""
        self.strangers, self.contradictions = set(), False
        if data is not None:
            self._read_division(data)
            return
        shares = division or equal_shares(len(self.rows), self.count)
        ends = list(accumulate(shares))
        for position, row in enumerate(self.rows):
            row.part = next((i for i, end in enumerate(ends) if position < end), self.count - 1)

    def _read_division(self, data):
        by_key = {row.key: row for row in self.rows}
        for name in data:
            if not name.startswith(HOUSEHOLD):
                continue
            row = by_key.get(name.removeprefix(HOUSEHOLD))
            answers = set(data.getlist(name))
            if row is None:
                self.strangers.add(name)
            elif len(answers) > 1 or not answers <= {str(i) for i in range(self.count)}:
                self.contradictions = True
            else:
                row.part = int(answers.pop())

    @property
    def parts(self):
        """The new grids with their fields and how many households and residents each is given."""
        return [
            PartFields(
                index=i,
                label=self.label(i),
                ordinal=ORDINALS[i],
                code=self[f"code_{i}"],
                name=self[f"name_{i}"],
                count=self[f"count_{i}"],
                households=sum(row.part == i for row in self.rows),
                residents=sum(row.residents for row in self.rows if row.part == i),
            )
            for i in range(self.count)
        ]

    def clean(self):
        cleaned = super().clean()
        for i in range(self.count):
            self.check_code(f"code_{i}", self.grid.parent_code, self.grid.tier)
        for field, word in (("code", "编码"), ("name", "名称")):
            given = [cleaned.get(f"{field}_{i}") for i in range(self.count)]
            if len(set(filter(None, given))) < len(list(filter(None, given))):
                self.add_error(f"{field}_{self.count - 1}", f"新网格的{word}不能相同。")
        if self.strangers:
            self.add_error(
                None, f"有 {len(self.strangers)} 户已不在这个网格里，已从表中去掉，请核对后再提交。"
            )
        if self.contradictions:
            self.add_error(None, "有的户选了不止一个新网格，或选了没有的网格，请核对。")
        return cleaned

    @property
    def undivided(self):
        """Households that no row of the post named: they go to `newcomers`."""
        return sum(row.part < 0 for row in self.rows)

    def as_parts(self):
        """What the action takes. Only after `is_valid`."""
        chosen = [tuple(map(int, value.split("-"))) for value in self.cleaned_data["terms"]]
        return [
            regrid.Part(
                code=self.cleaned_data[f"code_{i}"],
                name=self.cleaned_data[f"name_{i}"],
                households=frozenset(row.household_id for row in self.rows if row.part == i),
                terms=tuple(term for term, part in chosen if part == i),
            )
            for i in range(self.count)
        ]


def equal_shares(households, parts):
    """How many households each part gets when nobody said: equal, the first ones more."""
    share, rest = divmod(households, parts)
    return [share + (i < rest) for i in range(parts)]


def asked_shares(data, households, parts):
    """The division asked for by numbers (前 62 户归一，其余归二); the last part gets the rest, odd input nothing."""
    shares, left = [], households
    for i in range(parts - 1):
        text = data.get(f"count_{i}", "").strip()
        share = min(int(text), left) if text.isascii() and text.isdigit() and len(text) < 6 else 0
        shares.append(share)
        left -= share
    return [*shares, left]


def _rows(grid, user, *, descending):
    """The grid's households from today on, three queries."""
    order = ["-household__address_key", "-pk"] if descending else ["household__address_key", "pk"]
    placements = (
        Placement.objects.visible_to(user, P.EDIT_NET)
        .filter(grid__code__startswith=grid.code, ends_on=None)
        .select_related("household", "grid")
        .order_by(*order)
    )
    # Who died or moved away for good lives there no more; who works elsewhere comes back.
    gone = (
        Absence.objects.visible_to(user, P.EDIT_NET)
        .current()
        .filter(reason__in=[Absence.Reason.DIED, Absence.Reason.MOVED])
    )
    residents = (
        Resident.objects.visible_to(user, P.EDIT_NET)
        .filter(household__in=placements.order_by().values("household"))
        .exclude(pk__in=gone.values("resident"))
    )
    counts = dict(residents.order_by().values_list("household").annotate(n=Count("pk")))
    return [
        Row(
            key=str(placement.household.uuid),
            household_id=placement.household_id,
            address=placement.household.address,
            residents=counts.get(placement.household_id, 0),
            micro=placement.grid.name if placement.grid_id != grid.pk else "",
            part=-1,
        )
        for placement in placements
    ]


def terms_in(grids, user):
    """The terms that could go on in a new grid: held in these grids today or later, stand-ins left out."""
    today = timezone.localdate()
    return list(
        GridAssignment.objects.visible_to(user, P.EDIT_NET)
        .filter(Q(ends_on=None) | Q(ends_on__gt=today), grid__in=grids, starts_on__lte=today)
        .filter(stand_in_for=None, user__is_active=True)
        .select_related("user", "grid")
        .order_by("grid__code", "role", "pk")
    )


def describe_term(term):
    return f"{term.user.name}（{term.get_role_display()}）"


def _households_below(parent, user, tier):
    """How many households each place of the tier holds from today on, those of its micro-grids included."""
    placements = Placement.objects.visible_to(user, P.EDIT_NET).filter(
        grid__code__startswith=parent.code, ends_on=None
    )
    counts = Counter()
    for code, n in placements.order_by().values_list("grid__code").annotate(n=Count("pk")):
        counts[code[:tier]] += n
    return counts


class MergeForm(_NewPlacesMixin, forms.Form):
    """Which grids of one area, or micro-grids of one grid, become one new place."""

    grids = forms.ModelMultipleChoiceField(
        label="合并哪些",
        queryset=Grid.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "请选择要合并的网格。",
            "invalid_choice": "请从列表里选择网格。",
            "invalid_pk_value": "请从列表里选择网格。",
        },
    )
    effective_on = _date_field()
    code = _code_field("新编码")
    name = _name_field("新名称")
    kind = forms.ChoiceField(label="类型")
    terms = forms.MultipleChoiceField(
        label="谁接着管",
        required=False,
        help_text="不选的人在生效日前一天任职期满；之后也可以在人员与任职里安排。",
        widget=forms.CheckboxSelectMultiple(attrs={"class": "chips"}),
        error_messages={"invalid_choice": "要接任的人已不在原网格任职，请重新选择。"},
    )

    def __init__(self, *args, parent, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.parent, self.user = parent, user
        self.tier = net.CHILD_TIER[Tier(parent.tier)]
        grids = (
            Grid.objects.visible_to(user, P.EDIT_NET)
            .under(parent.code)
            .tier(self.tier)
            .open()
            .filter(retired_on=None)
            .order_by("code")
        )
        self.fields["grids"].queryset = grids
        households = _households_below(parent, user, self.tier)
        self.fields["grids"].label_from_instance = lambda grid: (
            f"{grid.name}（{grid.code}，{households[grid.code]} 户）"
        )
        terms = terms_in(grids.values("pk"), user)
        self.term_grids = {term.pk: term.grid_id for term in terms}
        self.fields["terms"].choices = [
            (str(term.pk), f"{describe_term(term)} · {term.grid.name}") for term in terms
        ]
        self.fields["kind"].choices = [(kind.value, kind.label) for kind in net.KINDS[self.tier]]
        if not self.is_bound:
            self.initial.setdefault("code", net.free_codes(parent.code)[0])

    def clean(self):
        cleaned = super().clean()
        self.check_code("code", self.parent.code, self.tier)
        grids = cleaned.get("grids")
        if grids is not None and len(grids) < 2:
            self.add_error("grids", "请选择至少两个。")
        elif grids is not None:
            chosen = {grid.pk for grid in grids}
            if any(self.term_grids[int(term)] not in chosen for term in cleaned.get("terms", [])):
                self.add_error("terms", "接着管的人应当来自要合并的网格。")
        return cleaned
