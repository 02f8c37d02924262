"""The net: reference data, the tree and its holes, places, boundaries, the map and the report."""

import json
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grids.access import Role
from grids.actions import net as net_actions
from grids.exceptions import DomainError
from grids.models import (
    Absence,
    AuditEntry,
    CareCategory,
    CareFrequency,
    Grid,
    GridSuccession,
    PatrolPoint,
    TownProfile,
    Unit,
)
from grids.tree import Net, summarise
from tests.factories import (
    AssignmentFactory,
    GridFactory,
    HouseholdFactory,
    ResidentCareFactory,
    ResidentFactory,
    UserFactory,
)
from tests.grids.test_geometry import SOUTH, WEST, box


def words_of(response):
    return response.content.decode()


# The town as it is before anybody works in it.


@pytest.fixture
def town(db):
    call_command("setup_town", verbosity=0)
    return Grid.objects.get(code="140181100")


def test_the_town_has_its_19_areas(town):
    areas = Grid.objects.under(town.code).tier(12)

    assert areas.filter(kind="community").count() == 6
    assert areas.filter(kind="village").count() == 13
    assert areas.get(code="140181100208").official_name == "沟底村委会"
    assert town.profile.upstream_name == "古交市直部门"
    assert CareFrequency.objects.current().count() == CareCategory.objects.count() == 15
    assert PatrolPoint.objects.filter(name="消防通道").exists()
    assert Unit.objects.filter(name="供水站").exists()


def test_setting_up_again_keeps_what_the_office_edited(town):
    TownProfile.objects.update(office_name="河口镇网格中心")
    Grid.objects.filter(code="140181100208").update(name="沟底")
    CareCategory.objects.filter(key="aged_80").update(name="高龄老人", retired_on=date(2026, 1, 1))
    PatrolPoint.objects.filter(name="消防通道").update(name="楼道与消防通道")
    Unit.objects.filter(name="林业站").update(name="林草站")
    before = [list(m.objects.order_by("pk").values()) for m in (Grid, CareCategory, PatrolPoint, Unit)]

    call_command("setup_town", verbosity=0)

    after = [list(m.objects.order_by("pk").values()) for m in (Grid, CareCategory, PatrolPoint, Unit)]
    assert after == before
    assert TownProfile.objects.get().office_name == "河口镇网格中心"


# Who sees what.

PAGES = ["net_grid"]
EDIT_PAGES = ["net_edit", "net_open", "net_retire", "net_boundary", "net_split"]
PEOPLE = {
    # who: (their own grid, the neighbour's, a grid of the other village)
    "gridworker": (200, 404, 404),
    "grid_head": (200, 404, 404),
    "neighbour": (404, 200, 404),
    "village_officer": (200, 200, 404),
    "other_village_officer": (404, 404, 200),
    "town_officer": (200, 200, 200),
    "leader": (200, 200, 200),
    "unit_officer": (200, 200, 200),
    "admin": (200, 200, 200),
    "auditor": (200, 200, 200),
    "volunteer": (403, 403, 403),
    "outsider": (403, 403, 403),
}


@pytest.mark.parametrize(("who", "expected"), PEOPLE.items(), ids=PEOPLE)
def test_a_place_opens_for_those_in_whose_scope_it_lies(net, cast, login, who, expected):
    client = login(getattr(cast, who))
    places = (net.grid, net.neighbour_grid, net.other_grid)

    assert tuple(client.get(place.get_absolute_url()).status_code for place in places) == expected


@pytest.mark.parametrize("name", EDIT_PAGES)
@pytest.mark.parametrize("who", PEOPLE)
def test_only_office_and_admin_change_places(net, cast, login, who, name):
    opened, answered = (200, 422) if who in ("town_officer", "admin") else (403, 403)
    url = reverse(name, args=[net.grid.code])

    assert login(getattr(cast, who)).get(url).status_code == opened
    assert login(getattr(cast, who)).post(url, {"name": ""}).status_code == answered


@pytest.mark.parametrize("name", [*PAGES, *EDIT_PAGES, "net_merge"])
def test_another_town_does_not_exist_for_this_office(net, cast, login, name):
    GridFactory(code="140181101", name="别的镇")
    GridFactory(code="140181101001", name="别的村")
    code = (
        "140181101001" if name == "net_merge" else GridFactory(code="140181101001001", name="别的网格").code
    )

    assert login(cast.town_officer).get(reverse(name, args=[code])).status_code == 404


@pytest.mark.parametrize(
    "path", ["net/1/", "net/abc/", "net/140181100208001x/", "net/999999999/", "net/%00/"]
)
def test_forged_codes_are_no_addresses(net, cast, login, path):
    assert login(cast.admin).get(f"/{path}").status_code in (400, 404)


