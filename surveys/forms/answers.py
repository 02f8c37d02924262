"""Questions as a form for whoever answers: the public pages, the interviewer's, paper entry and the preview.

    form = AnswerForm(schema, request.POST, initial=kept, seed=uuid, page=2)
    if form.is_valid():
        keep(form.answers)            # what stands so far, over all pages
        go_to(form.following)         # the next section with something to ask, None at the end

The names of its inputs begin with `a-`; whatever else a page posts is not the form's business. All rules are those of
`schema.validate`. Conditions are evaluated here, page by page: where an answer brings further questions on the same
page, the form is not valid, `revealed` names them, and the page shows them.
"""

from typing import NamedTuple

from django import forms
from django.utils import timezone

from surveys import schema as schemas
from surveys.schema import Kind, Question, Schema
from surveys.schema.model import CHOOSE_ONE, MAX_LONG, MAX_SHORT

PREFIX = "a"
SHOWN = "shown"  # Names of the questions that stood on the page, so that an unticked box is told from an unseen one.


class Asked(NamedTuple):
    """A question as the page shows it; a note has no field, and `other` is the field behind 其他."""

    question: Question
    number: int | None
    field: forms.BoundField | None
    other: forms.BoundField | None
    is_new: bool


class Part(NamedTuple):
    """A section's title with what is shown of it."""

    title: str
    asked: list[Asked]


class RankingWidget(forms.Widget):
    """A rank from a list beside each item; works with a keyboard and without a script.

    The value is the items' names in order. Ranks given twice or left out are no order: then it is what was chosen,
    rank by rank, and `validate` refuses it.
    """

    template_name = "surveys/widgets/ranking.html"
    use_fieldset = True

    def __init__(self, options):
        super().__init__()
        self.options = options

    def value_from_datadict(self, data, files, name):
        ranks = {option.name: data.get(f"{name}.{option.name}", "") for option in self.options}
        if not any(ranks.values()):
            return data.getlist(name) if hasattr(data, "getlist") else data.get(name)
        first = {}
        for option, rank in ranks.items():
            if rank in self._ranks:
                first.setdefault(rank, option)
        return Ranked([first[rank] for rank in self._ranks if rank in first], ranks)

    def id_for_label(self, id_, index=None):
        return f"{id_}_0" if id_ else ""

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        ranks = getattr(value, "ranks", None)
        if ranks is None:
            ranks = {option: str(place) for place, option in enumerate(value or (), start=1)}
        context["widget"]["items"] = [(option, ranks.get(option.name, "")) for option in self.options]
        context["widget"]["ranks"] = self._ranks
        return context

    def format_value(self, value):
        return value

    @property
    def _ranks(self):
        return [str(rank) for rank in range(1, len(self.options) + 1)]


class Ranked(list):
    """The items in the order of their ranks, with the ranks as they were typed."""

    def __init__(self, order, ranks):
        super().__init__(order)
        self.ranks = ranks


