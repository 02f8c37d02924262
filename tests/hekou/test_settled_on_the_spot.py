"""What was settled while it was heard is a case in the same post, and stays sane when the fact is put right."""

from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from cases.models import Case
from cases.vocabulary import Level, Status
from grids.models import Concern, FieldConflict, Finding, HouseholdVisit
from hekou import actions
from tests.factories import HouseholdFactory, ResidentFactory
from tests.factories.cases import CategoryFactory, envelope

pytestmark = pytest.mark.django_db

JSON = {"HTTP_ACCEPT": "application/json"}


@pytest.fixture
def categories(net):
    return {
        "water": CategoryFactory(theme="water"),
        "road": CategoryFactory(code="0801", name="路面破损", theme="road"),
        "other": CategoryFactory(code="2105", name="其他诉求", theme="other"),
    }


@pytest.fixture
def home(net):
    household = HouseholdFactory(grid=net.grid, address="沟底村 7 号")
    return household, ResidentFactory(household=household, name="赵老汉")


def visit(home, *heard, **other):
    household, person = home
    sent = {
        "uuid": str(uuid4()),
        "household": str(household.uuid),
        "mode": "home",
        "outcome": "met",
        "met": [str(person.uuid)],
        "happened_on": timezone.localdate().isoformat(),
        "concerns-TOTAL_FORMS": str(len(heard)),
        "concerns-INITIAL_FORMS": "0",
    }
    for position, (theme, said, state) in enumerate(heard):
        row = {"theme": theme, "words": said, "state": state}
        sent |= {f"concerns-{position}-{name}": value for name, value in row.items()}
    return sent | other


def concern(net, **other):
    sent = {"uuid": str(uuid4()), "theme": "water", "words": "水龙头拧不紧", "state": "settled"}
    return sent | {"grid": net.grid.code, "happened_on": timezone.localdate().isoformat()} | other


def test_a_visit_makes_a_case_of_each_settled_concern_once(login, cast, categories, home):
    client = login(cast.gridworker)
    sent = visit(
        home,
        ("water", "换了垫圈", "settled"),
        ("road", "坑", "watching"),
        ("health", "陪去卫生院", "settled"),
    )
    assert client.post(reverse("visit_new"), sent, **JSON).status_code == 201
    assert client.post(reverse("visit_new"), sent, **JSON).status_code == 200

    made = list(Case.objects.order_by("pk"))
    assert [case.words for case in made] == ["换了垫圈", "陪去卫生院"]
    assert [case.category for case in made] == [categories["water"], categories["other"]]
    case, record = made[0], HouseholdVisit.objects.get().record
    assert (case.status, case.level, case.handler) == (Status.SELF_CLOSED, Level.WORKER, cast.gridworker)
    assert (case.place, case.source, case.origin) == ("沟底村 7 号", "visit", record)
    assert (case.subject, case.household, case.concern.state) == ("吃水用水", home[0], "settled")
    page = client.get(reverse("visit", args=[record.uuid])).content.decode()
    assert all(one.case_no in page for one in made)
    page = client.get(case.concern.get_absolute_url()).content.decode()
    assert case.case_no in page and made[1].case_no not in page and "转事件" not in page


def test_a_lone_concern_and_one_for_somebody_else(login, cast, net, categories):
    login(cast.gridworker).post(reverse("concern_new"), concern(net))
    case = Case.objects.get()
    assert (case.place, case.status, case.level) == (net.grid.name, Status.SELF_CLOSED, Level.WORKER)
    sent = concern(net, actor=str(cast.gridworker.uuid), words="替他记")
    login(cast.grid_head).post(reverse("concern_new"), sent)
    case = Case.objects.latest("pk")
    assert (case.handler, case.record.typed_by, case.level) == (cast.gridworker, cast.grid_head, Level.WORKER)
    login(cast.gridworker).post(reverse("concern_new"), concern(net, state="watching"))
    assert Case.objects.count() == 2


def test_a_town_without_categories_hears_all_the_same(login, cast, net):
    assert login(cast.gridworker).post(reverse("concern_new"), concern(net)).status_code == 302
    assert Concern.objects.exists() and not Case.objects.exists()