@pytest.mark.parametrize("name", ["net", "net_map", "net_report", "net_locate"])
@pytest.mark.parametrize("who", ["town_officer", "village_officer", "auditor", "unit_officer"])
def test_the_overviews_open_for_all_who_see_the_net(net, cast, login, name, who):
    assert login(getattr(cast, who)).get(reverse(name)).status_code == 200


@pytest.mark.parametrize("name", ["net", "net_map", "net_report", "net_locate"])
def test_the_overviews_are_closed_to_those_without_a_post(net, cast, login, name):
    assert login(cast.outsider).get(reverse(name)).status_code == 403


def test_tiers_without_a_page_have_none(net, cast, login):
    client = login(cast.admin)

    for name in ("net_split", "net_retire"):
        assert client.get(reverse(name, args=[net.village.code])).status_code == 404
    for name in ("net_open", "net_merge"):
        assert client.get(reverse(name, args=[net.town.code])).status_code == 404


# The tree.


def test_a_worker_of_one_grid_is_taken_straight_to_it(net, cast, login):
    assert login(cast.gridworker).get(reverse("net")).url == net.grid.get_absolute_url()


def test_a_worker_of_two_grids_gets_the_list_of_them(net, cast, login):
    AssignmentFactory(user=cast.gridworker, grid=net.other_grid)
    page = words_of(login(cast.gridworker).get(reverse("net")))

    assert "沟底村第一网格" in page and "神堂坪村第一网格" in page
    assert "沟底村第二网格" not in page


def test_the_tree_knows_its_holes(net, cast):
    empty = GridFactory(code="140181100212", name="大坡村")
    summary = summarise(Net(cast.town_officer, timezone.localdate()))

    assert [node.grid for node in summary.areas_without_grids] == [empty]
    missing = {role.label: {node.grid.name for node in nodes} for role, nodes in summary.vacancies}
    assert missing == {
        "网格员": {"神堂坪村第一网格"},
        "网格长": {"沟底村第二网格", "神堂坪村第一网格"},
    }


def test_a_post_is_vacant_before_its_term_after_it_and_with_a_locked_account(net, cast):
    today = timezone.localdate()
    locked = UserFactory(is_active=False)
    AssignmentFactory(user=locked, grid=net.other_grid)
    AssignmentFactory(grid=net.other_grid, starts_on=today + timedelta(days=1))
    AssignmentFactory(grid=net.other_grid, ends_on=today)

    assert Role.GRIDWORKER in Net(cast.admin, today).by_code[net.other_grid.code].missing

    AssignmentFactory(grid=net.other_grid, ends_on=today + timedelta(days=1))
    assert Role.GRIDWORKER not in Net(cast.admin, today).by_code[net.other_grid.code].missing


def test_households_add_up_the_tree(net, cast):
    micro = GridFactory(code=f"{net.grid.code}01", name="一号楼")
    HouseholdFactory.create_batch(2, grid=net.grid)
    HouseholdFactory(grid=micro)
    HouseholdFactory(grid=net.neighbour_grid)
    tree = Net(cast.town_officer, timezone.localdate())

    counts = {code: tree.by_code[code].households for code in ("140181100", net.village.code, net.grid.code)}
    assert counts == {"140181100": 4, net.village.code: 4, net.grid.code: 3}


def test_filters_show_states_and_gaps(net, cast, login):
    client = login(cast.town_officer)
    today = timezone.localdate()
    GridFactory(code="140181100208003", name="旧网格", retired_on=today)
    GridFactory(code="140181100208004", name="新网格", opened_on=today + timedelta(days=9))

    def shown(**query):
        page = client.get(reverse("net"), query)
        return {row["node"].grid.name for row in page.context["rows"]}

    assert "旧网格" not in shown() and "新网格" not in shown()
    assert shown(state="retired") == {"河口镇", "沟底村", "旧网格"}
    assert shown(state="future") == {"河口镇", "沟底村", "新网格"}
    assert shown(gap="any") == {"河口镇", "沟底村", "沟底村第二网格", "神堂坪村", "神堂坪村第一网格"}
    assert "沟底村第一网格" in shown(gap="boundary")
    assert shown(state="x", gap="y") == shown()


@pytest.mark.parametrize("name", ["net", "net_map", "net_report"])
def test_overviews_cost_the_same_for_any_size(net, cast, login, name, django_assert_num_queries):
    client, url = login(cast.town_officer), reverse(name)
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        client.get(url)
    for n in range(3, 21):
        grid = GridFactory(code=f"140181100208{n:03d}", name=f"网格{n}", boundary=box(n, 0))
        AssignmentFactory(grid=grid)
        HouseholdFactory(grid=grid)

    with django_assert_num_queries(len(few)):
        assert client.get(url).status_code == 200


