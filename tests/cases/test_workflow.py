"""The table of a case's life against the town's rules, written down a second time."""

import pytest

from cases.vocabulary import ENDED, OPEN, STATUS_LABELS, STEP_LABELS, Bar, Clock, Status, Step
from cases.workflow import TRANSITIONS, diagram, presses_from, targets_of
from grids.access import Role, roles_with

S = Status
# Status → where it may go. 当场办结 may also be told at once, from a draft.
MAY_GO_TO = {
    S.DRAFT: {S.SUBMITTED, S.SELF_CLOSED},
    S.SUBMITTED: {S.REGISTERED, S.HANDLING, S.SELF_CLOSED, S.REJECTED, S.MERGED, S.DRAFT},
    S.SELF_CLOSED: {S.CLOSED, S.REGISTERED},
    S.REJECTED: {S.SUBMITTED},
    S.REGISTERED: {S.HANDLING, S.MERGED, S.VOIDED},
    S.HANDLING: {S.TO_VERIFY, S.RETURNED, S.MERGED, S.VOIDED, S.HANDLING, S.SUSPENDED},
    S.RETURNED: {S.HANDLING},
    S.SUSPENDED: {S.HANDLING, S.MERGED},
    S.TO_VERIFY: {S.TO_CLOSE, S.CLOSED, S.HANDLING},
    S.TO_CLOSE: {S.CLOSED},
    S.CLOSED: {S.HANDLING},
    S.MERGED: {S.SUBMITTED, S.REGISTERED, S.HANDLING, S.SUSPENDED},
    S.VOIDED: set(),
}


@pytest.mark.parametrize("status", Status)
def test_where_a_case_may_go(status):
    assert targets_of(status) == MAY_GO_TO[status]


def test_every_status_and_step_has_a_name_and_is_reached():
    assert set(STATUS_LABELS) == set(Status) and set(STEP_LABELS) == set(Step)
    assert {t.target for t in TRANSITIONS.values()} - {None} == set(Status)
    assert OPEN | ENDED | {S.DRAFT} == set(Status) and not OPEN & ENDED


@pytest.mark.parametrize("press", TRANSITIONS.values(), ids=TRANSITIONS)
def test_a_press_is_whole(press):
    """Somebody in the grid's own line may press it, it takes nothing it does not undo, and the clock runs once."""
    assert roles_with(press.permission) & {
        Role.GRIDWORKER,
        Role.GRID_HEAD,
        Role.VILLAGE_OFFICER,
        Role.TOWN_OFFICER,
    }
    assert roles_with(press.permission) <= {
        Role.GRIDWORKER,
        Role.GRID_HEAD,
        Role.VILLAGE_OFFICER,
        Role.TOWN_OFFICER,
    }
    assert not press.completes & press.undoes
    if press.clock == Clock.START:
        assert press.sources <= {S.DRAFT, S.SUBMITTED, S.REGISTERED, S.RETURNED}
    if press.target == S.CLOSED:
        assert Step.CLOSE in press.completes and press.clock == Clock.END


def test_no_case_waits_for_a_person_who_does_not_exist():
    """Whatever waits, the town can move on, without having handled it."""
    for status in OPEN | {S.REJECTED, S.MERGED}:
        movers = [p for p in presses_from(status) if Role.TOWN_OFFICER in roles_with(p.permission)]
        assert [p for p in movers if not p.bars & {Bar.NOT_HOLDER, Bar.NOT_REPORTER}], status


def test_nobody_checks_their_own_work():
    for press in TRANSITIONS.values():
        if Step.CLOSE in press.completes and not press.automatic:
            assert Bar.HANDLER in press.bars


@pytest.mark.parametrize(
    ("presses", "status"),
    [
        (["settle", "confirm"], S.CLOSED),  # L0: two presses
        (["submit", "take", "finish", "verify_and_close"], S.CLOSED),  # L1: four
        (
            ["submit", "dispatch", "hand_up", "finish", "verify", "close"],
            S.CLOSED,
        ),  # heavy: six of at most eight
    ],
)
def test_how_many_presses_a_matter_costs(presses, status):
    """Each path is one along the table, and all seven steps but the evaluation are done at its end."""
    at, done = S.DRAFT, set()
    for name in presses:
        assert at in TRANSITIONS[name].sources
        at = TRANSITIONS[name].target
        done = done - TRANSITIONS[name].undoes | TRANSITIONS[name].completes

    assert at == status and done == set(Step) - {Step.EVALUATE}


def test_the_diagram_shows_every_press_once_for_each_way():
    lines = list(diagram())
    arrows = [line for line in lines if "-->" in line]

    assert len(arrows) == len(set(arrows))
    assert "    submitted --> handling: 我来办" in lines and "    draft: 草稿" in lines
    for press in TRANSITIONS.values():
        assert sum(line.endswith(f": {press.label}") for line in arrows) >= len(press.sources)
