"""Splitting, merging and retiring grids on a date (acceptance story 10)."""

import threading
from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grids import access
from grids.access import Permission as P
from grids.access import Role
from grids.actions import net as net_actions
from grids.actions import placements, regrid
from grids.exceptions import DomainError
from grids.models import (
    AuditEntry,
    FieldRecord,
    Grid,
    GridAssignment,
    GridSuccession,
    Household,
    HouseholdVisit,
    Placement,
)
from tests.factories import (
    AssignmentFactory,
    ConcernFactory,
    GridFactory,
    HouseholdFactory,
    ResidentFactory,
    UserFactory,
    VisitFactory,
)

TODAY, FIRST = date(2026, 11, 23), date(2026, 12, 1)
OLD, NEW_1, NEW_2 = "140181100006001", "140181100006002", "140181100006003"


@pytest.fixture
def on(clock):
    clock(TODAY)
    return clock


@pytest.fixture
def old(on, net):
    """A grid of 寨上社区 with 120 households of one resident each, and its worker."""
    GridFactory(code="140181100006", kind="community", name="寨上社区")
    grid = GridFactory(code=OLD, name="寨上第一网格")
    households = HouseholdFactory.create_batch(120, grid=grid)
    for household in households:
        ResidentFactory(household=household)
    AssignmentFactory(user=UserFactory(name="郝丽娟"), grid=grid)
    return grid


def households_of(grid):
    return list(Household.objects.filter(placements__grid=grid).order_by("address_key", "pk"))


def divide(households, first):
    ids = [household.pk for household in households]
    return [
        regrid.Part(NEW_1, "寨上东网格", frozenset(ids[:first])),
        regrid.Part(NEW_2, "寨上西网格", frozenset(ids[first:])),
    ]


def can_open(user, visit):
    access.forget(user)
    return HouseholdVisit.objects.visible_to(user, P.SEE_FIELDWORK).filter(pk=visit.pk).exists()


def test_story_10_the_whole_way_through_the_pages(on, old, cast, login):
    """120 households, 62 and 58, from the 1st of next month, by the office's own forms."""
    worker, newcomer = old.assignments.get().user, UserFactory(name="新网格员")
    households = households_of(old)
    visit = VisitFactory(household=households[119], visitor=worker)
    concern = ConcernFactory(grid=old, heard_by=worker)
    url = reverse("net_split", args=[OLD])
    client = login(cast.town_officer)

    page = client.get(url)
    form = page.context["form"]
    assert str(form["effective_on"].value()) == "2026-12-01"
    assert [part.code.value() for part in form.parts] == [NEW_1, NEW_2]
    assert [part.households for part in form.parts] == [60, 60]
    assert "赵老汉" not in page.content.decode()

    dealt = client.post(url, {"step": "divide", "count_0": "62", "name_0": "寨上东网格"})
    form = dealt.context["form"]
    assert [part.households for part in form.parts] == [62, 58]
    assert form["name_0"].value() == "寨上东网格"

    term = old.assignments.get()
    answers = {
        "effective_on": "2026-12-01",
        "code_0": NEW_1,
        "name_0": "寨上东网格",
        "code_1": NEW_2,
        "name_1": "寨上西网格",
        "newcomers": "0",
        "terms": [f"{term.pk}-0"],
        **{f"h-{row.key}": row.part for row in form.rows},
    }
    preview = client.post(url, answers | {"step": "preview"})
    assert "62 户" in preview.content.decode() and "58 户" in preview.content.decode()
    assert not Grid.objects.filter(code=NEW_1).exists()
    entries = AuditEntry.objects.count()
    done = client.post(url, answers | {"step": "confirm"}, follow=True)

    assert "定于 2026-12-01 拆分" in done.content.decode()
    assert "62 户（启用时）" in client.get(reverse("net_grid", args=[NEW_1])).content.decode()
    assert AuditEntry.objects.count() == entries + 1
    entry = AuditEntry.objects.latest("id")
    assert (entry.action, entry.object_key) == (AuditEntry.Action.REGRID, OLD)
    assert "62 户" in str(entry.changes) and "58 户" in str(entry.changes)
    AssignmentFactory(user=newcomer, grid=Grid.objects.get(code=NEW_2), starts_on=FIRST)

    for day in (TODAY, FIRST - timedelta(days=1)):
        on(day)
        assert can_open(worker, visit) and not can_open(newcomer, visit)
        assert Placement.objects.current().filter(grid__code=OLD).count() == 120
    on(FIRST)
    assert can_open(newcomer, visit) and not can_open(worker, visit)
    assert access.can(worker, P.SEE_HOUSEHOLDS, Grid.objects.get(code=NEW_1))
    counts = {
        code: Placement.objects.current().filter(grid__code=code).count() for code in (OLD, NEW_1, NEW_2)
    }
    assert counts == {OLD: 0, NEW_1: 62, NEW_2: 58}
    # What was written keeps the code it was written under, and the successors' workers still reach it.
    visit.refresh_from_db()
    assert visit.grid.code == FieldRecord.objects.get(pk=visit.record_id).grid.code == OLD
    assert concern in type(concern).objects.visible_to(newcomer, P.SEE_FIELDWORK)
    assert net_actions.free_codes("140181100006") == ["140181100006004"]


