"""Somebody answering a questionnaire, page by page, whatever way they came.

What was answered so far travels in the page itself, in one signed field: nothing is kept here, neither in a session nor
in a row (a code alone has a draft, so that it can be gone on with on another phone). The field is signed for the place
it was made in and opens in no other. It holds the key of the response from the first page on, so that the same page
posted twice is one answer.
"""

from dataclasses import asdict, dataclass, field, replace
from uuid import UUID, uuid4

from django.core import signing

from grids.exceptions import DomainError
from grids.views.public import public_page
from surveys.actions import answering
from surveys.actions.answering import has_room
from surveys.actions.throttle import Blocked
from surveys.exceptions import OtherAnswer, QuotaFull, RoundClosed, TokenUsed
from surveys.forms.answering import WhoForm
from surveys.forms.answers import AnswerForm
from surveys.models import schema_of
from surveys.schema import estimated_seconds

BACK, START = "back", "start"
# Nothing a person types on these pages is longer; what is, never becomes an answer.
LONGEST, MOST = 4000, 200

STATUS = {"used": 410, "void": 410, "over": 410, "early": 403, "full": 409, "other": 409, "wait": 429}
CHANGED = "问卷刚刚换了新的一版，请从头看一遍，答过的都还在。"
LOST = "这一页过期了，没有收到刚才的内容，请从这里重新答。"


@dataclass(frozen=True)
class Sheet:
    """What a page carries to the next. `given` is what an interviewer's page says of the interview."""

    response: str
    version: int
    who: dict = field(default_factory=dict)
    answers: dict = field(default_factory=dict)
    given: dict = field(default_factory=dict)

    @classmethod
    def fresh(cls, round, **known):
        return cls(response=str(uuid4()), version=round.version_id, **known)

    @classmethod
    def read(cls, text, place, max_age=None):
        """The sheet of a posted field; None for one that was altered, is of elsewhere or too old."""
        try:
            return cls(**signing.loads(text, salt=f"survey.{place}", max_age=max_age))
        except (signing.BadSignature, TypeError, ValueError):
            return None

    def signed(self, place):
        return signing.dumps(asdict(self), salt=f"survey.{place}", compress=True)

    def answered(self, answers):
        """With these answers, as JSON holds them."""
        return replace(self, answers={name: _plain(value) for name, value in answers.items()})


def _plain(value):
    if isinstance(value, str):
        return value[:LONGEST]
    return [_plain(item) for item in value][:MOST] if isinstance(value, list | tuple) else value


