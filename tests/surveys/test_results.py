"""What is read out of a round: the town's story to the decimal, and what must not be read out."""

from dataclasses import replace
from fractions import Fraction
from uuid import uuid4

import pytest
from django.urls import reverse

from surveys import ready
from surveys.actions import rounds, tokens
from surveys.actions.answering import finish
from surveys.indicators.results import Reckoning, question_of, read, result_of
from surveys.indicators.results.crosstab import crosstab
from surveys.indicators.results.words import HIDDEN, answers_to, masked
from surveys.models import AgeBand, Mode, Stratum
from surveys.schema import Kind, Meaning, Measure, Option, Question, Schema, Section
from surveys.views.results import shown
from tests.factories.surveys import FORM, round_of, told

pytestmark = pytest.mark.django_db

OVERALL = ready._satisfied_with("overall", "总体", "总的来说，您满意吗？")
CITY = Schema(
    name="city", title="创城问卷", sections=(Section(questions=(ready.AWARE, ready.SUPPORT, OVERALL)),)
)
SATISFIED = ["satisfied"] * 250 + ["fairly"] * 95 + ["dissatisfied"] * 27


def shares(one):
    """ "97.0 94.8 98.3" """
    return f"{shown.of_share(one)} {shown.of_interval(one)}".replace(" %", "")


def story_answers():
    """372 people: 361 aware, 366 in support, 250 + 95 satisfied; three of them are 70 or older."""
    for n in range(372):
        answers = {
            "aware": "know" if n < 300 else "heard" if n < 361 else "never",
            "support": "strongly" if n < 200 else "support" if n < 366 else "not",
            "overall": SATISFIED[n * 7 % 372],
        }
        band = (
            AgeBand.A70 if n in (5, 100, 200) else [AgeBand.A18, AgeBand.A30, AgeBand.A45, AgeBand.A60][n % 4]
        )
        yield answers, {"sex": "mf"[n % 2], "age_band": band.value}


@pytest.fixture
def story(net, cast):
    """Story 7: a frame of 9,000, 385 codes given out, 372 answers, each on a code of its own."""
    asked = round_of(cast.town_officer, net, schema=CITY, wanted=385)
    _, codes = tokens.print_batch(
        round=asked, by=cast.town_officer, size=385, expires_on=asked.ends_on, area=None
    )
    for n, ((answers, known), code) in enumerate(zip(story_answers(), codes, strict=False)):
        area = net.other_village if n % 3 == 2 else net.village
        token = tokens.token_of(code)
        finish(
            round=asked, response=uuid4(), mode=Mode.TOKEN, token=token, area=area, answers=answers, **known
        )
    return rounds.close_round(round=asked, by=cast.town_officer)


def test_story_seven_to_the_decimal(story, cast, login):
    result = result_of(story)
    assert (result["n"], result["frame"]) == (372, 9_000)
    assert {one["key"]: shares(one["share"]) for one in result["measures"]} == {
        "awareness": "97.0 94.8–98.3",
        "support": "98.4 96.5–99.3",
        "satisfaction": "92.7 89.6–95.0",
    }
    # Both villages answered as they are large: weighting changes next to nothing.
    weighted = [
        abs(Fraction(m["weighted"]["value"]) - Fraction(m["share"]["value"])) for m in result["measures"]
    ]
    assert max(weighted) < Fraction(1, 1000)

    page = login(cast.town_officer).get(reverse("round_results", args=[story.uuid])).content.decode()
    for words in ("97.0 %", "94.8–98.3", "98.4 %", "96.5–99.3", "92.7 %", "89.6–95.0"):
        assert words in page
    assert "96.6 %（用了 372 ÷ 发出 385" in page
    one = login(cast.leader).get(reverse("round_question", args=[story.uuid, "aware"])).content.decode()
    assert "97.0 %" in one and "按年龄" in one


@pytest.fixture
def told_story(net, cast):
    """The same answers without the codes, which take their time."""
    asked = round_of(cast.town_officer, net, schema=CITY, wanted=385)
    areas = (net.village, net.village, net.other_village)
    return told(
        asked,
        *((1, answers, known | {"area": areas[n % 3]}) for n, (answers, known) in enumerate(story_answers())),
    )


