"""Cases in bulk: what the actions of cases write one press at a time, for a year of a town.

A `Life` is told press by press in the order of time and kept in memory; the moves themselves are the actions' own
(`moving.moved`, `moving.events_of`). A test tells the same lives both ways and compares the rows.
"""

from collections import Counter
from datetime import timedelta

from django.db.models import F
from django.utils import timezone

from cases.actions import moving
from cases.actions.ratings import VALID_FOR, hash_of
from cases.actions.report import new_case
from cases.deadlines import WORKING_DAY
from cases.models import (
    Case,
    CaseCounter,
    CaseExpert,
    CaseHousehold,
    CaseLink,
    CaseRating,
    CaseRequest,
    CaseTask,
    Supervision,
)
from cases.vocabulary import Deed, Level, Status, Step
from cases.workflow import TRANSITIONS
from grids.models import Concern, FieldRecord, Finding
from hekou.demo import facts
from hekou.demo.copying import copy_in

Kind, Decision = CaseRequest.Kind, CaseRequest.Decision
# How soon the server writes down what a phone sends.
SECONDS = timedelta(seconds=3)


class NotYet(Exception):
    """The moment of a press has not come: the case stands as it does now."""


class Life:
    """One case from its report on. `clock` is the town's, `now` the end of what is told, `uuid` makes uuids."""

    def __init__(self, fact, *, clock, now, uuid, key=None):
        self.fact, self.clock, self.now, self.uuid = fact, clock, now, uuid
        told = fact.told["told"]
        fact.record = facts.record_of(fact)
        self.case = case = new_case(fact.record, told, key)
        case.uuid = uuid()
        # Sealed anew, since a sealed value is bound to its row's uuid.
        case.caller_phone = told.caller_phone
        self.events, self.rows, self.notes = [], [], []
        self._request = self._supervision = None
        given = {"urgent": True} if told.is_urgent else {}
        if told.settled:
            given |= {"holder_id": fact.actor.pk, "handler": fact.actor.pk, "level": fact.told["level"]}
            given["limit"] = list(told.category.limit)
        press, status = ("settle", Status.SELF_CLOSED) if told.settled else ("submit", Status.SUBMITTED)
        self._move(
            press,
            fact.envelope.captured_at,
            fact.actor,
            told.words,
            record=fact.record,
            status=status,
            category=told.category.pk,
            **given,
        )
        self.rows += [CaseHousehold(case=case, household=one) for one in told.households]

    def _move(self, press, at, by, words="", record=None, told=None, **given):
        if at > self.now:
            raise NotYet
        move = moving.moved(self.case, press, clock=self.clock, at=at, **given)
        events = moving.events_of(self.case, move, by=by, words=words, record=record, told=told)
        for event in events:
            event.recorded_at = min(at + SECONDS, self.now)
        self.events += events
        return move

    def press(self, name, at, by, words="", facts=None, **given):
        """A transition; `given` are level, holder_id, unit_id, handler, main, as the action would decide them."""
        transition, case = TRANSITIONS[name], self.case
        if at > self.now:
            raise NotYet
        if moving.snapshots.moves_limit(transition, name) and case.registered_at is None:
            given["limit"] = list(case.category.limit)
        if Step.FEEDBACK in transition.completes and name != "settle":
            given.setdefault("handler", by.pk)
        for column, value in (facts or {}).items():
            setattr(case, column, value)
        told = {column: value for column, value in (facts or {}).items() if value}
        target = Status(transition.target or case.status_before)
        self._move(name, at, by, words, told=told, status=target, **given)
        if case.status != Status.HANDLING and self._request:
            self._request.decision, self._request = Decision.LAPSED, None

    def take(self, at, by, level):
        self.press("take", at, by, level=level, holder_id=by.pk, unit_id=None, handler=by.pk)

    def give_to(self, at, by, person, level):
        """受理并交办 to a person."""
        self.press("dispatch", at, by, level=level, holder_id=person.pk, unit_id=None, handler=person.pk)

    def give_to_unit(self, at, by, unit, press="dispatch", words=""):
        """受理并交办, or with `press` hand_up 提请上级, to a unit."""
        level = Level.UNIT.value
        self.press(press, at, by, words, level=level, holder_id=None, unit_id=unit.pk, handler=None)

    def hand_up(self, at, by, words, level):
        self.press("hand_up", at, by, words, level=level, holder_id=None, unit_id=None, handler=None)

    def classify(self, at, by, category):
        old, self.case.category = self.case.category, category
        given = {"category": category.pk, "limit": list(category.limit)}
        self._move(Deed.CLASSIFY, at, by, told={"from": old.name, "to": category.name}, **given)

    def note(self, at, by, words):
        """处置记录, a field record of its own."""
        content = {"case": str(self.case.uuid), "words": words, "needs_expert": False}
        envelope = facts.envelope_at(self.uuid(), at)
        fact = facts.Fact(
            kind=FieldRecord.Kind.CASE_NOTE,
            by=by,
            actor=by,
            grid=self.case.responsible_grid,
            envelope=envelope,
            received_at=min(at + SECONDS, self.now),
            told=content,
        )
        if at > self.now:
            raise NotYet
        fact.record = facts.record_of(fact)
        self.notes.append(fact)
        self._move(Deed.NOTE, at, by, words, record=fact.record)

    def expert(self, at, by, name, work, minutes):
        """Somebody called in who came and was done after so many minutes, told afterwards in one go."""
        arrived = at - timedelta(minutes=minutes)
        self._move(Deed.EXPERT, at, by, told={"name": name, "work": work})
        self.rows.append(
            CaseExpert(
                uuid=self.uuid(),
                case=self.case,
                name=name,
                work=work,
                arrived_at=arrived,
                finished_at=at,
            )
        )

    def ask(self, at, by, kind, reason, days=None):
        told = {"kind": Kind(kind).label} | ({"days": days} if days else {})
        self._move(Deed.ASK, at, by, reason, told=told)
        self._request = CaseRequest(
            uuid=self.uuid(), case=self.case, kind=kind, days=days, reason=reason, asked_by=by, asked_at=at
        )
        self.rows.append(self._request)

    def decide(self, at, by, agreed, opinion=""):
        """The answer to what was asked for last."""
        if at > self.now:
            raise NotYet
        request, case = self._request, self.case
        if not agreed:
            self._move(Deed.REFUSE, at, by, opinion, told={"kind": Kind(request.kind).label})
        elif request.kind == Kind.EXTEND:
            day = 24 * 60 if case.limit_unit == "urgent_hours" else 8 * 60
            minutes = case.extended_minutes + request.days * day
            told = {"days": request.days}
            self._move(Deed.EXTEND, at, by, opinion, told=told, extended_minutes=minutes)
        else:
            self._request = None
            self.press("suspend", at, by, opinion or "同意")
        request.decision = Decision.AGREED if agreed else Decision.REFUSED
        request.decided_by, request.decided_at, request.opinion = by, at, opinion
        self._request = None

    def supervise(self, at, by, words, reply_by):
        self._move(Deed.SUPERVISE, at, by, words, reply_by=reply_by)
        self._supervision = Supervision(
            uuid=self.uuid(), case=self.case, words=words, reply_by=reply_by, by=by, at=at
        )
        self.rows.append(self._supervision)

    def reply(self, at, by, words):
        self._move(Deed.REPLY, at, by, words)
        given = self._supervision
        given.reply, given.replied_by, given.replied_at = words, by, at

    def merge_into(self, main, at, by):
        self.press("merge", at, by, main=main.case.pk)
        told = {"case_no": self, "case": str(self.case.uuid)}
        main._move(Deed.ABSORB, at, by, told=told)

    def rate(self, at, score, words="", by=None, code="", issued=None):
        """A rating by call of `by`, or by a link with that code, issued (by whom, when); the case is closed."""
        channel = CaseRating.Channel.CALL if by else CaseRating.Channel.LINK
        told = {"channel": channel.label}
        self._move(Deed.RATE, at, by, words, told=told, score=int(score))
        round_ = self.case.reopen_count
        rating = CaseRating(
            case=self.case, round=round_, score=score, words=words, channel=channel, called_by=by, at=at
        )
        self.rows.append(rating)
        if issued:
            who, when = issued
            self.rows.append(
                CaseLink(
                    case=self.case,
                    token_hash=hash_of(code),
                    round=round_,
                    issued_by=who,
                    issued_at=when,
                    expires_at=when + VALID_FOR,
                    used_at=at,
                )
            )
        if score == Case.Score.UNSATISFIED:
            due_at = self.clock.calendar.after(at, WORKING_DAY * self.clock.rules.rating_days)
            self.rows.append(CaseTask(uuid=self.uuid(), case=self.case, rating=rating, due_at=due_at))

    def check(self, at, by, result, words=""):
        """What a spot check found; the row of the draw is written by who drew it."""
        self._move(Deed.CHECK, at, by, words, told={"result": result})

    def finish_task(self, at, by, outcome):
        self._move(Deed.TASK, at, by, outcome)
        task = self.rows[-1]
        task.done_at, task.done_by, task.outcome = at, by, outcome