def test_the_code_of_a_retired_grid_is_never_given_again(old, cast):
    regrid.split(grid=old, by=cast.admin, effective_on=FIRST, parts=divide(households_of(old), 60))

    community = Grid.objects.get(code="140181100006")
    for code in (OLD, NEW_1):
        with pytest.raises(DomainError, match="用过"):
            net_actions.open_place(
                parent=community, by=cast.admin, code=code, name="又一个", kind="basic", opened_on=FIRST
            )


def test_a_household_nobody_divided_goes_to_the_stated_successor(old, cast):
    parts = divide(households_of(old), 62)
    late = HouseholdFactory(grid=old, grid__since=TODAY)

    regrid.split(grid=old, by=cast.admin, effective_on=FIRST, parts=parts, newcomers=1)

    assert late.placements.get(ends_on=None).grid.code == NEW_2


def test_a_household_entered_between_decision_and_date_follows_it(on, old, cast):
    regrid.split(
        grid=old, by=cast.admin, effective_on=FIRST, parts=divide(households_of(old), 62), newcomers=1
    )
    household = Household.objects.create(address="寨上 999 号", address_key="zhaishang000999")

    on(TODAY + timedelta(days=2))
    placements.begin(household=household, grid=old, on=timezone.localdate())

    periods = household.placements.order_by("starts_on").values_list("grid__code", "starts_on", "ends_on")
    assert list(periods) == [(OLD, TODAY + timedelta(days=2), FIRST), (NEW_2, FIRST, None)]


def test_what_is_planned_in_the_old_grid_moves_on_too(old, cast):
    """A move into the grid after the date, and a move out of it after the date, both hold."""
    coming = HouseholdFactory(grid=GridFactory(code="140181100006009", name="别的"))
    Placement.objects.filter(household=coming).update(ends_on=FIRST + timedelta(days=5))
    Placement.objects.create(household=coming, grid=old, starts_on=FIRST + timedelta(days=5))
    leaving = households_of(old)[0]
    Placement.objects.filter(household=leaving).update(ends_on=FIRST + timedelta(days=9))
    parts = divide(households_of(old), 60)

    regrid.split(grid=old, by=cast.admin, effective_on=FIRST, parts=parts)

    assert not Placement.objects.filter(grid=old, ends_on=None).exists()
    assert not Placement.objects.filter(grid=old, ends_on__gt=FIRST).exists()
    assert coming.placements.get(ends_on=None).grid.code in (NEW_1, NEW_2)
    last = leaving.placements.latest("starts_on")
    assert (last.starts_on, last.ends_on) == (FIRST, FIRST + timedelta(days=9))


def test_a_split_from_today_on_takes_households_entered_today(old, cast):
    today_entered = HouseholdFactory(grid=old, grid__since=TODAY)

    regrid.split(grid=old, by=cast.admin, effective_on=TODAY, parts=divide(households_of(old), 62))

    assert today_entered.placements.get().grid.code in (NEW_1, NEW_2)


