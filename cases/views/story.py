"""What a case's log tells: the seven steps, the timeline, the words of its clock. From loaded rows, without queries."""

from dataclasses import dataclass, field
from datetime import timedelta

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from cases.deadlines import WORKING_DAY, Light
from cases.models import Case
from cases.vocabulary import LEVEL_LABELS, STEP_LABELS, Deed, Level, Status, Step

LIGHTS = {Light.GREEN: ("正常", "good"), Light.YELLOW: ("将超期", "warn"), Light.RED: ("超期", "bad")}
STATUS_TONES = {
    Status.SUBMITTED: "warn",
    Status.SELF_CLOSED: "good",
    Status.REJECTED: "bad",
    Status.HANDLING: "info",
    Status.RETURNED: "warn",
    Status.SUSPENDED: "warn",
    Status.TO_VERIFY: "info",
    Status.TO_CLOSE: "info",
    Status.CLOSED: "good",
}
_PRESS_TONES = {
    "confirm": "good",
    "verify_and_close": "good",
    "close": "good",
    "settle": "good",
    "finish": "good",
    "doubt": "bad",
    "rework": "bad",
    "reject": "bad",
    "reopen": "warn",
    "hand_back": "warn",
    "void": "bad",
    Deed.SUPERVISE.value: "bad",
    Deed.REFUSE.value: "warn",
}
# What a press told along the way, in the order a person reads it.
_TOLD = {
    "handling_place": "处置地点",
    "cause": "原因",
    "measures": "措施",
    "helpers": "协同人员",
    "reply": "答复反映人",
    "subject": "什么事",
    "place": "地点",
    "words": "情况",
    "affected_households": "影响户数",
    "households": "相关住户",
    "units": "协办",
    "kind": "申请",
    "channel": "方式",
    "name": "谁",
    "work": "做什么",
}


def badges(case, told):
    """(words, tone) of the head: status, level, flags, light; colour is never the only sign. `told` is its `clock`."""
    found = [(case.get_status_display(), STATUS_TONES.get(case.status, "plain"))]
    if case.registered_at:
        found.append((f"L{case.level} {case.get_level_display()}", "plain"))
    light = LIGHTS.get(case.light)
    flags = (
        (case.is_urgent, "紧急", "bad"),
        (case.was_supervised, "督办", "bad"),
        (case.is_extended, "已延期", "warn"),
        (case.rework_count, f"返工 {case.rework_count} 次", "warn"),
        (case.reopen_count, f"重办 {case.reopen_count} 次", "warn"),
        (case.is_unchecked, "未抽查", "warn"),
        (case.is_provisional and case.is_open, "期限待定", "warn"),
    )
    found += [(words, tone) for holds, words, tone in flags if holds]
    if light:
        words, tone = light
        found.append((f"{words}，{told['words']}", tone))
    elif case.status == Status.CLOSED:
        found.append(("超期结案", "bad") if case.is_late else ("按期结案", "good"))
    return found


def steps(case, events):
    """The seven steps as the line shows them: what is done and since when, where it stands, what is left."""
    since = {event.step: event.happened_at for event in events if event.step}
    done = set(case.steps_done)
    left = [step for step in Step if step not in done]
    current = left[0] if left and (case.is_open or case.status in (Status.DRAFT, Status.CLOSED)) else None
    return [
        {
            "label": label,
            "state": "done" if step in done else "current" if step == current else "todo",
            "note": _step_note(case, step, done, since),
        }
        for step, label in STEP_LABELS.items()
    ]


def _step_note(case, step, done, since):
    if step in done:
        if step == Step.EVALUATE and case.rating:
            return case.get_rating_display()
        at = since.get(int(step))
        return f"{timezone.localtime(at):%-m-%d %H:%M}" if at else ""
    if step == Step.EVALUATE and case.status == Status.CLOSED:
        return "待评价"
    return ""


def span(delta):
    """A length of time as people say it: 2 天 3 小时, 5 小时 20 分, 12 分."""
    minutes = int(abs(delta).total_seconds() // 60)
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days} 天 {hours} 小时" if hours else f"{days} 天"
    if hours:
        return f"{hours} 小时 {minutes} 分" if minutes else f"{hours} 小时"
    return f"{minutes} 分"


