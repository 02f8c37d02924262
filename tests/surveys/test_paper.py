"""Paper entry: two people key a sheet, what differs is decided on, and a sheet that is taken in remembers nothing."""

import threading
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from grids import access
from grids.access import Role
from grids.exceptions import DomainError
from surveys.actions import mixing, paper, rounds
from surveys.exceptions import QuotaFull, RoundClosed, SheetMoved
from surveys.forms.paper import SheetAnswers, words_of
from surveys.models import InterviewerTally, PaperSheet, Response, RoundArea, Stratum
from surveys.schema import Kind, Meaning, Option, Order, Question, Schema, Section
from surveys.views.rounds.blank import parts_of
from tests.factories import AssignmentFactory, UserFactory
from tests.factories.surveys import AWARE, WISHES, round_of

pytestmark = pytest.mark.django_db

WHERE = Question(
    name="where",
    kind=Kind.MULTIPLE,
    label="从哪里知道的？",
    options=(
        Option("radio", "广播"),
        Option("worker", "网格员"),
        Option("other", "其他", meaning=Meaning.OTHER),
    ),
    relevance="${heard} = 'yes'",
    is_required=True,
)
TREES = Question(name="trees", kind=Kind.NUMBER, label="门口有几棵树？", is_whole=True)
SHEET = Schema(name="sheet", title="纸面问卷", sections=(Section(questions=(AWARE, WHERE, TREES, WISHES)),))


@pytest.fixture
def asked(net, cast):
    return round_of(cast.town_officer, net, schema=SHEET)


@pytest.fixture
def colleague(net):
    user = UserFactory(name="王二")
    AssignmentFactory(user=user, role=Role.TOWN_OFFICER, grid=net.town)
    return user


def told(net, **given):
    answers = {"heard": "yes", "where": ["radio"]}
    return {
        "area": net.village.code,
        "sex": "f",
        "age": "60",
        "proxy": False,
        "answers": answers | given.pop("answers", {}),
    } | given


def test_two_equal_keyings_are_one_answer_and_the_sheet_forgets(net, cast, asked, colleague):
    sheet = paper.key(round=asked, by=cast.town_officer, number="0001", told=told(net))
    done = paper.key_again(sheet=sheet, by=colleague, told=told(net))

    assert done.state == "done" and done.first is done.second is None
    response = Response.objects.get()
    assert (response.mode, response.sex, response.age_band) == ("paper", "f", "60")
    assert response.answers == {"heard": "yes", "where": ["radio"]}
    assert RoundArea.objects.get(area=net.village).done == Stratum.objects.get().n == 1
    # Nobody's tally, and no key of the response anywhere with the sheet.
    assert not InterviewerTally.objects.exists()
    kept = PaperSheet.objects.values().get()
    assert response.pk not in kept.values() and not any(isinstance(v, dict) for v in kept.values())
    assert {field.name for field in PaperSheet._meta.get_fields()} == {
        *("id", "uuid", "round", "number", "first", "first_by", "second", "second_by", "state"),
    }
    assert isinstance(response.pk, UUID)

    for again in (paper.key_again, paper.settle):
        with pytest.raises(SheetMoved):
            again(sheet=sheet, by=colleague, told=told(net))
    with pytest.raises(DomainError, match="已经入库"):
        paper.key(round=asked, by=cast.town_officer, number="0001", told=told(net))
    assert Response.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_no_path_leads_from_a_sheet_to_its_answer(net, cast, asked, colleague):
    """After mixing no row of a sheet, a summary or a quota was written by the transaction that wrote another."""
    for number in range(6):
        sheet = paper.key(
            round=asked,
            by=cast.town_officer,
            number=str(number),
            told=told(net, age=["18", "30"][number % 2]),
        )
        paper.key_again(sheet=sheet, by=colleague, told=sheet.first)
    waiting = paper.key(round=asked, by=cast.town_officer, number="9", told=told(net))

    mixing.mix(round=asked)

    def written_by(table):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT DISTINCT xmin::text FROM {table}")
            return {xmin for (xmin,) in cursor.fetchall()}

    sheets, responses = written_by("surveys_papersheet"), written_by("surveys_response")
    assert len(sheets) == len(responses) == 1
    for other in ("surveys_stratum", "surveys_roundarea", "surveys_roundquota"):
        assert not (sheets | responses) & written_by(other)
    # The rows are what they were.
    assert PaperSheet.objects.filter(state="done").count() == Response.objects.count() == 6
    assert PaperSheet.objects.get(number="9").first == waiting.first
    assert paper.key_again(sheet=waiting, by=colleague, told=waiting.first).state == "done"