def write(lives, uuid):
    """Write the lives with all that hangs on them; the audit entries they owe, unsaved."""
    lives.sort(key=lambda life: life.fact.received_at)
    told = [fact for life in lives for fact in (life.fact, *life.notes)]
    entries = facts.write(told, uuid)
    _number(lives)
    for life in lives:
        # Set again: the records have their keys only now.
        life.case.record = life.fact.record
    # A duplicate points at its main case: that is stored first.
    copy_in(sorted((life.case for life in lives), key=lambda case: case.merged_into_id is not None))
    for life in lives:
        for event in life.events:
            if event.record is not None:
                event.record = event.record
            if isinstance(event.data.get("case_no"), Life):
                event.data["case_no"] = event.data["case_no"].case.case_no
    copy_in([event for life in lives for event in life.events])
    _write_rows([row for life in lives for row in life.rows])
    _pass_on(lives)
    return entries


def _number(lives):
    """The numbers of each day in the order of coming in, and the counters that go on from there."""
    last = Counter()
    for life in lives:
        day = timezone.localdate(life.fact.received_at)
        key = life.case.town_id, day
        last[key] += 1
        life.case.case_no = f"{day:%Y%m%d}-{last[key]:04d}"
    copy_in([CaseCounter(town_id=town, day=day, last=n) for (town, day), n in last.items()])


def _write_rows(rows):
    by_model = {}
    for row in rows:
        by_model.setdefault(type(row), []).append(row)
    tasks = by_model.pop(CaseTask, [])
    for of_model in by_model.values():
        copy_in(of_model)
    for task in tasks:
        task.rating = task.rating
    copy_in(tasks)


def _pass_on(lives):
    """Concerns and findings that became cases: passed on, whatever answer they had been given in the telling."""
    told = [life.fact.told["told"] for life in lives]
    concerns = [one.concern.pk for one in told if one.concern]
    given = {"answer": "", "answered_by": None, "answered_at": None}
    Concern.objects.filter(pk__in=concerns).update(
        state=Concern.State.PASSED_ON, version=F("version") + 1, **given
    )
    findings = [one.finding.pk for one in told if one.finding]
    given = {"settled_by": None, "settled_at": None}
    Finding.objects.filter(pk__in=findings).update(
        state=Finding.State.PASSED_ON, version=F("version") + 1, **given
    )