def test_an_age_cell_of_three_is_hidden_with_another(told_story):
    story = told_story
    by_age = next(one for one in question_of(story, "aware")["by"] if one["dimension"] == "age")
    labels = [row["label"] for row in by_age["rows"]]
    assert AgeBand.A70.label not in labels
    # Three of 372 are known by subtraction unless somebody else is hidden with them.
    rest = by_age["rows"][-1]
    assert rest["key"] == "rest" and rest["n"] > 3 and len(labels) == 4


def test_nobody_reads_what_fewer_than_five_said(told_story):
    seen = 0
    for name in ("aware", "support", "overall"):
        for breakdown in question_of(told_story, name)["by"]:
            for row in breakdown["rows"]:
                positive = row["share"]["positive"]
                if isinstance(positive, int):
                    seen += 1
                    assert min(positive, row["n"] - positive) >= 5
    assert seen


# A measure of each kind, several choices, a number, a text with 其他, and a condition.
EVERYTHING = Schema(
    name="all",
    title="都有",
    sections=(
        Section(
            questions=(
                ready.AWARE,
                OVERALL,
                replace(OVERALL, name="yards", label="院子呢？"),
                ready.WORST,
                Question("people", Kind.NUMBER, "家里几口人？", is_whole=True),
                Question("wishes", Kind.LONG_TEXT, "还想说什么？"),
                Question(
                    "rank",
                    Kind.RANKING,
                    "排一排",
                    options=(Option("a", "路"), Option("b", "灯")),
                ),
            )
        ),
    ),
)


def said(aware="know", overall="satisfied", yards="satisfied", **more):
    return {"aware": aware, "overall": overall, "yards": yards} | more


@pytest.fixture
def asked(net, cast):
    return round_of(cast.town_officer, net, schema=EVERYTHING, modes=[Mode.TOKEN, Mode.POSTER, Mode.PAPER])


def test_posters_never_blend(asked, net):
    there = {"area": net.village}
    result = result_of(
        told(
            asked,
            (40, said(), there),
            (10, said(aware="never"), there),
            (60, said(aware="never"), {"mode": Mode.POSTER}),
        )
    )
    aware = result["measures"][0]
    assert (result["n"], result["posters"]) == (50, 60)
    assert shown.of_share(aware["share"]) == "80.0 %"
    assert aware["posters"]["n"] == 60 and shown.of_share(aware["posters"]["share"]) == "0.0 %"


def test_a_sum_tells_nothing_of_the_one_question_it_hides(asked, net):
    """Three in a village were not content with one of two things: the rate of both is as uncertain as that one."""
    told(
        asked,
        (57, said(), {"area": net.village}),
        (20, said(overall="dissatisfied"), {"area": net.village}),
        (3, said(yards="dissatisfied"), {"area": net.village}),
        (50, said(), {"area": net.other_village}),
        (50, said("know", "dissatisfied", "dissatisfied"), {"area": net.other_village}),
    )
    satisfied = next(one for one in result_of(asked)["measures"] if one["key"] == "satisfaction")
    row = satisfied["by"][0]["rows"][0]
    low, high = (Fraction(row["share"][name]) for name in ("from", "to"))
    assert (round(low * 160), round(high * 160)) == (136, 140) and row["weighted"] is None


def test_several_questions_of_one_rate_are_no_more_people(asked):
    result = result_of(told(asked, (60, said(), {}), (40, said(overall="dissatisfied"), {})))
    satisfied = next(one for one in result["measures"] if one["key"] == "satisfaction")
    assert (satisfied["n"], satisfied["answers"]) == (100, 200)
    # 160 of 200 answers, with the interval of 80 of 100 people.
    assert shares(satisfied["share"]) == "80.0 71.1–86.7"


def test_weights_bring_the_villages_back(asked, net):
    """6,000 and 3,000 people, 20 and 80 answers: the large village speaks for two thirds."""
    result = result_of(
        told(
            asked,
            (30, said(aware="never"), {"area": net.village}),
            (90, said(), {"area": net.other_village}),
        )
    )
    aware = result["measures"][0]
    assert shown.of_share(aware["share"]) == "75.0 %"
    assert shown.of_share(aware["weighted"]) == "33.3 %"
    assert result["weights"]["worth"] < 120