def test_neither_without_the_other(cast, net, home, categories, monkeypatch):
    monkeypatch.setattr(actions, "report", lambda **told: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        actions.log_concern(
            by=cast.gridworker, envelope=envelope(), grid=net.grid, theme="water", words="漏", state="settled"
        )
    assert not Concern.objects.exists()


def test_a_second_content_saved_anew_has_its_case_too(login, cast, net, categories):
    client, sent = login(cast.gridworker), concern(net, state="watching")
    client.post(reverse("concern_new"), sent)
    client.post(reverse("concern_new"), sent | {"state": "settled"})
    client.post(reverse("record_conflict", args=[sent["uuid"], FieldConflict.objects.get().uuid]))
    assert Case.objects.get().concern.state == "settled"


def test_a_concern_told_anew_takes_its_case_along(login, cast, net, categories):
    client, sent = login(cast.gridworker), concern(net, state="watching")
    client.post(reverse("concern_new"), sent)
    # Settled only in the correction: a case then.
    first = reverse("concern_correct", args=[sent["uuid"]])
    second = concern(net, words="拧紧了", reason="补充")
    client.post(first, second)
    case = Case.objects.get()
    assert case.concern.words == "拧紧了"
    third = concern(net, words="换了垫圈", reason="写错了")
    client.post(reverse("concern_correct", args=[second["uuid"]]), third)
    case.refresh_from_db()
    assert case.concern.words == "换了垫圈" and Case.objects.count() == 1
    assert case.case_no in client.get(case.concern.get_absolute_url()).content.decode()


def test_a_passed_on_concern_told_anew_stays_passed_on(login, cast, net, categories):
    client, sent = login(cast.gridworker), concern(net, state="watching")
    client.post(reverse("concern_new"), sent)
    old = Concern.objects.get()
    new_case = {"uuid": str(uuid4()), "place": "村口", "concern": str(old.uuid)}
    client.post(reverse("case_new"), new_case)
    client.post(
        reverse("concern_correct", args=[sent["uuid"]]),
        concern(net, state="watching", words="改", reason="错字"),
    )
    case = Case.objects.get()
    assert (case.concern.words, case.concern.state) == ("改", "passed_on")


def test_a_visit_told_anew_keeps_its_cases(login, cast, categories, home):
    client, sent = login(cast.gridworker), visit(home, ("water", "换了垫圈", "settled"))
    client.post(reverse("visit_new"), sent)
    again = visit(home, note="补一句", reason="漏写")
    assert client.post(reverse("visit_correct", args=[sent["uuid"]]), again).status_code == 302
    case = Case.objects.get()
    page = client.get(reverse("visit", args=[again["uuid"]])).content.decode()
    assert case.case_no in page and case.concern.superseded_by is None


@pytest.mark.parametrize("name", ["record_withdraw", "visit_undo"])
def test_what_is_taken_back_says_so_in_the_case(login, cast, categories, home, name):
    client, sent = login(cast.gridworker), visit(home, ("water", "换了垫圈", "settled"))
    client.post(reverse("visit_new"), sent)
    for _ in range(2):
        client.post(reverse(name, args=[sent["uuid"]]), {"reason": "点错了户"})
    case = Case.objects.get()
    note = case.events.get(press="note")
    assert "来源走访已撤销" in note.words and case.status == Status.SELF_CLOSED
    assert case.concern.superseded_by is not None


def test_a_patrol_told_anew_takes_the_cases_of_its_findings_along(login, cast, net, categories):
    client, today = login(cast.gridworker), timezone.localdate().isoformat()
    rows = {
        "findings-TOTAL_FORMS": "2",
        "findings-INITIAL_FORMS": "0",
        **{f"findings-0-{n}": v for n, v in {"theme": "road", "place": "坡道", "words": "塌"}.items()},
        **{f"findings-1-{n}": v for n, v in {"theme": "road", "place": "桥头", "words": "栏杆断"}.items()},
        "findings-0-state": "open",
        "findings-1-state": "open",
    }
    sent = {"uuid": str(uuid4()), "grid": net.grid.code, "route": "村口", "happened_on": today} | rows
    client.post(reverse("patrol_new"), sent)
    found = Finding.objects.get(place="桥头")
    client.post(reverse("case_new"), {"uuid": str(uuid4()), "place": found.place, "finding": str(found.uuid)})
    again = sent | {"uuid": str(uuid4()), "findings-1-words": "栏杆断了两根", "reason": "补充"}
    client.post(reverse("patrol_correct", args=[sent["uuid"]]), again)
    case = Case.objects.get()
    assert (case.finding.words, case.finding.state) == ("栏杆断了两根", "passed_on")
    assert Finding.objects.current().get(place="坡道").state == "open"