class AnswerForm(forms.Form):
    """A questionnaire, or one page of it, to be answered.

    `data` is what was posted, `initial` what is known from other pages, `seed` the response's name (it turns options).
    `page` is the position of a section; None asks for everything at once. `everything` also shows what the conditions
    hide, for paper sheets, whose answers are typed in whatever order.
    """

    what_wrong = "还有几处要看一下"
    what_now = "已选的都还在，补好后再继续。"

    def __init__(self, schema: Schema, data=None, initial=None, seed="", *, page=None, everything=False):
        self.schema, self.seed, self.page, self.everything = schema, str(seed), page, everything
        self.today = timezone.localdate()
        self.known = dict(initial or {})
        super().__init__(data, initial=self.known, prefix=PREFIX)
        self.revealed = ()
        self.answers = self._answers() if self.is_bound else self.known
        strangers = dict.fromkeys(self._strangers(), "") if self.is_bound else {}
        self.validated = schemas.validate(schema, self.answers | strangers, today=self.today)
        self.path = schemas.path(schema, self.answers, today=self.today)
        for question in self._on_page():
            self._add(question)

    def _on_page(self):
        """The questions of this page that are shown, notes included."""
        shown = set(self.path)
        for at, section in enumerate(self.schema.sections):
            if self.page in (None, at):
                yield from (q for q in section.questions if self.everything or q.name in shown)

    def _add(self, question):
        if question.kind == Kind.NOTE:
            return
        field = forms.Field(
            label=question.label,
            help_text=question.hint,
            required=False,
            widget=_widget(question, question.ordered_options(self.seed)),
        )
        field.need = "必答" if question.is_required else ""
        self.fields[question.name] = field
        if question.other:
            widget = forms.TextInput(attrs={"maxlength": MAX_SHORT, "autocomplete": "off"})
            label = f"选“{question.other.label}”的，请写明"
            self.fields[question.other_name] = forms.Field(label=label, required=False, widget=widget)

    def _answers(self):
        """What is known, with what was posted in its place."""
        answers = dict(self.known)
        posted = self._shown_when_posted()
        for question in self.schema.questions():
            if question.kind == Kind.NOTE:
                continue
            names = [question.name, question.other_name] if question.other else [question.name]
            widgets = [_widget(question, question.options), forms.TextInput()]
            for name, widget in zip(names, widgets, strict=False):
                value = widget.value_from_datadict(self.data, self.files, self.add_prefix(name))
                if value not in (None, "", []):
                    answers[name] = value
                elif question.name in posted:
                    answers.pop(name, None)
        return answers

    def _strangers(self):
        """Names among the answers that no question has: from another version, or from nowhere."""
        start = f"{PREFIX}-"
        known = {q.name for q in self.schema.questions()}
        known |= {q.other_name for q in self.schema.questions() if q.other}
        given = {key.removeprefix(start).split(".")[0] for key in self.data if key.startswith(start)}
        return given - known

    def _shown_when_posted(self):
        """The questions that stood on the posted page; without their list, all of it."""
        here = {
            q.name
            for at, s in enumerate(self.schema.sections)
            if self.page in (None, at)
            for q in s.questions
        }
        listed = self._listed()
        return here & listed if listed else here

    def _listed(self):
        """What the posted page says it showed."""
        return set(self.data.getlist(SHOWN) if hasattr(self.data, "getlist") else self.data.get(SHOWN, ()))

    def _clean_fields(self):
        """Each field's raw value stands in `answers` already; the rules are the questionnaire's."""

    def clean(self):
        here = {question.name for question in self._on_page()}
        listed = self._listed()
        if listed and not self.everything:
            self.revealed = tuple(name for name in self.fields if name in here and name not in listed)
        if "" in self.validated.errors:
            self.add_error(None, self.validated.errors[""])
        for name, message in self.validated.errors.items():
            if name in here and name in self.fields and name not in self.revealed:
                self.add_error(name, message)
        if not self.errors and self.revealed:
            self.add_error(None, f"根据您的回答，这一页还有 {len(self.revealed)} 道题，请接着回答。")
        return {}

    @property
    def clean_answers(self):
        """The answers as they are stored; of use when nothing is wrong on any page (`first_wrong_page` is None)."""
        return self.validated.clean

    @property
    def pages(self):
        """The positions of the sections that have something to show."""
        shown = set(self.path)
        return [
            at
            for at, section in enumerate(self.schema.sections)
            if any(q.name in shown for q in section.questions)
        ]

    @property
    def following(self):
        """The next page, None behind the last."""
        return next((at for at in self.pages if self.page is not None and at > self.page), None)

    @property
    def previous(self):
        return next((at for at in reversed(self.pages) if self.page is not None and at < self.page), None)

    @property
    def first_wrong_page(self):
        """The first page with something to put right, for the last look before the answers are taken."""
        wrong = set(self.validated.errors)
        for at, section in enumerate(self.schema.sections):
            if any(q.name in wrong for q in section.questions):
                return at
        return None

    @property
    def place(self):
        """Which page of how many this is, counted from 1; None where all stands on one."""
        pages = self.pages
        return (pages.index(self.page) + 1, len(pages)) if self.page in pages else None

    @property
    def parts(self):
        """The sections of this page with their questions, numbered over the whole way."""
        here = {question.name for question in self._on_page()}
        numbers = self._numbers()
        found = []
        for section in self.schema.sections:
            asked = [self._asked(q, numbers) for q in section.questions if q.name in here]
            if asked:
                found.append(Part(section.title, asked))
        return found

    def _numbers(self):
        shown = set(self.path)
        asked = [q.name for q in self.schema.questions() if q.kind != Kind.NOTE]
        counted = asked if self.everything else [name for name in asked if name in shown]
        return {name: number for number, name in enumerate(counted, start=1)}

    def _asked(self, question, numbers):
        is_new = question.name in self.revealed
        if question.kind == Kind.NOTE:
            return Asked(question, None, None, None, is_new)
        other = self[question.other_name] if question.other else None
        return Asked(question, numbers.get(question.name), self[question.name], other, is_new)

    @property
    def shown_names(self):
        """For the page's hidden inputs `shown`."""
        return list(self.fields)

    @property
    def carried(self):
        """What other pages answered, as pairs for hidden inputs: for who keeps nothing on the server."""
        pairs = []
        for name, value in self.answers.items():
            if name not in self.fields:
                values = value if isinstance(value, list | tuple) else [value]
                pairs += [(self.add_prefix(name), item) for item in values]
        return pairs


def _widget(question, options):
    choices = [(option.name, option.label) for option in options]
    if question.kind in CHOOSE_ONE:
        return forms.RadioSelect(attrs={"class": "chips"}, choices=choices)
    if question.kind == Kind.MULTIPLE:
        return forms.CheckboxSelectMultiple(attrs={"class": "chips"}, choices=choices)
    if question.kind == Kind.RANKING:
        return RankingWidget(options)
    if question.kind == Kind.NUMBER:
        mode = "numeric" if question.is_whole else "decimal"
        return forms.TextInput(attrs={"inputmode": mode, "maxlength": 15, "autocomplete": "off"})
    if question.kind == Kind.DATE:
        return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    if question.kind == Kind.LONG_TEXT:
        return forms.Textarea(attrs={"rows": 4, "maxlength": MAX_LONG})
    return forms.TextInput(attrs={"maxlength": MAX_SHORT, "autocomplete": "off"})
