"""What each press asks, one form a press; a press that asks nothing is one button with the version it was seen at."""

from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from cases import duplicates
from cases.forms.fields import (
    CaseForm,
    CategoryField,
    HolderField,
    SupportField,
    affected_field,
    units_of,
    words_field,
)
from cases.models import Case
from cases.vocabulary import Level
from grids import access
from grids.actions.records import Envelope
from grids.forms.field import PicturesField
from grids.forms.fields import LineField

P = access.Permission


class PlainForm(CaseForm):
    """A press that asks nothing."""

    def told(self):
        """The keyword arguments of `advance` beside case, press, by and seen_version."""
        return {}


class EvidenceForm(PlainForm):
    """A press with photos beside its words; the number makes a post that is repeated one record."""

    photos = PicturesField(help_text="不强制，最多 6 张。")
    uuid = forms.UUIDField(widget=forms.HiddenInput(attrs={"data-fresh-uuid": True}), required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["uuid"].initial = uuid4

    def told(self):
        given = self.cleaned_data
        pictures = given["photos"] or []
        envelope = Envelope(
            uuid=given["uuid"] or uuid4(),
            captured_at=timezone.now(),
            happened_on=timezone.localdate(),
            photo_digests=tuple(picture.digest for picture in pictures),
        )
        return super().told() | {"pictures": pictures, "envelope": envelope}


class WordsForm(PlainForm):
    """A press with an opinion or a reason; `labels` says what each calls it."""

    labels = {
        "doubt": ("哪里没有办好", "写清看到了什么，会按没办好重新安排。"),
        "reject": ("为什么不受理", "上报的人会看到这句话，可以申请复核一次。"),
        "ask_back": ("要补充什么", "上报的人会看到这句话，改好后再报。"),
        "review": ("为什么请再看一次", "只能申请一次。"),
        "hand_back": ("为什么退回", "例如：不归我们管，应由谁办。"),
        "refuse_return": ("为什么不同意退回", ""),
        "rework": ("哪里要返工", "写清还差什么，办理的人照着做。"),
        "reopen": ("为什么重办", "期限接着原来的算。"),
        "void": ("为什么作废", "作废后不再办理，也不计入统计。"),
        "unmerge": ("为什么取消合并", "取消后回到合并前的状态，继续计时。"),
    }

    def __init__(self, *args, press, **kwargs):
        super().__init__(*args, **kwargs)
        label, help_text = self.labels[press]
        self.fields["words"] = words_field(label, help_text=help_text)

    def told(self):
        return {"words": self.cleaned_data["words"]}


class SentBackForm(EvidenceForm, WordsForm):
    """返工, 没有办好: what is still to be done, and what it looks like."""


class FinishForm(EvidenceForm):
    """办好了: what was done, in words; the rest where it is known."""

    measures = words_field("怎么办好的", help_text="几句话就行。", most=2000)
    reply = words_field(
        "给反映人的答复",
        required=False,
        help_text="反映人查进度时看到这句话，请不要写别人的姓名和电话。",
        rows=2,
        most=500,
    )
    cause = words_field("原因", required=False, rows=2)
    handling_place = LineField(
        label="处置地点", required=False, max_length=120, help_text="和发现地点不一样时填。"
    )
    helpers = LineField(label="协同人员", required=False, max_length=120, help_text="例如：两名村干部。")
    photos = PicturesField(help_text="办好后的样子，不强制，最多 6 张。")

    rest = ("reply", "cause", "handling_place", "helpers", "photos")
    facts = ("measures", "reply", "cause", "handling_place", "helpers")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in self.facts:
            self.fields[name].initial = getattr(self.case, name)

    def told(self):
        return super().told() | {"facts": {name: self.cleaned_data[name] for name in self.facts}}


class HandUpForm(PlainForm):
    """提请上级: why; above the town also to which unit."""

    words = words_field("为什么要上级来办", help_text="写清已经做了什么、还缺什么。")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.case.level >= Level.TOWN:
            self.fields["unit"] = forms.ModelChoiceField(
                units_of(self.user, self.case),
                label="提请哪个单位",
                to_field_name="uuid",
                empty_label="请选择",
                initial=_usual_unit(self.case),
            )

    def told(self):
        return {"words": self.cleaned_data["words"], "unit": self.cleaned_data.get("unit")}


class DispatchForm(PlainForm):
    """受理并交办, 转给别人办: to whom, with whose help, and as what."""

    def __init__(self, *args, press, **kwargs):
        super().__init__(*args, **kwargs)
        across = press == "hand_across"
        self.fields["to"] = HolderField(self.user, self.case)
        usual = self.case.category.unit
        if usual and f"unit-{usual.uuid}" in self.fields["to"].found:
            self.fields["to"].help_text = f"这一类通常由{usual.name}承办。"
            self.fields["to"].initial = None if across else f"unit-{usual.uuid}"
        self.fields["supporting"] = SupportField(
            self.user, self.case, initial=[support.unit.uuid for support in self.case.supports.all()]
        )
        self.fields["category"] = CategoryField(self.case)
        self.fields["words"] = words_field(
            "为什么转" if across else "交代几句", required=across, rows=2, help_text=""
        )

    def clean(self):
        given = super().clean()
        unit = (given.get("to") or {}).get("unit")
        if unit and unit in (given.get("supporting") or []):
            raise ValidationError("承办单位不用再选作协办单位。")
        return given

    def told(self):
        given = self.cleaned_data
        category = given["category"]
        changed = category if category.pk != self.case.category_id else None
        # A case to a person has no supporting units unless they were ticked; exactly the ticked ones help.
        told = {"words": given["words"], "supporting": list(given["supporting"]), "category": changed}
        return told | given["to"]


class MergeForm(PlainForm):
    """合并: into which case: one of the likely ones, or any by its number."""

    main = forms.ChoiceField(label="并入哪一件", required=False, widget=forms.RadioSelect)
    case_no = LineField(
        label="或者填主件编号", required=False, max_length=20, help_text="例如 20261124-0001。"
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        case = self.case
        likely = duplicates.likely(
            self.user,
            category=case.category,
            place=case.place,
            longitude=case.longitude,
            latitude=case.latitude,
            beside=case,
        )
        self.likely = {str(one.uuid): one for one in likely if one.is_open and one.town_id == case.town_id}
        self.fields["main"].choices = [(key, one.case_no) for key, one in self.likely.items()]

    def rows(self):
        """(radio, case) of each likely one, for the page to show enough to judge by."""
        return zip(self["main"], self.likely.values(), strict=True) if self.likely else ()

    def clean(self):
        given = super().clean()
        if self.errors:
            return given
        if bool(given.get("main")) == bool(given.get("case_no")):
            raise ValidationError("请选一件主件，或者填主件编号。")
        if given["main"]:
            given["found"] = self.likely[given["main"]]
            return given
        rows = Case.objects.visible_to(self.user, P.MERGE_CASE).filter(town=self.case.town_id)
        given["found"] = rows.filter(case_no=given["case_no"]).first()
        if given["found"] is None:
            self.add_error("case_no", "没有这个编号的事件，或者它不在您的范围内。")
        return given

    def told(self):
        return {"main_case": self.cleaned_data["found"]}


class ResubmitForm(PlainForm):
    """改好再报: the reporter corrects what was asked about."""

    subject = LineField(label="什么事", max_length=30)
    place = LineField(label="在哪里", max_length=120, help_text="写清几组、哪条路、谁家附近。")
    words = words_field("情况说明", required=False, most=2000)
    affected_households = affected_field()
    field_order = ["subject", "category", "place", "words", "affected_households"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["category"] = CategoryField(self.case)
        self.order_fields(self.field_order)
        for name in ("subject", "place", "words", "affected_households"):
            self.fields[name].initial = getattr(self.case, name)

    def told(self):
        names = ("subject", "category", "place", "words", "affected_households")
        return {name: self.cleaned_data[name] for name in names}


_FORMS = {
    "finish": FinishForm,
    "hand_up": HandUpForm,
    "merge": MergeForm,
    "submit": ResubmitForm,
}
_FORMS_OF_PRESS = {"dispatch": DispatchForm, "hand_across": DispatchForm}
_FORMS_OF_PRESS |= dict.fromkeys(WordsForm.labels, WordsForm)
_FORMS_OF_PRESS |= {"rework": SentBackForm, "doubt": SentBackForm}


def form_for(press, *args, **kwargs):
    """The form of a press, bound or not."""
    if press in _FORMS_OF_PRESS:
        return _FORMS_OF_PRESS[press](*args, press=press, **kwargs)
    return _FORMS.get(press, PlainForm)(*args, **kwargs)


def _usual_unit(case):
    return case.category.unit and case.category.unit.uuid
