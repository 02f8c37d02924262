"""The buttons of a case's page: exactly what this person may do with it now, the likeliest first."""

from dataclasses import dataclass

from django.urls import reverse

from cases import rights
from cases.actions.deeds import WORKED_ON
from cases.actions.requests import may_decide, may_reply
from cases.vocabulary import Status

S = Status

# What most people come to do in each status: the first that is allowed stands at the thumb, the next beside it.
_LIKELY = {
    S.DRAFT: ("submit",),
    S.SUBMITTED: ("dispatch", "take", "reject"),
    S.SELF_CLOSED: ("confirm", "doubt"),
    S.REJECTED: ("review",),
    S.REGISTERED: ("dispatch", "take"),
    S.HANDLING: ("finish", "note"),
    S.RETURNED: ("dispatch", "take"),
    S.SUSPENDED: ("resume", "note"),
    S.TO_VERIFY: ("verify_and_close", "verify", "rework"),
    S.TO_CLOSE: ("close",),
}
_ICONS = {"take": "check", "finish": "check", "confirm": "check", "verify_and_close": "check", "note": "edit"}
_ASKED = {"withdraw": "撤回后可以改好再报，现在就撤回吗？"}
# 挂账 is agreed to by answering the request.
_ELSEWHERE = frozenset({"suspend"})


@dataclass(frozen=True)
class Button:
    """A press or a deed: `posts` says that one POST does it, else it leads to a form."""

    name: str
    label: str
    url: str
    posts: bool = False

    @property
    def icon(self):
        return _ICONS.get(self.name, "")

    @property
    def confirm(self):
        return _ASKED.get(self.name, "")


def label_of(transition, case):
    """What the button says here: what is filed already is not filed again."""
    if transition.name == "dispatch" and case.registered_at:
        return "交办"
    return "改好再报" if transition.name == "submit" else transition.label


def posts_at_once(transition):
    """Whether the press asks nothing, so that one POST from the page does it."""
    return not transition.requires and transition.name != "submit"


def offered(user, case, rules, *, pending=None, supervision=None):
    """{primary, second, presses, deeds, decide, reply}: buttons or None; lists hold what is left of each kind."""
    buttons = {
        one.name: Button(one.name, label_of(one, case), _to("case_press", case, one.name), posts_at_once(one))
        for one in rights.allowed(user, case, rules)
        if one.name not in _ELSEWHERE
    }
    deeds = _deeds(user, case, pending, supervision)
    first = [
        found for name in _LIKELY.get(case.status, ()) if (found := buttons.get(name) or deeds.get(name))
    ][:2]
    rest = [button for button in buttons.values() if button not in first]
    decide, reply = deeds.pop("decide", None), deeds.pop("reply", None)
    return {
        "primary": first[0] if first else None,
        "second": first[1] if len(first) > 1 else None,
        "presses": rest,
        "deeds": [button for button in deeds.values() if button not in first],
        "decide": decide,
        "reply": reply,
    }


def _deeds(user, case, pending, supervision):
    """What may be written down of the case without moving it."""
    working = case.status in WORKED_ON and rights.works_on(user, case)
    open_ = not case.has_ended and case.status != S.DRAFT
    handing = case.status == S.HANDLING
    told = (
        (working, "note", "处置记录", "case_note"),
        (open_ and rights.works_on(user, case), "facts", "补充情况", "case_facts"),
        (open_ and rights.may_describe(user, case), "classify", "更改类别", "case_classify"),
        (open_ and rights.may_name_support(user, case), "support", "协办单位", "case_support"),
        (open_ and rights.may_link_households(user, case), "households", "相关住户", "case_households"),
        (working, "expert", "外请专业人员", "case_expert_new"),
        (handing and pending is None and rights.has_in_hand(user, case), "ask", "申请延期或挂账", "case_ask"),
        (_may_supervise(user, case, supervision), "supervise", "督办", "case_supervise"),
        (may_link(user, case), "link", "给反映人查询码", "case_link"),
        (_may_call(user, case), "call", "回访", "case_call"),
    )
    found = {name: Button(name, label, _to(address, case)) for holds, name, label, address in told if holds}
    if open_ and rights.may_describe(user, case):
        label = "取消紧急" if case.is_urgent else "标为紧急"
        found["urgent"] = Button("urgent", label, _to("case_urgent", case), posts=True)
    if pending is not None and handing and may_decide(user, case, pending):
        found["decide"] = Button("decide", "批复", reverse("case_decide", args=[pending.uuid]))
    if supervision is not None and may_reply(user, case):
        found["reply"] = Button("reply", "答复督办", reverse("case_reply", args=[supervision.uuid]))
    return found


def _may_supervise(user, case, supervision):
    if supervision is not None or not case.is_open or case.status == S.SELF_CLOSED:
        return False
    return rights.may_supervise(user, case)


def may_link(user, case):
    return case.status not in (S.DRAFT, S.VOIDED, S.REJECTED) and rights.may_issue_link(user, case)


def _may_call(user, case):
    return case.status == S.CLOSED and case.rating is None and rights.may_call_back(user, case)


def _to(name, case, *more):
    return reverse(name, args=[case.uuid, *more])