@pytest.mark.django_db(transaction=True)
def test_one_keying_sent_many_times_at_once_is_one_answer(net, cast, asked, colleague):
    sheet = paper.key(round=asked, by=cast.town_officer, number="1", told=told(net))
    outcomes, start = [], threading.Barrier(8)

    def press():
        try:
            start.wait()
            again = PaperSheet.objects.select_related("round").get(pk=sheet.pk)
            outcomes.append(paper.key_again(sheet=again, by=colleague, told=told(net)).state)
        except SheetMoved:
            outcomes.append("moved")
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["done", *["moved"] * 7]
    assert Response.objects.count() == Stratum.objects.get().n == 1


def test_nobody_keys_twice_and_no_number_stands_for_two(net, cast, asked, colleague):
    by = cast.town_officer
    sheet = paper.key(round=asked, by=by, number="7", told=told(net))
    # The same page posted twice is one keying.
    assert paper.key(round=asked, by=by, number="7", told=told(net)) == sheet
    with pytest.raises(DomainError, match="另一个人"):
        paper.key_again(sheet=sheet, by=by, told=told(net))
    with pytest.raises(DomainError, match="内容和这次不一样"):
        paper.key(round=asked, by=by, number="7", told=told(net, sex="m"))
    with pytest.raises(DomainError, match="已由镇网格办录过一次"):
        paper.key(round=asked, by=colleague, number="7", told=told(net))
    assert PaperSheet.objects.get().first == told(net)


def test_what_differs_is_decided_on(net, cast, asked, colleague):
    sheet = paper.key(round=asked, by=cast.town_officer, number="7", told=told(net))
    sheet = paper.key_again(sheet=sheet, by=colleague, told=told(net, sex="m"))
    assert sheet.state == "differs" and not Response.objects.exists()
    with pytest.raises(SheetMoved):
        paper.key_again(sheet=sheet, by=colleague, told=told(net))

    paper.settle(sheet=sheet, by=colleague, told=told(net, sex="m"))
    assert Response.objects.get().sex == "m"


def test_a_full_quota_and_a_closed_round_lose_nothing(net, cast, asked, colleague):
    by = cast.town_officer
    sheet = paper.key(round=asked, by=by, number="7", told=told(net))
    place = RoundArea.objects.filter(area=net.village)
    quota = place.get().quota
    place.update(done=quota)

    with pytest.raises(QuotaFull):
        paper.key_again(sheet=sheet, by=colleague, told=told(net))
    with pytest.raises(QuotaFull):
        paper.key(round=asked, by=by, number="8", told=told(net))
    assert PaperSheet.objects.get().state == "once" and PaperSheet.objects.get().first == told(net)

    place.update(done=0)
    rounds.close_round(round=asked, by=by)
    with pytest.raises(RoundClosed):
        paper.key_again(sheet=sheet, by=colleague, told=told(net))
    with pytest.raises(RoundClosed):
        paper.key(round=asked, by=by, number="8", told=told(net))
    assert PaperSheet.objects.get().first == told(net) and not Response.objects.exists()
    paper.discard(sheet=sheet, by=by)
    assert not PaperSheet.objects.exists()


def test_sheets_of_the_last_day_are_keyed_after_it(net, cast, asked, colleague, clock):
    sheet = paper.key(round=asked, by=cast.town_officer, number="7", told=told(net))
    clock(asked.ends_on + timedelta(days=3))
    assert not asked.takes_answers and asked.takes_paper
    assert paper.key_again(sheet=sheet, by=colleague, told=told(net)).state == "done"


@pytest.mark.parametrize("who", ["gridworker", "village_officer", "leader", "admin"])
def test_only_who_runs_surveys_keys(net, cast, asked, who):
    with pytest.raises(Exception, match="not held"):
        paper.key(round=asked, by=getattr(cast, who), number="7", told=told(net))


# The pages


def at(name, round, *args):
    return reverse(name, args=[round.uuid, *args])


def words(answer):
    return answer.content.decode()


@pytest.fixture
def office(cast, login):
    return login(cast.town_officer)


@pytest.fixture
def other(colleague):
    client = Client()
    access.forget(colleague)
    client.force_login(colleague)
    return client


def keyed(net, **given):
    start = {"area": net.village.code, "sex": "f", "age": "60", "a-heard": "yes", "a-where": ["radio"]}
    return start | given


