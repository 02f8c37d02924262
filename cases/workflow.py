"""The life of a case as data. Pure: buttons, the diagram, the tests and `actions.advance` are made from this table.

A case goes through seven named steps; a press may complete several of them, so that a matter the grid can settle costs
no more presses than telling about it. Who may press where is a permission (grids.access); `not_by` names who may not
although they hold it. Source: the town's rules for cases (DOMAIN); what is marked *local* there is local here.
"""

from collections.abc import Iterator
from typing import NamedTuple

from cases.vocabulary import STATUS_LABELS, Bar, Clock, Condition, Need, Status, Step
from grids.access import Permission as P


class Transition(NamedTuple):
    """One press. `target` None goes back to the status before the merge."""

    name: str
    label: str
    sources: frozenset[Status]
    target: Status | None
    permission: P
    completes: frozenset[Step] = frozenset()
    undoes: frozenset[Step] = frozenset()
    requires: frozenset[Need] = frozenset()
    bars: frozenset[Bar] = frozenset()
    condition: Condition | None = None
    clock: Clock | None = None
    level_change: int = 0
    automatic: bool = False


S = Status


def _press(
    name: str, label: str, sources: set[Status], target: Status | None, permission: P, **more: object
) -> Transition:
    sets = {key: frozenset(value) if isinstance(value, set) else value for key, value in more.items()}
    return Transition(name, label, frozenset(sources), target, permission, **sets)  # type: ignore[arg-type]