def test_a_village_has_a_rate_from_thirty_and_else_counts(asked, net):
    told(
        asked,
        (20, said(), {"area": net.village}),
        (9, said(aware="never"), {"area": net.village}),
        (50, said(), {"area": net.other_village}),
        (50, said(aware="never"), {"area": net.other_village}),
    )
    by_area = next(one for one in question_of(asked, "aware")["by"] if one["dimension"] == "area")
    lines = {line.label: line for line in shown.divided(by_area).lines}
    assert lines["沟底村"].words == "20／29" and lines["沟底村"].bar is None
    assert lines["神堂坪村"].words == "50.0 %" and lines["神堂坪村"].bar


def test_hidden_cells_make_the_rate_a_range(asked, net):
    told(
        asked,
        (60, said(), {"area": net.village}),
        (2, said(aware="never"), {"area": net.village}),
        (60, said(), {"area": net.other_village}),
        (30, said(aware="never"), {"area": net.other_village}),
        (20, said(aware="heard"), {"area": net.other_village}),
        (20, said(aware="heard"), {"area": net.village}),
    )
    by_area = next(one for one in question_of(asked, "aware")["by"] if one["dimension"] == "area")
    # Two of 82 did not know: up to four. The other village's 80 of 110 would tell it by the sum, so it follows from it.
    assert [row["share"]["positive"] for row in by_area["rows"]] == [[78, 82], [78, 82]]
    assert [row["weighted"] for row in by_area["rows"]] == [None, None]
    assert shown.divided(by_area).lines[0].words == "95.1–100.0 %"


def test_villages_that_overlap_stand_without_rank(asked, net):
    told(
        asked,
        (40, said(), {"area": net.village}),
        (20, said(aware="never"), {"area": net.village}),
        (45, said(), {"area": net.other_village}),
        (20, said(aware="never"), {"area": net.other_village}),
    )
    by_area = next(one for one in question_of(asked, "aware")["by"] if one["dimension"] == "area")
    assert by_area["tiers"] == [["沟底村", "神堂坪村"]]


def test_villages_that_can_be_told_apart_are_in_order(asked, net):
    told(
        asked,
        (20, said(), {"area": net.village}),
        (80, said(aware="never"), {"area": net.village}),
        (80, said(), {"area": net.other_village}),
        (20, said(aware="never"), {"area": net.other_village}),
    )
    by_area = next(one for one in question_of(asked, "aware")["by"] if one["dimension"] == "area")
    assert by_area["tiers"] == [["神堂坪村"], ["沟底村"]]


def test_numbers_ranks_choices_and_what_is_missing(asked):
    result = result_of(
        told(
            asked,
            (30, said(people=4, worst=["lanes", "yards"], rank=["a", "b"]), {}),
            (10, said(people=2.5, worst=["lanes"], rank=["b", "a"]), {"is_proxy": True}),
            (10, said(aware="unsure", overall="unsure"), {}),
        )
    )
    questions = {one.name: one for one in shown.questions(result)}
    assert (questions["people"].mean, questions["people"].missing) == ("3.63", 10)
    assert questions["rank"].ranks == [("路", "1.25"), ("灯", "1.75")]
    assert [line.words for line in questions["worst"].options if line.n] == ["75.0 %", "100.0 %"]
    assert questions["overall"].unsure == 10 and questions["overall"].rate.words == "100.0 %"
    # Who cannot say whether they heard of it is not aware of it.
    assert questions["aware"].rate.words == "80.0 %"
    assert shown.sampling(result).proxy == "20.0 %"


def test_below_thirty_there_is_no_figure(asked):
    result = result_of(told(asked, (29, said(), {})))
    assert not result["is_enough"] and result["measures"] == []
    assert all(one["options"] == [] for one in result["questions"])


def test_while_it_asks_there_is_progress_alone(asked):
    told(asked, (40, said(), {}))
    asked.state = "open"
    assert "measures" not in result_of(asked) and result_of(asked)["n"] == 40


