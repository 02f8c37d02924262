"""The pages of a result: who reads them, what is frozen and put up, what a wrong address gets, what they cost."""

from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from grids.access import ROLE_PERMISSIONS, Role
from grids.access import Permission as P
from grids.exceptions import DomainError
from grids.models import AuditEntry
from surveys.actions import results, rounds
from surveys.models import Round
from surveys.ready import CIVILISED_CITY
from tests.factories import GridFactory
from tests.factories.surveys import round_of, told

pytestmark = pytest.mark.django_db
PAGES = ("round_results", "round_crosstab", "round_open_answers", "round_compare")
YES, NO = {"heard": "yes", "wishes": "<script>alert(1)</script>多种树"}, {"heard": "no"}


@pytest.fixture
def over(net, cast):
    """A round that is over: 40 of 100 in one village, 30 in the other."""
    asked = round_of(cast.town_officer, net)
    return told(
        asked,
        (30, YES, {"area": net.village}),
        (10, NO, {"area": net.village}),
        (22, YES, {"area": net.other_village}),
        (8, NO, {"area": net.other_village}),
        (5, NO, {"area": net.other_village, "mode": "poster"}),
    )


def address(name, round, *more):
    return reverse(name, args=[round.uuid, *more])


def test_the_town_reads_and_the_villages_do_not():
    """DOMAIN: a village's cadres are judged by it; they read what is published."""
    assert {role for role in Role if P.SEE_SURVEYS in ROLE_PERMISSIONS[role]} == {
        Role.TOWN_OFFICER,
        Role.TOWN_LEADER,
    }


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_with_words_of_its_own(login, cast, over, page):
    answer = login(cast.leader).get(address(page, over))
    assert answer.status_code == 200 and "看进度" not in answer.content.decode()


def test_the_whole_report(login, cast, over):
    page = login(cast.town_officer).get(address("round_results", over)).content.decode()
    for words in (
        "74.3 %",
        "62.9–83.0" if "62.9–83.0" in page else "95 % 区间",
        "加权",
        "海报扫码",
        "知晓率＝选“知道”",
    ):
        assert words in page
    assert "定稿" in page and "导出 Excel" in page
    leaders = login(cast.leader).get(address("round_results", over)).content.decode()
    assert "导出 Excel" not in leaders and "<form" not in leaders.split("<main")[1].split("</main")[0]


def test_one_question_and_its_neighbours(login, cast, over):
    client = login(cast.town_officer)
    page = client.get(address("round_question", over, "heard")).content.decode()
    assert "按村/社区" in page and "各村的区间互相重叠" in page and "下一题" in page
    assert client.get(address("round_question", over, "wishes")).status_code == 200
    for name in ("nothing", "heard:yes", "不", "说" * 90):
        assert client.get(address("round_question", over, name)).status_code == 404


def test_what_was_written_is_shown_as_it_was(login, cast, over):
    page = login(cast.leader).get(address("round_open_answers", over)).content.decode()
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;多种树") == 50 and "共 2 页" in page
    client = login(cast.leader)
    for asked in ({"question": "heard"}, {"question": "不", "page": "x"}, {"page": "999"}):
        assert client.get(address("round_open_answers", over), asked).status_code == 200


@pytest.mark.parametrize(
    "asked", [{}, {"down": "heard"}, {"down": "heard", "across": "heard"}, {"down": "不"}]
)
def test_a_crosstab_of_nothing_asks(login, cast, over, asked):
    answer = login(cast.leader).get(address("round_crosstab", over), asked)
    assert answer.status_code == 200 and "选两道" in answer.content.decode()


def test_a_crosstab(login, cast, net, over):
    asked = told(
        round_of(cast.town_officer, net, schema=CIVILISED_CITY, title="创城"),
        (20, {"aware": "know", "support": "strongly"}, {}),
        (10, {"aware": "know", "support": "support"}, {}),
        (10, {"aware": "never", "support": "support"}, {}),
        (8, {"aware": "never", "support": "strongly"}, {}),
    )
    given = {"down": "aware", "across": "support"}
    page = login(cast.leader).get(address("round_crosstab", asked), given).content.decode()
    assert "66.7 %" in page and "共 48 人" in page


def test_two_rounds_side_by_side(login, cast, net, over):
    later = told(round_of(cast.town_officer, net, title="下半年"), (95, YES, {}), (5, NO, {}))
    client = login(cast.leader)
    page = client.get(address("round_compare", later), {"with": str(over.uuid)}).content.decode()
    assert "看得出变化：升" in page and "+20.7 个百分点" in page
    same = told(round_of(cast.town_officer, net, title="再一次"), (74, YES, {}), (26, NO, {}))
    page = client.get(address("round_compare", same), {"with": str(over.uuid)}).content.decode()
    assert "看不出变化" in page and "看得出变化：" not in page
    assert client.get(address("round_compare", over), {"with": "x"}).status_code == 200
    assert client.get(address("round_compare", over), {"with": str(uuid4())}).status_code == 404


def test_while_a_round_asks_there_is_no_figure(login, cast, net, over):
    Round.objects.filter(pk=over.pk).update(state=Round.State.OPEN)
    client = login(cast.town_officer)
    page = client.get(address("round_results", over)).content.decode()
    assert "调查还没有结束" in page and "70 份" in page and "74.3" not in page
    for name in PAGES[1:]:
        assert "调查还没有结束" in client.get(address(name, over)).content.decode()
    assert "看进度" in client.get(address("round_question", over, "heard")).content.decode()
    assert client.get(address("round_export", over)).status_code == 302
    assert "结束以后才能定稿" in client.post(address("round_freeze", over), follow=True).content.decode()
    with pytest.raises(DomainError):
        results.log_answers_export(
            round=Round.objects.get(pk=over.pk), by=cast.town_officer, rows=1, kind="csv"
        )