def test_a_pile_of_sheets(office, other, net, asked):
    answer = office.post(at("paper_key", asked), keyed(net, number="0009", **{"a-trees": "３"}))
    assert answer.status_code == 302
    page = office.get(answer.url)
    assert "编号 0009 录好了" in words(page)
    assert page.context["form"]["number"].value() == "0010"
    assert page.context["form"]["area"].value() == net.village.code
    office.post(at("paper_key", asked), keyed(net, number="0010"))

    # Whoever keyed it is told to wait, the other keys it blind.
    sheet = PaperSheet.objects.get(number="0009")
    assert "另一个人来录" in words(office.get(at("paper_second", asked, sheet.uuid)))
    page = other.get(at("paper_second", asked, sheet.uuid))
    assert page.context["form"].initial == {} and page.context["answers"].answers == {}
    assert "从编号 0009 起复录" in words(other.get(at("paper_list", asked)))

    answer = other.post(at("paper_second", asked, sheet.uuid), keyed(net, **{"a-trees": "3"}))
    following = PaperSheet.objects.get(number="0010")
    assert answer.url == at("paper_second", asked, following.uuid)
    assert Response.objects.get().answers["trees"] == 3
    # Posted again, nothing is counted twice.
    answer = other.post(at("paper_second", asked, sheet.uuid), keyed(net), follow=True)
    assert "没有重复录入" in words(answer) and Response.objects.count() == 1

    answer = other.post(at("paper_second", asked, following.uuid), keyed(net, sex="m", **{"a-heard": "no"}))
    assert answer.url == at("paper_differences", asked, following.uuid)
    assert "核对差异" in words(office.get(at("paper_list", asked)))


@pytest.fixture
def differing(net, cast, asked, colleague):
    sheet = paper.key(round=asked, by=cast.town_officer, number="7", told=told(net))
    second = {"heard": "no", "wishes": "多种树"}
    return paper.key_again(sheet=sheet, by=colleague, told=told(net, proxy=True) | {"answers": second})


def test_the_differences_stand_side_by_side(office, asked, differing):
    page = office.get(at("paper_differences", asked, differing.uuid))
    shown = words(page)

    assert [row.name for row in page.context["form"].differences] == ["proxy", "heard", "where", "wishes"]
    for words_ in ("镇网格办：知道", "王二：不知道", "镇网格办：广播", "王二：没填", "王二：多种树"):
        assert words_ in shown


def test_one_or_the_other_or_a_third(office, asked, differing):
    url = at("paper_differences", asked, differing.uuid)
    picks = {
        "pick-proxy": "second",
        "pick-q-heard": "first",
        "pick-q-where": "third",
        "a-where": ["worker", "other"],
        "a-where_other": "亲戚",
        "pick-q-wishes": "second",
    }
    missing = office.post(url, {key: value for key, value in picks.items() if key != "pick-q-heard"})
    assert missing.status_code == 422 and "请选一个" in words(missing) and 'value="亲戚"' in words(missing)

    answer = office.post(url, picks)
    assert answer.url == at("paper_list", asked)
    response = Response.objects.get()
    assert response.is_proxy and response.answers == {
        "heard": "yes",
        "where": ["worker", "other"],
        "where_other": "亲戚",
        "wishes": "多种树",
    }
    assert "没有重复录入" in words(office.post(url, picks, follow=True))
    assert Response.objects.count() == 1


def test_a_choice_that_brings_a_question_asks_it(office, net, cast, asked, colleague):
    """Both keyed 不知道 and 听说过; on the paper it is 知道, and then there is a question neither saw."""
    by = cast.town_officer
    sheet = paper.key(round=asked, by=by, number="7", told=told(net) | {"answers": {"heard": "no"}})
    sheet = paper.key_again(sheet=sheet, by=colleague, told=told(net) | {"answers": {"heard": "some"}})
    url = at("paper_differences", asked, sheet.uuid)
    third = {"pick-q-heard": "third", "a-heard": "yes"}

    answer = office.post(url, third)
    assert answer.status_code == 422
    assert [row.name for row in answer.context["form"].differences] == ["heard", "where"]
    assert office.post(url, third | {"a-where": ["worker"]}).status_code == 302
    assert Response.objects.get().answers == {"heard": "yes", "where": ["worker"]}


def test_what_the_paper_left_blank_is_keyed_blank(office, net, asked):
    url = at("paper_key", asked)
    blank = keyed(net, number="1", **{"a-heard": "", "a-where": []})
    answer = office.post(url, blank)
    assert answer.status_code == 422 and "这道题需要回答" in words(answer)
    assert office.post(url, blank | {"blank": "on"}).status_code == 302
    assert PaperSheet.objects.get().first["answers"] == {}
    # What is written must be right all the same.
    wrong = office.post(url, blank | {"blank": "on", "number": "2", "a-trees": "三棵"})
    assert wrong.status_code == 422 and 'value="三棵"' in words(wrong)