def worked_span(delta):
    """The same of working time, where eight hours are a day: 2 个工作日 3 工作时, 5 工作时 20 分."""
    minutes = int(abs(delta).total_seconds() // 60)
    day = int(WORKING_DAY.total_seconds() // 60)
    days, hours, minutes = minutes // day, minutes % day // 60, minutes % 60
    if days:
        return f"{days} 个工作日 {hours} 工作时" if hours else f"{days} 个工作日"
    if hours:
        return f"{hours} 工作时 {minutes} 分" if minutes else f"{hours} 工作时"
    return f"{minutes} 分"


def clock(case, calendar=None):
    """How the limit stands: {words, tone} and whether the upstream's deadline rules. None before it runs.

    With the `calendar` of the days to the deadline, what is left or over is told in working time.
    """
    if case.due_at is None:
        return None
    now = timezone.now()

    def between(start, end):
        worked = calendar.worked(start, end) if calendar else timedelta(0)
        # Outside working hours the time on the clock says more than nothing.
        return worked_span(worked) if worked >= timedelta(minutes=1) else span(end - start)

    if case.status == Status.CLOSED:
        words, tone = f"用时 {minutes_words(case.natural_seconds)}", "bad" if case.is_late else "good"
    elif not case.is_open:
        words, tone = "已停止计时", "plain"
    elif case.suspended_since:
        words, tone = f"暂停计时，已停 {span(now - case.suspended_since)}", "warn"
    elif case.handled_at:
        words, tone = "已办好，等核实", "bad" if case.handled_at > case.due_at else "good"
    elif now > case.due_at:
        words, tone = f"已超 {between(case.due_at, now)}", "bad"
    else:
        words, tone = f"还剩 {between(now, case.due_at)}", LIGHTS[case.light][1]
    return {"words": words, "tone": tone, "upstream": case.due_by == Case.DueBy.UPSTREAM}


def minutes_words(seconds):
    """176 分钟, and beyond two hundred in hours and days."""
    if seconds is None:
        return "—"
    if seconds < 200 * 60:
        return f"{seconds // 60} 分钟"
    return span(timedelta(seconds=seconds))


@dataclass
class Line:
    """One press as the timeline shows it."""

    event: object
    title: str
    who: str
    tone: str = "plain"
    steps: list = field(default_factory=list)
    told: list = field(default_factory=list)
    photos: list = field(default_factory=list)
    link: object = None

    @property
    def is_repeated(self):
        """Whether the words are told again among what was told."""
        return any(value == self.event.words for _, value in self.told)


def timeline(events, photos=(), shown=()):
    """One line a press, newest first; `shown` are the other cases this reader may open."""
    by_record = {}
    for photo in photos:
        by_record.setdefault(photo.record_id, []).append(photo)
    cases = {str(case.uuid): case for case in shown}
    lines, before = [], None
    for event in events:
        if event.position and lines:
            lines[-1].steps.append(event.step_label)
            continue
        link = cases.get(event.data.get("case", ""))
        lines.append(
            Line(
                event=event,
                title=event.label,
                who=event.by.name if event.by else "系统",
                tone=_PRESS_TONES.get(event.press, "plain"),
                steps=[event.step_label] if event.step else [],
                told=[*_changes(event, before), *_told(event, link is not None)],
                photos=by_record.get(event.record_id, []) if event.record_id else [],
                link=link,
            )
        )
        before = event
    return lines[::-1]


def _changes(event, before):
    """Whom it went to, and the deadline where it was decided."""
    now = (event.holder_id, event.unit_id, event.level)
    was = (before.holder_id, before.unit_id, before.level) if before else (None, None, event.level)
    if now != was:
        desk = LEVEL_LABELS[Level(event.level)]
        yield (
            "经办",
            event.unit.name if event.unit else event.holder.name if event.holder else f"{desk}（待接手）",
        )
    if "due" in event.data:
        due = timezone.localtime(parse_datetime(event.data["due"][1]))
        yield "期限", f"{due.month}月{due.day}日 {due:%H:%M}"


def _told(event, is_linked):
    """(label, value) of what the press said beside its words."""
    data = event.data
    if "from" in data and "to" in data:
        yield "类别", f"{data['from']} → {data['to']}"
    for key, label in _TOLD.items():
        if data.get(key):
            yield label, data[key]
    yield from _told_times(data)
    if data.get("days"):
        yield "延长", f"{data['days']} 个工作日"
    if data.get("needs_expert"):
        yield "需要", "专业人员"
    if event.press == Deed.URGENT:
        yield "标记", "紧急" if data.get("urgent") else "不再紧急"
    if data.get("score"):
        yield "满意度", Case.Score(data["score"]).label
    if data.get("case_no") and not is_linked:
        yield "事件", data["case_no"]


def _told_times(data):
    if data.get("reply_by"):
        day = parse_date(data["reply_by"])
        yield "答复期限", f"{day.month}月{day.day}日"
    for key, label in (("arrived_at", "到场"), ("finished_at", "完工")):
        if data.get(key):
            yield label, f"{timezone.localtime(parse_datetime(data[key])):%H:%M}"