def test_micro_grids_end_with_their_grid(old, cast):
    micro = GridFactory(code=f"{OLD}01", name="一号楼")
    household = HouseholdFactory(grid=micro)

    regrid.split(grid=old, by=cast.admin, effective_on=FIRST, parts=divide(households_of(old), 62))

    micro.refresh_from_db()
    assert micro.retired_on == FIRST
    assert household.placements.get(ends_on=None).grid.code == NEW_1
    assert GridSuccession.objects.filter(old=micro).count() == 2


def test_terms_end_on_the_date_and_the_chosen_ones_go_on(old, cast):
    worker = old.assignments.get()
    head = AssignmentFactory(grid=old, role=Role.GRID_HEAD)
    first, second = divide(households_of(old), 62)
    parts = [
        regrid.Part(first.code, first.name, first.households, terms=(worker.pk, head.pk)),
        regrid.Part(second.code, second.name, second.households, terms=(head.pk,)),
    ]

    regrid.split(grid=old, by=cast.admin, effective_on=FIRST, parts=parts)

    assert set(old.assignments.values_list("ends_on", flat=True)) == {FIRST}
    new = GridAssignment.objects.filter(starts_on=FIRST).values_list("user", "role", "grid__code")
    assert set(new) == {
        (worker.user_id, Role.GRIDWORKER, NEW_1),
        (head.user_id, Role.GRID_HEAD, NEW_1),
        (head.user_id, Role.GRID_HEAD, NEW_2),
    }


def state():
    """Everything a refused action must leave alone."""
    return (
        list(Grid.objects.order_by("pk").values_list("code", "retired_on")),
        list(Placement.objects.order_by("pk").values_list("pk", "grid", "starts_on", "ends_on")),
        list(GridAssignment.objects.order_by("pk").values_list("pk", "ends_on")),
        GridSuccession.objects.count(),
        AuditEntry.objects.count(),
    )


REFUSED_SPLITS = {
    "one part": (lambda parts, **k: {"parts": parts[:1]}, "2 到"),
    "the past": (lambda parts, **k: {"parts": parts, "effective_on": TODAY - timedelta(days=1)}, "早于今天"),
    "a code used": (lambda parts, **k: {"parts": [regrid.Part(OLD, "旧"), parts[1]]}, "用过"),
    "the same code": (lambda parts, **k: {"parts": [parts[0], regrid.Part(NEW_1, "同")]}, "用过"),
    "another area's code": (
        lambda parts, **k: {"parts": [regrid.Part("140181100208009", "别处"), parts[1]]},
        "开头",
    ),
    "no number": (lambda parts, **k: {"parts": [regrid.Part("14018110000600x", "字母"), parts[1]]}, "数字"),
    "a stranger's household": (
        lambda parts, stranger: {"parts": [regrid.Part(NEW_1, "一", frozenset({stranger})), parts[1]]},
        "不在这个网格",
    ),
    "a household twice": (
        lambda parts, **k: {"parts": [parts[0], regrid.Part(NEW_2, "二", parts[0].households)]},
        "两个网格",
    ),
    "somebody else's term": (
        lambda parts, **k: {"parts": [regrid.Part(NEW_1, "一", terms=(0,)), parts[1]]},
        "已不在",
    ),
    "the same name": (lambda parts, **k: {"parts": [parts[0], regrid.Part(NEW_2, parts[0].name)]}, "名称"),
    "no such successor": (lambda parts, **k: {"parts": parts, "newcomers": 2}, "未划分"),
}


@pytest.mark.parametrize(("change", "words"), REFUSED_SPLITS.values(), ids=REFUSED_SPLITS)
def test_a_refused_split_leaves_everything_as_it_was(old, cast, net, change, words):
    stranger = HouseholdFactory(grid=net.grid).pk
    given = {"effective_on": FIRST} | change(divide(households_of(old), 62), stranger=stranger)
    before = state()

    with pytest.raises(DomainError, match=words):
        regrid.split(grid=old, by=cast.admin, **given)

    assert state() == before


def test_a_grid_is_divided_once(old, cast):
    parts = divide(households_of(old), 62)
    regrid.split(grid=old, by=cast.admin, effective_on=FIRST, parts=parts)

    with pytest.raises(DomainError, match="已定于 2026-12-01 停用"):
        regrid.split(grid=old, by=cast.admin, effective_on=FIRST, parts=parts)