def test_what_cannot_be_taken_in_now_stays_in_the_form(office, other, net, asked):
    office.post(at("paper_key", asked), keyed(net, number="1", **{"a-wishes": "多种树"}))
    sheet = PaperSheet.objects.get()
    place = RoundArea.objects.filter(area=net.village)
    place.update(done=place.get().quota)

    answer = other.post(at("paper_second", asked, sheet.uuid), keyed(net, **{"a-wishes": "多种树"}))
    assert answer.status_code == 409 and "配额已满" in words(answer) and "多种树" in words(answer)
    answer = office.post(at("paper_key", asked), keyed(net, number="2", **{"a-wishes": "修路"}))
    assert answer.status_code == 409 and "配额已满" in words(answer) and "修路" in words(answer)
    answer = office.post(at("paper_discard", asked, sheet.uuid), follow=True)
    assert "已撤掉" in words(answer) and not PaperSheet.objects.exists()
    assert other.post(at("paper_second", asked, sheet.uuid), keyed(net)).status_code == 404


@pytest.mark.parametrize(
    "given",
    [
        {"number": ""},
        {"number": "x" * 13},
        {"area": ""},
        {"a-trees": "-"},
        {"a-wishes": "长" * 1001},
        {"a-stranger": "x"},
    ],
)
def test_bad_keying_comes_back(office, net, asked, given):
    answer = office.post(at("paper_key", asked), keyed(net, number="5") | given)

    assert answer.status_code == 422 and not PaperSheet.objects.exists()


@pytest.mark.parametrize("given", [{"area": "140181100999"}, {"sex": "x"}, {"age": "99"}])
def test_what_was_never_offered_is_not_there(office, net, asked, given):
    assert office.post(at("paper_key", asked), keyed(net, number="5") | given).status_code == 404


@pytest.mark.parametrize(
    ("after", "number"), [("0012", "0013"), ("A-9", "A-10"), ("甲", ""), ("", ""), ("9" * 30, "")]
)
def test_the_next_number(office, asked, after, number):
    page = office.get(at("paper_key", asked), {"after": after})
    assert (page.context["form"]["number"].value() or "") == number


def test_a_script_in_a_text_is_text(office, net, cast, asked, colleague):
    script = "<script>alert(1)</script>"
    sheet = paper.key(
        round=asked, by=cast.town_officer, number="7", told=told(net, answers={"wishes": script})
    )
    sheet = paper.key_again(sheet=sheet, by=colleague, told=told(net))
    page = words(office.get(at("paper_differences", asked, sheet.uuid)))
    assert "&lt;script&gt;" in page and script not in page


def test_answers_in_words():
    answers = {"heard": "yes", "where": ["radio", "other"], "where_other": "亲戚", "trees": 3}
    found = [words_of(question, answers) for question in SHEET.questions()]
    assert found == ["知道", "广播、其他：亲戚", "3", ""]


def test_a_round_that_is_not_open_says_so(net, cast, office):
    draft = round_of(cast.town_officer, net, opened=False)
    assert "现在不收纸质问卷" in words(office.get(at("paper_list", draft)))
    answer = office.post(at("paper_key", draft), {"number": "1", "area": net.village.code, "a-heard": "no"})
    assert answer.status_code == 409 and "没有录入" in words(answer)
    assert timezone.localdate() < draft.ends_on


def test_the_sheet_on_paper_says_who_answers_what(office, asked):
    shown = words(office.get(at("paper_blank", asked)))
    assert "纸面问卷" in shown and "□ 知道" in shown and "□ 60–69 岁" in shown
    assert "第 1 题选了“知道”的人答，可多选" in shown
    assert shown.count("blank-row") == 3


def test_the_condition_of_a_sheet_that_cannot_be_picked_stands_as_written():
    odd = replace(TREES, relevance="${heard} = 'yes' and ${where} != ''")
    lines = parts_of(replace(SHEET, sections=(Section("s", "节", (AWARE, WHERE, odd)),)))[0].lines
    assert lines[2].only.startswith("只在这时答")


def test_options_are_keyed_in_the_order_of_the_paper():
    """On a phone they are turned from one to the next; a clerk's eye goes from the sheet to the screen."""
    turned = replace(AWARE, order=Order.ROTATED)
    form = SheetAnswers(replace(SHEET, sections=(Section("s", "节", (turned,)),)))
    assert [value for value, _ in form.fields["heard"].widget.choices] == ["yes", "some", "no", "unsure"]