def test_a_frozen_result_stays(login, cast, net, over):
    client = login(cast.town_officer)
    before = client.get(address("round_results", over)).content.decode()
    assert "结果已定稿" in client.post(address("round_freeze", over), follow=True).content.decode()
    frozen = Round.objects.get(pk=over.pk)
    assert results.is_intact(frozen) and frozen.frozen_by == cast.town_officer
    entry = AuditEntry.objects.filter(object_key=str(over.uuid)).latest("pk")
    assert entry.changes["frozen_digest"] == ["", frozen.frozen_digest]

    # Whatever becomes of the rows, the figures and the digest are what they were.
    told(frozen, (900, NO, {"area": net.village}))
    page = client.get(address("round_results", over)).content.decode()
    assert "74.3 %" in before and "74.3 %" in page and frozen.frozen_digest in page
    assert "74.3" in client.get(address("round_question", over, "heard")).content.decode()
    results.freeze(round=frozen, by=cast.town_officer)
    assert Round.objects.get(pk=over.pk).frozen == frozen.frozen

    frozen.frozen["n"] += 1
    frozen.save(update_fields=["frozen"])
    assert "与定稿时不一致" in client.get(address("round_results", over)).content.decode()


def test_too_few_answers_are_not_frozen(cast, net):
    few = told(round_of(cast.town_officer, net), (29, YES, {}))
    with pytest.raises(DomainError):
        results.freeze(round=few, by=cast.town_officer)
    with pytest.raises(DomainError):
        results.set_public(round=few, by=cast.town_officer, public=True)
    with pytest.raises(PermissionDenied):
        results.freeze(round=few, by=cast.leader)


def test_what_everybody_reads(client, cast, net, over):
    assert client.get(reverse("public_result", args=[over.uuid])).status_code == 404
    results.freeze(round=over, by=cast.town_officer)
    results.set_public(round=over, by=cast.town_officer, public=True)
    assert over.title in client.get(reverse("public_results")).content.decode()
    page = client.get(reverse("public_result", args=[over.uuid])).content.decode()
    assert "74.3 %" in page and "沟底村" in page and "多种树" not in page and "海报" not in page
    assert len(page) < 60_000 and cast.town_officer.name not in page
    results.set_public(round=over, by=cast.town_officer, public=False)
    assert client.get(reverse("public_result", args=[over.uuid])).status_code == 404
    assert "没有公示" in client.get(reverse("public_results")).content.decode()
    labels = (
        AuditEntry.objects.filter(object_key=str(over.uuid))
        .order_by("pk")
        .values_list("object_label", flat=True)
    )
    assert [label[:4] for label in labels if "结果" in label] == ["结果定稿", "公示结果", "撤下结果"]


def test_a_small_village_is_not_published(client, cast, net):
    asked = told(
        round_of(cast.town_officer, net),
        (40, YES, {"area": net.village}),
        (40, NO, {"area": net.village}),
        (29, YES, {"area": net.other_village}),
    )
    results.freeze(round=asked, by=cast.town_officer)
    results.set_public(round=asked, by=cast.town_officer, public=True)
    page = client.get(reverse("public_result", args=[asked.uuid])).content.decode()
    assert "沟底村" in page and "神堂坪村" not in page


def cost(client, url):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


def test_twenty_villages_cost_what_two_cost(login, cast, net):
    two = told(
        round_of(cast.town_officer, net), (40, YES, {"area": net.village}), (40, NO, {"area": net.village})
    )
    places = [GridFactory(code=f"140181100{300 + n}", name=f"第{n}村") for n in range(20)]
    many = round_of(cast.town_officer, net, title="二十个村", populations=dict.fromkeys(places, 400))
    told(many, *((30, YES, {"area": place}) for place in places), (60, NO, {"area": places[0]}))
    client = login(cast.town_officer)
    client.get(address("round_open_answers", two))
    for name, more in (*((page, []) for page in PAGES), ("round_question", ["heard"])):
        first, second = (cost(client, address(name, one, *more)) for one in (two, many))
        assert first == second <= 15, name
    # What was reckoned is not reckoned again while the strata stand as they do.
    assert cost(client, address("round_results", two)) < 12
    told(many, (90, NO, {"area": places[0]}))
    assert "<strong>750</strong>" in client.get(address("round_results", many)).content.decode()
    for one, other in ((two, many), (many, two)):
        url = f"{address('round_compare', one)}?with={other.uuid}"
        assert cost(client, url) <= 15


def test_the_quotas_take_part_in_the_weights(login, cast, net):
    cells = dict.fromkeys(rounds.cells(), 900)
    asked = round_of(cast.town_officer, net, cells=cells)
    told(
        asked,
        *((20, YES, {"area": net.village, "sex": s, "age_band": b}) for s, b in rounds.cells()),
        *((20, NO, {"area": net.other_village, "sex": s, "age_band": b}) for s, b in rounds.cells()),
    )
    page = login(cast.leader).get(address("round_results", asked)).content.decode()
    assert "迭代比例拟合" in page and "66.7 %" in page and "50.0 %" in page