def test_a_term_that_has_not_begun_is_named(old, cast):
    AssignmentFactory(grid=old, user__name="下月来的", starts_on=FIRST + timedelta(days=4))

    with pytest.raises(DomainError, match="下月来的"):
        regrid.split(grid=old, by=cast.admin, effective_on=FIRST, parts=divide(households_of(old), 62))


def test_villages_are_not_ours_to_split_or_retire(on, net, cast):
    with pytest.raises(DomainError, match="国家"):
        regrid.retire(grid=net.village, by=cast.admin, on=FIRST)


def test_a_merge_joins_households_terms_boundaries_and_past(on, net, cast):
    from tests.grids.test_geometry import box

    for grid, x in ((net.grid, 0), (net.neighbour_grid, 1)):
        grid.boundary, grid.boundary_is_sample = box(x, 0), True
        grid.save()
        HouseholdFactory.create_batch(3, grid=grid)
    visit = VisitFactory(household=households_of(net.neighbour_grid)[0])
    terms = [term.pk for term in net.grid.assignments.all()]
    entries = AuditEntry.objects.count()

    place = regrid.merge(
        grids=[net.neighbour_grid, net.grid],
        by=cast.town_officer,
        effective_on=FIRST,
        code="140181100208003",
        name="沟底村网格",
        kind="basic",
        terms=terms,
    )

    assert AuditEntry.objects.count() == entries + 1
    assert place.boundary and place.boundary_is_sample
    on(FIRST)
    assert Placement.objects.current().filter(grid=place).count() == 6
    assert can_open(cast.gridworker, visit) and not can_open(cast.neighbour, visit)
    assert {old.code for old in Grid.objects.filter(successions__new=place)} == {
        net.grid.code,
        net.neighbour_grid.code,
    }


def test_only_neighbours_of_one_area_merge(on, net, cast):
    given = {
        "by": cast.admin,
        "effective_on": FIRST,
        "code": "140181100208003",
        "name": "新",
        "kind": "basic",
    }

    with pytest.raises(DomainError, match="同一个村"):
        regrid.merge(grids=[net.grid, net.other_grid], **given)
    with pytest.raises(DomainError, match="至少两个"):
        regrid.merge(grids=[net.grid, net.grid], **given)


def test_a_grid_with_households_retires_only_into_another(on, net, cast):
    HouseholdFactory.create_batch(2, grid=net.grid)
    with pytest.raises(DomainError, match="还有住户"):
        regrid.retire(grid=net.grid, by=cast.admin, on=FIRST)
    with pytest.raises(DomainError, match="同一个村"):
        regrid.retire(grid=net.grid, by=cast.admin, on=FIRST, successor=net.other_grid)

    regrid.retire(grid=net.grid, by=cast.admin, on=FIRST, successor=net.neighbour_grid)

    on(FIRST)
    assert Placement.objects.current().filter(grid=net.neighbour_grid).count() == 2
    assert access.permissions_of(cast.gridworker) == frozenset()
    assert access.can(cast.neighbour, P.SEE_FIELDWORK, net.grid)


def test_an_empty_grid_just_retires(on, net, cast):
    regrid.retire(grid=net.grid, by=cast.admin, on=FIRST)

    net.grid.refresh_from_db()
    assert net.grid.retired_on == FIRST
    assert not Placement.objects.filter(grid=net.grid).exists()
    with pytest.raises(DomainError, match="没有启用"):
        placements.begin(household=HouseholdFactory(grid=net.other_grid), grid=net.grid, on=FIRST)


@pytest.mark.parametrize(
    "who", ["gridworker", "grid_head", "village_officer", "leader", "auditor", "outsider"]
)
def test_only_those_who_edit_the_net_divide_it(old, cast, who):
    with pytest.raises(access.PermissionDenied):
        regrid.split(
            grid=old, by=getattr(cast, who), effective_on=FIRST, parts=divide(households_of(old), 62)
        )