TRANSITIONS: dict[str, Transition] = {
    transition.name: transition
    for transition in (
        _press("submit", "上报", {S.DRAFT}, S.SUBMITTED, P.REPORT_CASE, completes={Step.COLLECT}),
        _press(
            "settle",
            "当场办结",
            {S.DRAFT, S.SUBMITTED},
            S.SELF_CLOSED,
            P.SETTLE_CASE,
            completes={Step.COLLECT, Step.FILE, Step.DISPATCH, Step.HANDLE, Step.FEEDBACK},
            condition=Condition.SETTLES_AT_ONCE,
            clock=Clock.START,
        ),
        _press(
            "confirm",
            "确认",
            {S.SELF_CLOSED},
            S.CLOSED,
            P.VERIFY_CASE,
            completes={Step.CLOSE},
            bars={Bar.HANDLER},
            clock=Clock.END,
        ),
        _press(
            "close_unchecked",
            "未抽查，自动结案",
            {S.SELF_CLOSED},
            S.CLOSED,
            P.VERIFY_CASE,
            completes={Step.CLOSE},
            clock=Clock.END,
            automatic=True,
        ),
        _press(
            "doubt",
            "没有办好",
            {S.SELF_CLOSED},
            S.REGISTERED,
            P.VERIFY_CASE,
            undoes={Step.DISPATCH, Step.HANDLE, Step.FEEDBACK},
            requires={Need.OPINION},
            bars={Bar.HANDLER},
        ),
        _press(
            "register",
            "受理",
            {S.SUBMITTED},
            S.REGISTERED,
            P.REGISTER_CASE,
            completes={Step.FILE},
            clock=Clock.START,
        ),
        _press("reject", "不予受理", {S.SUBMITTED}, S.REJECTED, P.REGISTER_CASE, requires={Need.OPINION}),
        _press(
            "ask_back",
            "退回补充",
            {S.SUBMITTED},
            S.DRAFT,
            P.REGISTER_CASE,
            undoes={Step.COLLECT},
            requires={Need.OPINION},
        ),
        _press(
            "withdraw",
            "撤回",
            {S.SUBMITTED},
            S.DRAFT,
            P.REPORT_CASE,
            undoes={Step.COLLECT},
            bars={Bar.NOT_REPORTER},
        ),
        _press(
            "review",
            "申请复核",
            {S.REJECTED},
            S.SUBMITTED,
            P.REPORT_CASE,
            requires={Need.REASON},
            condition=Condition.REVIEW_LEFT,
        ),
        _press(
            "take",
            "我来办",
            {S.SUBMITTED, S.REGISTERED, S.RETURNED},
            S.HANDLING,
            P.HANDLE_CASE,
            completes={Step.FILE, Step.DISPATCH},
            clock=Clock.START,
        ),
        _press(
            "dispatch",
            "受理并交办",
            {S.SUBMITTED, S.REGISTERED, S.RETURNED},
            S.HANDLING,
            P.DISPATCH_CASE,
            completes={Step.FILE, Step.DISPATCH},
            requires={Need.HOLDER},
            clock=Clock.START,
        ),
        _press(
            "finish",
            "办好了",
            {S.HANDLING},
            S.TO_VERIFY,
            P.HANDLE_CASE,
            completes={Step.HANDLE, Step.FEEDBACK},
            requires={Need.MEASURES},
            bars={Bar.NOT_HOLDER},
        ),
        _press(
            "hand_back",
            "退回",
            {S.HANDLING},
            S.RETURNED,
            P.HANDLE_CASE,
            undoes={Step.DISPATCH},
            requires={Need.REASON},
            bars={Bar.NOT_HOLDER},
        ),
        _press(
            "refuse_return",
            "不同意退回",
            {S.RETURNED},
            S.HANDLING,
            P.DISPATCH_CASE,
            completes={Step.DISPATCH},
            requires={Need.OPINION},
            bars={Bar.HANDLER},
        ),
        _press(
            "hand_up",
            "提请上级",
            {S.HANDLING},
            S.HANDLING,
            P.HANDLE_CASE,
            requires={Need.REASON},
            bars={Bar.NOT_HOLDER},
            condition=Condition.BELOW_UNIT,
            level_change=1,
        ),
        _press(
            "hand_across",
            "转给别人办",
            {S.HANDLING},
            S.HANDLING,
            P.DISPATCH_CASE,
            requires={Need.HOLDER, Need.REASON},
        ),
        _press(
            "suspend",
            "同意挂账",
            {S.HANDLING},
            S.SUSPENDED,
            P.APPROVE_REQUEST,
            requires={Need.OPINION},
            bars={Bar.HANDLER},
            clock=Clock.STOP,
        ),
        _press("resume", "恢复办理", {S.SUSPENDED}, S.HANDLING, P.HANDLE_CASE, clock=Clock.RESUME),
        _press(
            "verify_and_close",
            "核实结案",
            {S.TO_VERIFY},
            S.CLOSED,
            P.VERIFY_CASE,
            completes={Step.CLOSE},
            bars={Bar.HANDLER},
            condition=Condition.CLOSES_DIRECTLY,
            clock=Clock.END,
        ),
        _press(
            "verify",
            "核实无误",
            {S.TO_VERIFY},
            S.TO_CLOSE,
            P.VERIFY_CASE,
            bars={Bar.HANDLER},
            condition=Condition.CLOSES_IN_TOWN,
        ),
        _press(
            "rework",
            "返工",
            {S.TO_VERIFY},
            S.HANDLING,
            P.VERIFY_CASE,
            undoes={Step.HANDLE, Step.FEEDBACK},
            requires={Need.OPINION},
            bars={Bar.HANDLER},
        ),
        _press(
            "close",
            "结案",
            {S.TO_CLOSE},
            S.CLOSED,
            P.CLOSE_CASE,
            completes={Step.CLOSE},
            bars={Bar.HANDLER},
            clock=Clock.END,
        ),
        _press(
            "reopen",
            "重办",
            {S.CLOSED},
            S.HANDLING,
            P.REOPEN_CASE,
            undoes={Step.HANDLE, Step.FEEDBACK, Step.CLOSE},
            requires={Need.REASON},
            condition=Condition.IN_REACH,
            clock=Clock.REOPEN,
        ),
        _press(
            "merge",
            "合并",
            {S.SUBMITTED, S.REGISTERED, S.HANDLING, S.SUSPENDED},
            S.MERGED,
            P.MERGE_CASE,
            requires={Need.MAIN_CASE},
            clock=Clock.STOP,
        ),
        _press(
            "unmerge",
            "取消合并",
            {S.MERGED},
            None,
            P.MERGE_CASE,
            requires={Need.REASON},
            condition=Condition.WAS_MERGED,
            clock=Clock.RESUME,
        ),
        _press(
            "void",
            "作废",
            {S.REGISTERED, S.HANDLING},
            S.VOIDED,
            P.VOID_CASE,
            requires={Need.REASON},
            clock=Clock.STOP,
        ),
    )
}


def presses_from(status: Status) -> list[Transition]:
    """What a person may press on a case in the status, in the order of the table."""
    return [t for t in TRANSITIONS.values() if status in t.sources and not t.automatic]


def targets_of(status: Status) -> set[Status]:
    """Where a case may go from the status; a merged one goes back to where it was."""
    found: set[Status] = set()
    for transition in TRANSITIONS.values():
        if status in transition.sources:
            back = transition.target is None
            found |= set(TRANSITIONS["merge"].sources) if back else {Status(transition.target or status)}
    return found


def diagram() -> Iterator[str]:
    """The lines of a Mermaid state diagram of the table, with Chinese labels."""
    yield "stateDiagram-v2"
    for status, label in STATUS_LABELS.items():
        yield f"    {status.value}: {label}"
    for transition in TRANSITIONS.values():
        for source in sorted(transition.sources, key=list(Status).index):
            targets = [transition.target] if transition.target else sorted(TRANSITIONS["merge"].sources)
            for target in targets:
                yield f"    {source.value} --> {target.value}: {transition.label}"