def test_a_place_costs_the_same_for_any_size(net, cast, login, django_assert_num_queries):
    client, url = login(cast.town_officer), net.village.get_absolute_url()
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        client.get(url)
    for n in range(3, 21):
        grid = GridFactory(code=f"140181100208{n:03d}", name=f"网格{n}", boundary=box(n, 0))
        AssignmentFactory(grid=grid)
        AssignmentFactory(grid=net.village, role=Role.VILLAGE_OFFICER)
        ResidentCareFactory(resident__household=HouseholdFactory(grid=grid))

    with django_assert_num_queries(len(few)):
        assert client.get(url).status_code == 200


# One place.


def test_a_place_names_who_looks_after_it_and_who_stands_in(net, cast, login):
    term = net.grid.assignments.get(user=cast.gridworker)
    AssignmentFactory(user__name="代管人", grid=net.grid, stand_in_for=term)
    Grid.objects.filter(pk=net.grid.pk).update(duty_phone="0351-5170000")

    page = words_of(login(cast.gridworker).get(net.grid.get_absolute_url()))

    assert "张春燕" in page and "闫志平" in page
    assert "代管 张春燕" in page and "tel:0351-5170000" in page
    assert cast.grid_head.phone not in page


def test_care_is_counted_for_those_who_may_open_households(net, cast, login):
    household = HouseholdFactory(grid=net.grid)
    care = ResidentCareFactory(resident=ResidentFactory(household=household), category__name="独居老人")
    gone = ResidentFactory(household=household)
    ResidentCareFactory(resident=gone, category=care.category)
    Absence.objects.create(resident=gone, reason=Absence.Reason.DIED, starts_on=date(2026, 1, 1))
    url = net.grid.get_absolute_url()

    shown = login(cast.gridworker).get(url).context["care"]
    assert [(row["category__name"], row["n"]) for row in shown] == [("独居老人", 1)]
    assert login(cast.unit_officer).get(url).context["care"] == []


def test_a_place_says_where_it_comes_from(net, cast, login):
    old = GridFactory(code="140181100208009", name="老网格", retired_on=date(2026, 1, 1))
    for new in (net.grid, net.neighbour_grid):
        GridSuccession.objects.create(old=old, new=new, effective_on=date(2026, 1, 1))

    page = words_of(login(cast.gridworker).get(net.grid.get_absolute_url()))
    past = words_of(login(cast.gridworker).get(old.get_absolute_url()))

    assert "拆分自" in page and "老网格" in page
    assert "拆分为" in past and "2025年12月31日" in past


# Changing a place.


def test_describing_a_place_is_audited_with_old_and_new(net, cast, login):
    url = reverse("net_edit", args=[net.grid.code])
    answers = {
        "name": " 沟底村 东网格 ",
        "area_words": "一组",
        "services": "走访",
        "duty_phone": "0351-5170001",
    }

    login(cast.town_officer).post(url, answers)

    net.grid.refresh_from_db()
    assert (net.grid.name, net.grid.duty_phone) == ("沟底村 东网格", "0351-5170001")
    entry = AuditEntry.objects.latest("id")
    assert entry.action == AuditEntry.Action.NET
    assert entry.changes["名称"] == ["沟底村第一网格", "沟底村 东网格"]
    before = AuditEntry.objects.count()
    login(cast.town_officer).post(url, answers)
    assert AuditEntry.objects.count() == before


@pytest.mark.parametrize(
    "answers",
    [
        {"name": ""},
        {"name": "\x00"},
        {"name": "长" * 61},
        {"name": "好", "duty_phone": "打给我"},
        {"name": "好", "services": "长" * 100_000},
    ],
)
def test_bad_descriptions_bring_the_form_again(net, cast, login, answers):
    page = login(cast.town_officer).post(reverse("net_edit", args=[net.grid.code]), answers)

    assert page.status_code == 422 and page.context["form"].errors
    net.grid.refresh_from_db()
    assert net.grid.name == "沟底村第一网格"


def test_opening_a_grid_proposes_the_next_code_that_was_never_used(net, cast, login):
    GridFactory(code="140181100208003", name="旧", retired_on=date(2026, 1, 1))
    GridFactory(code="140181100208004", name="未来", opened_on=timezone.localdate() + timedelta(days=99))
    client, url = login(cast.town_officer), reverse("net_open", args=[net.village.code])

    form = client.get(url).context["form"]
    assert form["code"].value() == "140181100208005"
    answers = {"code": "140181100208005", "name": "学校", "kind": "dedicated", "opened_on": "2026-01-01"}
    done = client.post(url, answers)

    assert done.url == reverse("net_grid", args=["140181100208005"])
    place = Grid.objects.get(code="140181100208005")
    assert (place.tier, place.kind) == (15, "dedicated")