def test_a_placement_and_a_split_at_the_same_moment_take_turns(transactional_db, net, cast):
    """The household entered on another connection, not yet committed when the split starts, is not lost."""
    HouseholdFactory.create_batch(4, grid=net.grid)
    household = Household.objects.create(address="刚登记的", address_key="gangdengji")
    began, failures = threading.Event(), []
    first = timezone.localdate() + timedelta(days=5)

    def enter():
        try:
            with transaction.atomic():
                placements.begin(household=household, grid=net.grid, on=timezone.localdate())
                began.set()
                threading.Event().wait(0.5)
        except Exception as failure:
            failures.append(failure)
        finally:
            connection.close()

    thread = threading.Thread(target=enter)
    thread.start()
    assert began.wait(5)
    parts = [regrid.Part("140181100208003", "东"), regrid.Part("140181100208004", "西")]
    new = regrid.split(grid=net.grid, by=cast.admin, effective_on=first, parts=parts, newcomers=1)
    thread.join(5)

    assert failures == []
    assert household.placements.get(ends_on=None).grid == new[1]


# The form, by its page.


@pytest.fixture
def small(on, net, cast, login):
    """A grid of four households, a signed-in officer, and a good answer to the form."""
    households = HouseholdFactory.create_batch(4, grid=net.grid)
    answers = {
        "effective_on": "2026-12-01",
        "code_0": "140181100208003",
        "name_0": "东",
        "code_1": "140181100208004",
        "name_1": "西",
        "newcomers": "0",
        **{f"h-{household.uuid}": "0" for household in households[:3]},
        f"h-{households[3].uuid}": "1",
    }
    return login(cast.town_officer), reverse("net_split", args=[net.grid.code]), answers


BAD_ANSWERS = {
    "no date": ({"effective_on": ""}, "请填写生效日"),
    "a date in the past": ({"effective_on": "2026-11-22"}, "不能早于今天"),
    "no date at all": ({"effective_on": "明天"}, "正确的日期"),
    "no code": ({"code_0": ""}, "请填写编码"),
    "a forged code": ({"code_0": "140181100209003"}, "开头"),
    "a code with letters": ({"code_0": "14018110020800x"}, "数字"),
    "a code in use": ({"code_0": "140181100208002"}, "用过"),
    "twice the same code": ({"code_1": "140181100208003"}, "不能相同"),
    "twice the same name": ({"name_1": "东"}, "不能相同"),
    "no name": ({"name_0": " "}, "请填写名称"),
    "a foreign household": ({"h-00000000-0000-4000-8000-000000000000": "0"}, "已不在这个网格"),
    "no household at all": ({"h-' OR 1=1": "0"}, "已不在这个网格"),
    "no such successor": ({"newcomers": "7"}, "从列表里选择"),
    "a forged term": ({"terms": "999-0"}, "重新选择"),
}


@pytest.mark.parametrize("step", ["preview", "confirm"])
@pytest.mark.parametrize(("change", "words"), BAD_ANSWERS.values(), ids=BAD_ANSWERS)
def test_a_bad_answer_brings_the_form_again_and_keeps_the_rest(small, change, words, step):
    client, url, answers = small

    page = client.post(url, answers | change | {"step": step})

    assert page.status_code == 422
    assert words in page.content.decode()
    assert page.context["form"]["name_1"].value() == (answers | change)["name_1"]
    assert Grid.objects.filter(opened_on=FIRST).count() == 0


def test_a_household_given_to_two_grids_is_named(small):
    client, url, answers = small
    key = next(name for name in answers if name.startswith("h-"))

    page = client.post(url, answers | {key: ["0", "1"], "step": "confirm"})

    assert "不止一个" in page.content.decode()


def test_a_household_left_out_goes_to_the_stated_grid_and_the_preview_says_so(small):
    client, url, answers = small
    key = [name for name in answers if name.startswith("h-")][-1]
    del answers[key]

    page = client.post(url, answers | {"step": "preview"})
    assert "有 1 户没有选，归新网格一" in page.content.decode()
    client.post(url, answers | {"step": "confirm"})

    assert Placement.objects.filter(grid__code="140181100208003").count() == 4


def test_going_back_from_the_preview_keeps_what_was_filled_in(small):
    client, url, answers = small

    page = client.post(url, answers | {"step": "edit"})

    assert [part.households for part in page.context["form"].parts] == [3, 1]
    assert page.context["form"]["name_1"].value() == "西"