class Sitting:
    """The pages of one questionnaire; a subclass says where the answers come from and where they go.

    `place` is what the carried field is signed for; `seed` turns the options, the response's key where there is none.
    Every answer to a request is made by `get` or `post`.
    """

    mode = None
    page_template = "surveys/answer_page.html"
    start_template = "surveys/answer_start.html"
    refused_template = "surveys/answer_refused.html"
    form_class = WhoForm
    has_start = True

    def __init__(self, request, round, place, seed=""):
        self.request, self.round, self.place, self.seed = request, round, place, seed
        self.schema = schema_of(round.version)
        self._areas = None

    # What the pages need to know of the way somebody came

    @property
    def action(self):
        """Where the pages post to."""
        return self.request.path

    def areas(self):
        """The places to choose from, None where the place is known."""
        if self._areas is None:
            rows = self.round.areas.select_related("area").order_by("area__code")
            self._areas = [row.area for row in rows]
        return self._areas

    def usual_who(self):
        """What is known of who answers before anybody said it."""
        return {}

    def given(self):
        """What finishing takes besides the answer: a token, a household, an interviewer."""
        return {}

    def context(self):
        return {}

    def before_finish(self):
        """Raise DomainError where the answer is not to be taken now."""

    def keep(self, sheet, page):
        """Keep what was told; an answer that leads to the page, or None to show it at once."""

    def done(self, sheet, made):
        raise NotImplementedError

    # The course of a request

    def get(self):
        return self.start(Sheet.fresh(self.round))

    def post(self, sheet):
        """`sheet` is what the posted page carried, None where it cannot be read."""
        if sheet is None:
            return self.start(Sheet.fresh(self.round), notice=LOST, status=422)
        if sheet.version != self.round.version_id:
            return self.changed(sheet)
        page = _number(self.request.POST.get("page", ""))
        if page is None or not sheet.who:
            return self.post_start(sheet) if self.has_start else self.page(sheet, self.questions(sheet, 0))
        return self.post_page(sheet, page)

    def post_start(self, sheet):
        form = self.form_class(self.request.POST, areas=self.areas())
        if not form.is_valid():
            return self.start(sheet, form, status=422)
        sheet = replace(sheet, who=form.told)
        return self.begin(sheet, form)

    def begin(self, sheet, form):
        """The first page of questions, unless people like this were asked enough."""
        if not self.has_room(sheet):
            return self.refused("full", "这一部分人已经问够了", str(QuotaFull()))
        first = next(iter(self.questions(sheet).pages), 0)
        return self.go(sheet, first)

    def post_page(self, sheet, page):
        form = self.questions(sheet, page, self.request.POST)
        sheet = sheet.answered(form.answers)
        if self.request.POST.get("go") == BACK:
            return self.go(sheet, START if form.previous is None and self.has_start else form.previous or 0)
        if not form.is_valid():
            return self.page(sheet, form, status=422)
        if form.following is not None:
            return self.go(sheet, form.following)
        wrong = form.first_wrong_page
        if wrong is not None and wrong != page:
            return self.page(sheet, self.questions(sheet, wrong, self.request.POST), status=422)
        return self.finish(sheet, form)

    def finish(self, sheet, form):
        try:
            self.before_finish()
            made = answering.finish(
                round=self.round,
                response=UUID(sheet.response),
                mode=self.mode,
                answers=form.clean_answers,
                **self.who(sheet),
                **self.given(),
            )
        except QuotaFull as full:
            return self.refused("full", "这一部分人已经问够了", str(full))
        except RoundClosed:
            return self.refused(
                "over", "这次调查已经结束", "这次调查已经结束，刚才的没有收下，谢谢您的关心。"
            )
        except (TokenUsed, OtherAnswer) as known:
            return self.refused("used", "已经答过了", str(known))
        except DomainError as refused:
            return self.not_taken(sheet, form, refused)
        return self.done(sheet, made)

    def who(self, sheet):
        """For whom was answered, as finishing takes it."""
        told = sheet.who
        return {
            "area": self.area(told.get("area")),
            "sex": told["sex"],
            "age_band": told["age_band"],
            "is_proxy": told["is_proxy"],
        }

    def area(self, code):
        """The place of this code, None for one that the round does not have; a page with all of them looks there."""
        if self._areas is not None:
            return next((area for area in self._areas if area.code == code), None)
        rows = self.round.areas.select_related("area").defer("area__boundary")
        return next((row.area for row in rows.filter(area__code=code)), None)

    def has_room(self, sheet):
        told = self.who(sheet)
        told.pop("is_proxy")
        return has_room(round=self.round, **told)

    # The pages

    def go(self, sheet, page):
        """To a page, with what was answered so far; nothing is said of what is still missing on it."""
        kept = self.keep(sheet, page)
        if kept is not None:
            return kept
        if page == START:
            return self.start(sheet)
        return self.page(sheet, self.questions(sheet, page))

    def start(self, sheet, form=None, *, notice="", status=200):
        if form is None:
            initial = self.form_class.initial_of(sheet.who) or self.usual_who()
            form = self.form_class(initial=initial, areas=self.areas())
        context = {"form": form, "notice": notice, "minutes": -(-estimated_seconds(self.schema) // 60)}
        return self._page(self.start_template, sheet, context, status)

    def questions(self, sheet, page=None, data=None):
        seed = self.seed or sheet.response
        return AnswerForm(self.schema, data, initial=sheet.answers, seed=seed, page=page)

    def page(self, sheet, form, *, notice="", tone="warn", status=200):
        if form.place is None:
            # Every question of the page is hidden now, or there never was such a page.
            first = next(iter(form.pages), None)
            if first is None:
                return self.refused("over", "没有题目要问", "照现在的条件，没有题目要问，谢谢您。")
            form = self.questions(sheet, first)
        may_back = form.previous is not None or self.has_start
        told = {"notice": notice, "notice_tone": tone}
        context = {"form": form, "may_back": may_back, "who": sheet.who} | told
        return self._page(self.page_template, sheet, context, status)

    def changed(self, sheet):
        """The questionnaire is another one now: from the start, with what still answers a question of it."""
        names = {q.name for q in self.schema.questions()}
        names |= {q.other_name for q in self.schema.questions() if q.other}
        answers = {name: value for name, value in sheet.answers.items() if name in names}
        sheet = replace(sheet, version=self.round.version_id, answers=answers)
        if self.has_start:
            return self.start(sheet, notice=CHANGED, status=409)
        return self.page(sheet, self.questions(sheet, 0), notice=CHANGED, status=409)

    def refused(self, kind, title, words):
        context = {"round": self.round, "kind": kind, "title": title, "words": words} | self.context()
        return public_page(self.request, self.refused_template, context, status=STATUS[kind], has_form=False)

    def not_taken(self, sheet, form, refused):
        """The last page again, with why it was not taken."""
        status = STATUS["wait"] if isinstance(refused, Blocked) else STATUS["other"]
        return self.page(sheet, form, notice=str(refused), status=status)

    def _page(self, template, sheet, context, status):
        context |= {
            "round": self.round,
            "schema": self.schema,
            "sheet": sheet.signed(self.place),
            "action": self.action,
        }
        return public_page(self.request, template, context | self.context(), status=status)


def _number(text):
    """The page that was posted; None for the start."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else None