def test_opening_a_micro_grid_asks_no_kind(net, cast, login):
    url = reverse("net_open", args=[net.grid.code])
    client = login(cast.admin)
    code = client.get(url).context["form"]["code"].value()

    client.post(url, {"code": code, "name": "一号楼", "opened_on": "2026-01-01"})

    assert Grid.objects.get(code=f"{net.grid.code}01").kind == "micro"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"code": "140181100208001"}, "用过"),
        ({"code": "140181100209009"}, "开头"),
        ({"code": "14018110020800x"}, "数字"),
        ({"code": ""}, "请填写编码"),
        ({"name": "沟底村第一网格"}, "换一个名称"),
        ({"kind": "town"}, "选"),
        ({"opened_on": "2019-01-01"}, "没有启用"),
        ({"opened_on": "31/31"}, "正确的日期"),
    ],
)
def test_bad_openings_are_answered_in_words(net, cast, login, change, words):
    answers = {"code": "140181100208005", "name": "学校", "kind": "basic", "opened_on": "2026-01-01"}

    page = login(cast.admin).post(reverse("net_open", args=[net.village.code]), answers | change)

    assert page.status_code == 422 and words in words_of(page)
    assert not Grid.objects.filter(name="学校").exists()


def test_when_every_code_is_used_the_office_is_told(net, cast, login):
    Grid.objects.bulk_create(
        Grid(code=f"{net.grid.code}{n:02d}", tier=17, kind="micro", name=f"{n}", opened_on=date(2020, 1, 1))
        for n in range(1, 100)
    )
    with pytest.raises(DomainError, match="用完"):
        net_actions.free_codes(net.grid.code)

    page = login(cast.admin).get(reverse("net_open", args=[net.grid.code]), follow=True)
    assert "编码已经用完" in words_of(page)


def test_free_codes_fill_gaps_only_when_the_numbers_run_out(net):
    GridFactory(code="140181100208998")

    assert net_actions.free_codes(net.village.code, 3) == [
        "140181100208999",
        "140181100208003",
        "140181100208004",
    ]


# Boundaries.


@pytest.fixture
def boundary_page(net, cast, login):
    return login(cast.town_officer), reverse("net_boundary", args=[net.grid.code]), net.grid


def test_a_pasted_boundary_is_kept_and_is_no_sample(boundary_page):
    client, url, grid = boundary_page
    Grid.objects.filter(pk=grid.pk).update(boundary=box(5, 5), boundary_is_sample=True)

    client.post(url, {"text": json.dumps(box(0, 0))})

    grid.refresh_from_db()
    assert (grid.boundary, grid.boundary_is_sample) == (box(0, 0), False)
    assert AuditEntry.objects.latest("id").changes == {"边界": ["5 个点", "5 个点"]}


def test_an_uploaded_boundary_is_kept(boundary_page):
    client, url, grid = boundary_page
    file = SimpleUploadedFile("a.geojson", b"\xef\xbb\xbf" + json.dumps(box(1, 0)).encode())

    client.post(url, {"file": file})

    grid.refresh_from_db()
    assert grid.boundary == box(1, 0)


def test_a_boundary_can_be_taken_away(boundary_page):
    client, url, grid = boundary_page
    Grid.objects.filter(pk=grid.pk).update(boundary=box(5, 5))

    client.post(url, {"remove": "1"})

    grid.refresh_from_db()
    assert grid.boundary is None


def test_a_boundary_outside_its_village_is_kept_with_a_warning(boundary_page, net):
    client, url, _ = boundary_page
    Grid.objects.filter(pk=net.village.pk).update(boundary=box(50, 50))

    page = client.post(url, {"text": json.dumps(box(0, 0))}, follow=True)

    assert "不在上一级的边界之内" in words_of(page)


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({}, "请粘贴边界"),
        ({"text": "{"}, "读不懂"),
        ({"text": "[" * 5000}, "读不懂"),
        ({"text": '{"type": "Point", "coordinates": [1, 2]}'}, "不是点或线"),
        ({"text": "x" * 600_000}, "太长"),
        ({"file": b""}, "空的"),
        ({"file": b"\xff\xfe\x00"}, "不是文本"),
        ({"file": b" " * 600_000}, "太大"),
    ],
)
def test_what_is_no_boundary_changes_nothing(boundary_page, answers, words):
    client, url, grid = boundary_page
    if "file" in answers:
        answers = {"file": SimpleUploadedFile("边界.geojson", answers["file"])}

    page = client.post(url, answers)

    assert page.status_code == 422 and words in words_of(page)
    grid.refresh_from_db()
    assert grid.boundary is None


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=200) | st.recursive(st.none() | st.floats(), st.lists, max_leaves=5).map(json.dumps))
def test_whatever_is_pasted_is_answered(boundary_page, text):
    client, url, _ = boundary_page

    assert client.post(url, {"text": text}).status_code == 422