def test_counts_of_what_is_no_rate_are_hidden_by_cell(net, cast):
    place = Question("place", Kind.SINGLE, "？", options=tuple(Option(n, n) for n in ("甲", "乙", "丙")))
    asked = round_of(cast.town_officer, net, schema=Schema("plain", "无率", (Section(questions=(place,)),)))
    sizes = {"甲": (30, 20), "乙": (3, 25), "丙": (40, 30)}
    groups = [
        (n, {"place": name}, {"area": area})
        for name, counts in sizes.items()
        for n, area in zip(counts, (net.village, net.other_village), strict=True)
    ]
    rows = question_of(told(asked, *groups), "place")["by"][0]["rows"]
    assert [row["cells"] for row in rows] == [[None, None, 40], [None, None, 30]]
    assert [row["n"] for row in rows] == [73, 75]


def test_a_crosstab_hides_what_is_small(asked):
    told(
        asked,
        (40, said(), {}),
        (3, said(aware="never"), {}),
        (30, said(overall="dissatisfied"), {}),
        (20, said("never", "dissatisfied"), {}),
        (50, said(aware="never"), {"mode": Mode.POSTER}),
    )
    found = crosstab(asked, ready.AWARE, OVERALL)
    cells = [cell for row in found["rows"] for cell in row["cells"]]
    assert found["n"] == 93 and 3 not in cells and cells.count(None) == 4


def test_words_are_shuffled_and_numbers_masked(asked):
    told(
        asked, *((1, said(wishes=f"第{n}条", worst=["other"], worst_other=f"第{n}样"), {}) for n in range(40))
    )
    wishes, others = (list(answers_to(asked, name)) for name in ("wishes", "worst_other"))
    assert sorted(wishes) == sorted(f"第{n}条" for n in range(40))
    order = [text.strip("第条样") for text in wishes], [text.strip("第条样") for text in others]
    assert order[0] != order[1] and order[0] != sorted(order[0])
    assert masked("打13800138000，或 138-0013-8000") == f"打{HIDDEN}，或 {HIDDEN}"
    assert masked("2026-11-23 3 户") == "2026-11-23 3 户"


def test_the_weights_sum_to_the_frame_with_cells(net, cast):
    cells = dict.fromkeys(rounds.cells(), 450)
    asked = round_of(cast.town_officer, net, schema=FORM, cells=cells)
    bands = [band for _, band in rounds.cells()]
    told(
        asked,
        *(
            (6 + n, {"heard": "yes"}, {"area": area, "sex": sex, "age_band": band})
            for n, (sex, band) in enumerate(rounds.cells())
            for area in (net.village, net.other_village)
        ),
        (7, {"heard": "no"}, {}),
    )
    summaries = read(asked)
    raked = summaries.raked
    assert raked.by_cell and len(bands) == 10
    total = sum(raked.weights[pair] * n for pair, n in summaries.answered.items())
    assert abs(total - 9_000) < Fraction(1, 100)
    weights = Reckoning(summaries).weights()
    assert weights["by_cell"] and Fraction(weights["least"]) < Fraction(weights["most"])


def test_a_share_of_a_village_that_was_asked_through_is_narrower(net, cast):
    few = {net.village: 60, net.other_village: 8_940}
    asked = round_of(cast.town_officer, net, populations=few)
    told(
        asked,
        (25, {"heard": "yes"}, {"area": net.village}),
        (25, {"heard": "no"}, {"area": net.village}),
        (25, {"heard": "yes"}, {"area": net.other_village}),
        (25, {"heard": "no"}, {"area": net.other_village}),
    )
    by_area = next(one for one in question_of(asked, "heard")["by"] if one["dimension"] == "area")
    small, large = (shown.of_interval(row["share"]) for row in by_area["rows"])
    assert (small, large) == ("44.3–55.7", "36.6–63.4")


def test_rates_that_nobody_measures_are_left_out(net, cast):
    plain = Question("x", Kind.SINGLE, "？", options=(Option("a", "甲"), Option("b", "乙", Meaning.REFUSED)))
    schema = Schema("plain", "无率", (Section(questions=(plain,)),))
    asked = round_of(cast.town_officer, net, schema=schema)
    result = result_of(told(asked, (30, {"x": "a"}, {}), (5, {"x": "b"}, {})))
    assert result["measures"] == [] and result["questions"][0]["options"][1]["n"] == 5
    assert Stratum.objects.count() == 1 and Measure.AWARENESS
