"""A sheet filled in by hand, as it is keyed; and two keyings of it that differ.

A keying is two forms on one page: `SheetForm` for what stands around the questions, `SheetAnswers` for the questions.
`told_of` makes of both what surveys.actions.paper keeps.
"""

from dataclasses import replace
from typing import NamedTuple

from django import forms
from django.utils import timezone

from grids import access
from grids.models import Grid
from surveys import schema as schemas
from surveys.forms.answers import AnswerForm
from surveys.forms.questionnaires import PlainLineField
from surveys.models import AgeBand, Sex
from surveys.schema import Kind, Order, Question
from surveys.schema.model import CHOOSE_ONE

P = access.Permission
CHIPS = {"class": "chips"}
FIRST, SECOND, THIRD = "first", "second", "third"
# What stands around the questions, by its key in a keying.
AROUND = {"area": "村/社区", "sex": "性别", "age": "年龄", "proxy": "替别人填的"}


class SheetForm(forms.Form):
    """The sheet's number, asked for at the first keying alone, and whose it is."""

    number = PlainLineField(
        label="纸面编号",
        max_length=12,
        help_text="写在纸上的编号，没有就先按顺序写上。",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    area = forms.ModelChoiceField(
        label=AROUND["area"], queryset=Grid.objects.none(), to_field_name="code", empty_label="请选择"
    )
    sex = forms.ChoiceField(
        label=AROUND["sex"],
        choices=[*Sex.choices, ("", "没填")],
        required=False,
        widget=forms.RadioSelect(attrs=CHIPS),
    )
    age = forms.ChoiceField(
        label=AROUND["age"],
        choices=[*AgeBand.choices, ("", "没填")],
        required=False,
        widget=forms.RadioSelect(attrs=CHIPS),
    )
    proxy = forms.BooleanField(label="替别人填的（例如替家里老人）", required=False)
    blank = forms.BooleanField(
        label="纸上有必答题空着，照空录入", required=False, help_text="空着的题不算进这道题的分母。"
    )

    def __init__(self, *args, user, round, is_second=False, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["area"].queryset = areas_of(round, user)
        if is_second:
            del self.fields["number"]


def areas_of(round, user):
    """The villages of the round."""
    places = Grid.objects.visible_to(user, P.RUN_SURVEY).filter(pk__in=round.areas.values("area_id"))
    return places.defer("boundary").order_by("code")


class SheetAnswers(AnswerForm):
    """All questions at once; with `blank` a question that has to be answered may be left out, as it was on paper."""

    what_now = "录的内容都还在，改好后再按一次。"

    def __init__(self, schema, data=None, initial=None, *, blank=False):
        super().__init__(as_printed(schema), data, initial, everything=True)
        if blank:
            self.validated = without_blanks(self.validated, self.answers)


def as_printed(schema):
    """The same questions with their options in the order of the paper, turned for nobody."""
    fixed = [
        replace(section, questions=tuple(replace(q, order=Order.FIXED) for q in section.questions))
        for section in schema.sections
    ]
    return replace(schema, sections=tuple(fixed))


def without_blanks(validated, answers):
    """What was validated, without a word about what was not answered at all."""
    errors = {name: words for name, words in validated.errors.items() if not name or answers.get(name)}
    return schemas.Validated(validated.clean, errors)


def told_of(sheet, answers):
    """A keying, of a valid SheetForm and a valid SheetAnswers."""
    given = sheet.cleaned_data
    return {
        "area": given["area"].code,
        "sex": given["sex"],
        "age": given["age"],
        "proxy": given["proxy"],
        "answers": answers.clean_answers,
    }


class Difference(NamedTuple):
    """One thing that was keyed in two ways: both to pick from, and the field for a third. `pick` is None where only a
    choice elsewhere made it a question.
    """

    name: str
    label: str
    pick: forms.BoundField | None
    third: forms.BoundField
    other: forms.BoundField | None
    error: str


class DifferencesForm(forms.Form):
    """Where two keyings differ: the one, the other, or a third. What follows from a choice is asked for, too.

    `keyed` are the two keyings and `names` who made them. Valid, `told` is the keying that was decided on.
    """

    what_now = "选过的都还在，改好后再按一次。"
    blank = forms.BooleanField(label="纸上有必答题空着，照空入库", required=False)

    def __init__(self, data=None, *, schema, keyed, names, places):
        super().__init__(data)
        self.schema, self.keyed, self.names = schema, keyed, names
        self.places = {place.code: place.name for place in places}
        typed = SheetAnswers(schema, data)
        self.typed = typed.answers if data is not None else {}
        self.asked = SheetAnswers(schema, initial=self.typed)
        self.wrong = {}
        for key, field in _around_fields(places).items():
            if keyed[0][key] != keyed[1][key]:
                self._add(key, AROUND[key], [self._around_words(key, one[key]) for one in keyed])
                self.fields[f"third-{key}"] = field
        for number, question in self._questions():
            if self._answer(0, question) != self._answer(1, question):
                words = [words_of(question, one["answers"]) for one in keyed]
                self._add(f"q-{question.name}", f"{number}. {question.label}", words)

    def _questions(self):
        asking = [question for question in self.schema.questions() if question.kind != Kind.NOTE]
        return enumerate(asking, start=1)

    def _add(self, name, label, words):
        both = [f"{who}：{said or '没填'}" for who, said in zip(self.names, words, strict=True)]
        self.fields[f"pick-{name}"] = forms.ChoiceField(
            label=label,
            choices=[*zip((FIRST, SECOND), both, strict=True), (THIRD, "都不对，另填")],
            widget=forms.RadioSelect(attrs=CHIPS),
            error_messages={"required": "请选一个。"},
        )

    def _answer(self, which, question):
        """(the answer, the words behind 其他) of one keying."""
        answers = self.keyed[which]["answers"]
        return answers.get(question.name), answers.get(question.other_name)

    def _picked(self, name, both, third):
        pick = self.cleaned_data.get(f"pick-{name}")
        return third if pick == THIRD else both[pick == SECOND]

    def clean(self):
        cleaned = super().clean()
        told = dict(self.keyed[0])
        for key in AROUND:
            if f"pick-{key}" in self.fields:
                both = [one[key] for one in self.keyed]
                told[key] = self._picked(key, both, cleaned.get(f"third-{key}"))
        if not told["area"]:
            self.add_error("third-area", "请选择村或社区。")
        merged = self._merged()
        validated = schemas.validate(self.schema, merged, today=timezone.localdate())
        if cleaned.get("blank"):
            validated = without_blanks(validated, merged)
        self.wrong = validated.errors
        if self.wrong and not self.errors:
            self.add_error(None, f"有 {len(self.wrong)} 道题要核对，见下面。")
        self.told = told | {"answers": validated.clean}
        return cleaned

    def _merged(self):
        """The answers that were decided on; a question that came up only now has what was typed for it."""
        merged = {}
        for _, question in self._questions():
            names = (question.name, question.other_name)
            third = tuple(self.typed.get(name) for name in names)
            both = (self._answer(0, question), self._answer(1, question))
            if f"pick-q-{question.name}" in self.fields:
                chosen = self._picked(f"q-{question.name}", both, third)
            else:
                chosen = third if both[0][0] is None else both[0]
            merged |= {name: value for name, value in zip(names, chosen, strict=True) if value is not None}
        return merged

    @property
    def differences(self):
        """What the page shows, in the order of the sheet."""
        found = []
        for key, label in AROUND.items():
            if f"pick-{key}" in self.fields:
                third = self[f"third-{key}"]
                found.append(Difference(key, label, self[f"pick-{key}"], third, None, " ".join(third.errors)))
        for number, question in self._questions():
            name, pick = question.name, f"pick-q-{question.name}"
            if pick in self.fields or name in self.wrong:
                found.append(
                    Difference(
                        name,
                        f"{number}. {question.label}",
                        self[pick] if pick in self.fields else None,
                        self.asked[name],
                        self.asked[question.other_name] if question.other else None,
                        self.wrong.get(name, ""),
                    )
                )
        return found

    def _around_words(self, key, value):
        if key == "area":
            return self.places.get(value, value)
        if key == "proxy":
            return "是" if value else "否"
        return dict((Sex if key == "sex" else AgeBand).choices).get(value, "")


def _around_fields(places):
    """Fields for what stands around the questions, by its key."""
    return {
        "area": forms.ChoiceField(
            label=AROUND["area"],
            choices=[("", "请选择"), *((place.code, place.name) for place in places)],
            required=False,
        ),
        "sex": forms.ChoiceField(label=AROUND["sex"], choices=[("", "没填"), *Sex.choices], required=False),
        "age": forms.ChoiceField(
            label=AROUND["age"], choices=[("", "没填"), *AgeBand.choices], required=False
        ),
        "proxy": forms.BooleanField(label=AROUND["proxy"], required=False),
    }


def words_of(question: Question, answers):
    """An answer as a person reads it; empty where there is none."""
    value = answers.get(question.name)
    if value is None:
        return ""
    if question.kind in CHOOSE_ONE:
        text = _label(question, value)
    elif question.kind == Kind.MULTIPLE:
        text = "、".join(_label(question, name) for name in value)
    elif question.kind == Kind.RANKING:
        text = " ＞ ".join(_label(question, name) for name in value)
    else:
        text = str(value)
    written = answers.get(question.other_name)
    return f"{text}：{written}" if written else text


def _label(question, name):
    option = question.option(name)
    return option.label if option else name