# Map, report, position.


@pytest.fixture
def drawn(net):
    """沟底村 two steps wide; its grids overlap by a tenth and leave a tenth bare; one sticks out."""
    for place, boundary in (
        (net.village, box(0, 0, 2, 1)),
        (net.grid, box(0, 0, 1.1, 1)),
        (net.neighbour_grid, box(1, 0, 0.9, 1)),
        (net.other_village, box(5, 0)),
        (net.other_grid, box(5.5, 0)),
    ):
        place.boundary, place.boundary_is_sample = boundary, place == net.grid
        place.save()
    return net


def test_the_map_shows_what_is_in_scope_and_says_what_is_a_sample(drawn, cast, login):
    page = login(cast.town_officer).get(reverse("net_map"))
    own = login(cast.gridworker).get(reverse("net_map"))

    assert {f["code"] for f in page.context["map"]["features"]} == {
        place.code for place in drawn if place.boundary
    }
    assert "示例边界" in words_of(page)
    assert [f["code"] for f in own.context["map"]["features"]] == [drawn.grid.code]
    tones = {f["code"]: f["tone"] for f in page.context["map"]["features"]}
    assert tones[drawn.grid.code] == "good" and tones[drawn.other_grid.code] == "bad"


def test_the_map_works_without_boundaries(net, cast, login):
    assert "还没有画边界" in words_of(login(cast.town_officer).get(reverse("net_map")))


def test_the_report_measures_overlaps_gaps_and_what_lies_beyond(drawn, cast, login):
    page = login(cast.town_officer).get(reverse("net_report"))

    found = {(f["words"], f["places"][0].name): f["hectares"] for f in page.context["findings"]}
    assert found.keys() == {
        ("重叠", "沟底村第一网格"),
        ("没有网格覆盖", "沟底村"),
        ("没有网格覆盖", "神堂坪村"),
        ("超出神堂坪村的边界", "神堂坪村第一网格"),
    }
    assert found["重叠", "沟底村第一网格"] == pytest.approx(9.8, abs=0.2)


def test_a_broken_boundary_is_named_and_breaks_nothing(drawn, cast, login):
    Grid.objects.filter(pk=drawn.grid.pk).update(boundary={"type": "Polygon", "coordinates": "?"})
    client = login(cast.town_officer)

    assert [g.code for g in client.get(reverse("net_report")).context["unreadable"]] == [drawn.grid.code]
    for url in (reverse("net_map"), drawn.grid.get_absolute_url(), reverse("net_locate") + "?lat=1&lng=1"):
        assert client.get(url).status_code == 200


def locate(client, lat, lng):
    return client.get(reverse("net_locate"), {"lat": lat, "lng": lng}, headers={"Accept": "application/json"})


def test_a_position_is_in_one_grid(drawn, cast, login):
    client = login(cast.town_officer)

    found = locate(client, SOUTH + 0.005, WEST + 0.005)
    assert found.json() | {"url": ""} == {
        "status": "found",
        "code": drawn.grid.code,
        "name": drawn.grid.name,
        "tier": 15,
        "url": "",
    }
    assert locate(client, 10, 10).json() == {"status": "outside"}
    assert drawn.grid.name in words_of(
        client.get(reverse("net_locate"), {"lat": SOUTH + 0.005, "lng": WEST + 0.005})
    )
    assert locate(login(cast.other_village_officer), SOUTH + 0.005, WEST + 0.005).json() == {
        "status": "outside"
    }


@pytest.mark.parametrize(
    ("lat", "lng"),
    [("", ""), ("x", "1"), ("91", "1"), ("nan", "1"), ("inf", "1"), ("1", "1e999"), ("１", "181")],
)
def test_a_position_that_is_none_is_refused(drawn, cast, login, lat, lng):
    answer = locate(login(cast.town_officer), lat, lng)

    assert answer.status_code == 422 and answer.json()["errors"]
    assert login(cast.town_officer).get(reverse("net_locate"), {"lat": lat, "lng": lng}).status_code == 200
