"""意见反馈: anybody says it, the office reads and answers, who said it reads the answer."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from grids.access import ROLE_PERMISSIONS
from grids.access import Permission as P
from grids.actions import feedback
from grids.exceptions import DomainError
from grids.models import Feedback
from tests.factories import GridFactory, UserFactory
from tests.test_matrix import STANDING

pytestmark = pytest.mark.django_db

READERS = [who for who, (role, _) in STANDING.items() if role and P.READ_FEEDBACK in ROLE_PERMISSIONS[role]]


def said(by, words="字太小", **given):
    return feedback.give(by=by, words=words, **given)


@pytest.mark.parametrize("who", STANDING)
def test_anybody_gives_it_from_a_page_and_reads_the_answer(net, cast, login, who):
    giver = getattr(cast, who)
    client = login(giver)
    foot = client.get(reverse("help")).content.decode()
    assert f"{reverse('feedback')}?from={reverse('help')}" in foot
    page = client.get(reverse("feedback"), {"from": reverse("help")})
    assert page.context["form"]["page"].value() == reverse("help")

    done = client.post(
        reverse("feedback"), {"words": "字太小，看不清\n第二行", "page": reverse("help")}, follow=True
    )
    assert "意见已经收到" in done.content.decode() and "还没有答复" in done.content.decode()
    row = Feedback.objects.get()
    assert (row.by, row.town, row.page) == (giver, net.town, reverse("help"))

    client = login(cast.town_officer)
    assert row in client.get(reverse("feedback_list")).context["page"].object_list
    client.post(reverse("feedback_answer", args=[row.uuid]), {"answer": "请点“大字”。"})

    read = login(giver).get(reverse("feedback")).content.decode()
    assert "请点“大字”。" in read and "镇网格办答复" in read and "还没有答复" not in read


@pytest.mark.parametrize("who", READERS)
def test_every_reader_sees_what_waits_and_what_is_answered(cast, login, who):
    waiting, answered = said(cast.gridworker), said(cast.outsider, "好用")
    feedback.answer(feedback=answered, by=cast.town_officer, words="谢谢")
    client = login(getattr(cast, who))

    page = client.get(reverse("feedback_list"))
    everything = client.get(reverse("feedback_list"), {"show": "all"})

    assert list(page.context["page"]) == [waiting]
    assert list(everything.context["page"]) == [answered, waiting]
    assert [tab["n"] for tab in page.context["tabs"]] == [1, 2]


def test_nobody_reads_what_another_said_but_the_office(cast, login):
    said(cast.gridworker, "只给镇里看的话")

    for who in ("neighbour", "grid_head", "village_officer", "auditor", "outsider"):
        client = login(getattr(cast, who))
        assert "只给镇里看的话" not in client.get(reverse("feedback")).content.decode()
        assert client.get(reverse("feedback_list")).status_code == 403


def test_another_towns_words_are_not_there(cast, login):
    elsewhere = UserFactory(town=GridFactory(code="140181200", name="别的镇"))
    row = said(elsewhere, "别处的话")
    client = login(cast.admin)

    assert "别处的话" not in client.get(reverse("feedback_list"), {"show": "all"}).content.decode()
    assert client.get(reverse("feedback_answer", args=[row.uuid])).status_code == 404
    with pytest.raises(PermissionDenied):
        feedback.answer(feedback=row, by=cast.admin, words="好")


@pytest.mark.parametrize(("words", "error"), [("", "必填"), (" \n ", "必填"), ("字" * 2001, "2000")])
def test_bad_words_are_answered_in_chinese_and_stay(cast, login, words, error):
    page = login(cast.gridworker).post(reverse("feedback"), {"words": words, "page": reverse("help")})

    assert page.status_code == 422 and not Feedback.objects.exists()
    form = page.context["form"]
    assert (form["words"].value(), form["page"].value()) == (words, reverse("help"))
    assert any("一" <= letter <= "鿿" for letter in str(form.errors["words"]))


@pytest.mark.parametrize("words", ["", "  ", "字" * 2001])
def test_a_bad_answer_is_refused_and_stays(cast, login, words):
    row = said(cast.gridworker)

    page = login(cast.town_officer).post(reverse("feedback_answer", args=[row.uuid]), {"answer": words})

    row.refresh_from_db()
    assert page.status_code == 422 and row.answered_at is None
    assert page.context["form"]["answer"].value() == words
    with pytest.raises(DomainError):
        feedback.answer(feedback=row, by=cast.town_officer, words=" ")


def test_an_answer_is_written_anew(cast, login):
    row = said(cast.gridworker)
    feedback.answer(feedback=row, by=cast.town_officer, words="马上改")
    client = login(cast.admin)
    url = reverse("feedback_answer", args=[row.uuid])
    assert client.get(url).context["form"]["answer"].value() == "马上改"

    client.post(url, {"answer": "已经改了"})

    row.refresh_from_db()
    assert (row.answer, row.answered_by) == ("已经改了", cast.admin)


@pytest.mark.parametrize(
    "page",
    [
        "https://example.com/",
        "//example.com",
        "/keine/solche/",
        "javascript:alert(1)",
        "/help/?q=赵老汉13800138000",
        "/" + "x" * 400,
    ],
)
def test_a_page_is_kept_only_as_a_path_of_ours_without_its_query(cast, login, page):
    login(cast.gridworker).post(reverse("feedback"), {"words": "好", "page": page})
    kept = [row.page for row in Feedback.objects.all()]

    assert kept in ([""], [reverse("help")], [])
    # Too long for the form: then it says so and keeps the words.
    assert kept or len(page) > 200


def test_what_is_typed_is_shown_as_typed(cast, login):
    said(cast.gridworker, "<script>alert(1)</script>")

    for who, name in ((cast.gridworker, "feedback"), (cast.town_officer, "feedback_list")):
        words = login(who).get(reverse(name)).content.decode()
        assert "<script>alert" not in words and "&lt;script&gt;alert" in words


def test_the_list_costs_the_same_for_two_and_twenty(cast, login, django_assert_num_queries):
    said(cast.gridworker)
    client, url = login(cast.town_officer), reverse("feedback_list")
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        client.get(url)
    for _ in range(19):
        said(UserFactory())
    with django_assert_num_queries(len(few)):
        client.get(url)