def test_more_than_two_parts_are_asked_for_in_the_address(small):
    client, url, _ = small

    assert len(client.get(url + "?parts=4").context["form"].parts) == 4
    for odd in ("1", "7", "x", "２"):
        assert len(client.get(url, {"parts": odd}).context["form"].parts) == 2


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.dictionaries(
        st.sampled_from(
            [
                "effective_on",
                "code_0",
                "name_0",
                "newcomers",
                "terms",
                "parts",
                "count_0",
                "step",
                "order",
                "h-x",
            ]
        ),
        st.text(max_size=40)
        | st.sampled_from(["divide", "confirm", "edit", "2026-12-01", "9999-12-31", "3"]),
    )
)
def test_whatever_is_posted_is_answered(small, typed):
    client, url, answers = small
    with transaction.atomic():
        page = client.post(url, answers | typed)
        transaction.set_rollback(True)

    assert page.status_code in (200, 302, 422)


def test_the_cost_of_the_split_page_does_not_grow(small, net, django_assert_num_queries):
    from django.test.utils import CaptureQueriesContext

    client, url, _ = small
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        client.get(url)
    HouseholdFactory.create_batch(18, grid=net.grid)
    with django_assert_num_queries(len(few)):
        client.get(url)


def test_merging_by_the_page(on, net, cast, login):
    client, url = login(cast.town_officer), reverse("net_merge", args=[net.village.code])
    HouseholdFactory(grid=net.grid)
    term = net.grid.assignments.first()
    answers = {
        "grids": [net.grid.pk, net.neighbour_grid.pk],
        "effective_on": "2026-12-01",
        "code": "140181100208003",
        "name": "沟底村网格",
        "kind": "basic",
        "terms": [term.pk],
    }
    assert client.get(url).status_code == 200
    assert "核对后确认合并" in client.post(url, answers | {"step": "preview"}).content.decode()
    assert not Grid.objects.filter(code="140181100208003").exists()

    done = client.post(url, answers | {"step": "confirm"})

    assert done.url == reverse("net_grid", args=["140181100208003"])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"grids": []}, "请选择要合并"),
        ({"grids": ["x"]}, "从列表里选择"),
        ({"grids": ["9" * 40]}, "从列表里选择"),
        ({"code": "140181100209003"}, "开头"),
        ({"code": "140181100208001"}, "用过"),
        ({"kind": "micro"}, "选"),
        ({"effective_on": "2020-01-01"}, "早于今天"),
        ({"terms": ["0"]}, "重新选择"),
    ],
)
def test_a_bad_merge_is_answered_in_words(on, net, cast, login, change, words):
    answers = {
        "grids": [net.grid.pk, net.neighbour_grid.pk],
        "effective_on": "2026-12-01",
        "code": "140181100208003",
        "name": "沟底村网格",
        "kind": "basic",
    }
    url = reverse("net_merge", args=[net.village.code])

    page = login(cast.town_officer).post(url, answers | change | {"step": "confirm"})

    assert page.status_code == 422 and words in page.content.decode()


def test_grids_of_another_area_are_not_offered_for_a_merge(on, net, cast, login):
    answers = {"grids": [net.grid.pk, net.other_grid.pk], "step": "confirm"}

    page = login(cast.town_officer).post(reverse("net_merge", args=[net.village.code]), answers)

    assert "从列表里选择" in page.content.decode()


def test_retiring_by_the_page(on, net, cast, login):
    client, url = login(cast.town_officer), reverse("net_retire", args=[net.grid.code])
    HouseholdFactory(grid=net.grid)

    assert "还有住户" in client.post(url, {"on": "2026-12-01"}).content.decode()
    assert "早于今天" in client.post(url, {"on": "2026-11-01"}).content.decode()
    outside = client.post(url, {"on": "2026-12-01", "successor": net.other_grid.pk})
    assert "从列表里选择" in outside.content.decode()
    done = client.post(url, {"on": "2026-12-01", "successor": net.neighbour_grid.pk}, follow=True)

    assert "定于 2026-12-01 停用" in done.content.decode()
    again = client.get(url).content.decode()
    assert "已安排停用" in again and reverse("net_plan_cancel", args=[net.grid.code]) in again
