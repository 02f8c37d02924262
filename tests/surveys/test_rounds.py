"""Preparing a round: the frame and its formula, the draw, slips, and what happens when two do it at once."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from grids.exceptions import DomainError, StaleVersion
from grids.models import Absence, AuditEntry, TownProfile
from surveys import frames, progress
from surveys.actions import answering, questionnaires, rounds, sampling, tokens
from surveys.exceptions import AlreadyPrinted
from surveys.models import Mode, Round, RoundArea, SampledHousehold, Token, TokenBatch
from tests.factories import GridFactory, HouseholdFactory, ResidentFactory
from tests.factories.surveys import questionnaire_of, round_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(cast, login):
    return login(cast.town_officer)


@pytest.fixture
def prepared(net, cast):
    return round_of(cast.town_officer, net, opened=False)


def at(name, round, *args):
    return reverse(name, args=[round.uuid, *args])


def words(answer):
    return answer.content.decode()


def typed(version, **given):
    """A round's form as a browser posts it."""
    today = timezone.localdate()
    return {
        "seen_edits": 0,
        "title": "下半年调查",
        "version": str(version.uuid),
        "starts_on": today,
        "last_day": today + timedelta(days=9),
        "modes": ["household", "token", "poster"],
        "notice": "人人参与",
        "error": "5",
        "effect": "1",
    } | given


def frame_of(net, **given):
    return {"seen_edits": 1, f"area-{net.village.code}": 6000, f"area-{net.other_village.code}": 3000} | given


def test_a_round_from_nothing_to_open(office, net, cast):
    version = questionnaire_of(cast.town_officer, net.town)
    answer = office.post("/rounds/new/", typed(version))
    made = Round.objects.get()
    assert answer.url == made.get_absolute_url()
    assert (made.ends_on - made.starts_on).days == 10 and len(made.poster_code) == 8

    page = words(office.get(answer.url))
    assert "填人数" in page and "上面的做完才能开始" in page
    assert office.get(at("round_poster", made)).status_code == 200

    answer = office.post(at("round_frame", made), frame_of(net, seen_edits=0))
    made.refresh_from_db()
    assert answer.url == made.get_absolute_url() and made.target_n == 369
    assert "9,000 人，要收 369 份" in words(office.get(answer.url))

    # Without doors there is nothing to draw from, and the round does not begin.
    answer = office.post(at("round_sample", made), {"seed": 7})
    assert answer.status_code == 422 and "不够配额" in words(answer)
    answer = office.post(at("round_open", made))
    assert answer.status_code == 409 and "请先抽取住户" in words(answer)

    rounds.update(
        round=made,
        by=cast.town_officer,
        seen_edits=made.edits,
        modes=[Mode.TOKEN.value, Mode.POSTER.value],
    )
    assert "开始…" in words(office.get(made.get_absolute_url()))
    assert "不能再改" in words(office.get(at("round_open", made)))
    assert office.post(at("round_open", made)).url == made.get_absolute_url()
    made.refresh_from_db()
    assert made.state == Round.State.OPEN
    # Pressed again, and every page of preparing: where it stands, nothing else.
    assert office.post(at("round_open", made)).status_code == 302
    assert (
        office.get(at("round_frame", made)).status_code
        == office.get(at("round_edit", made)).status_code
        == 302
    )
    assert "不能再改" in words(office.post(at("round_edit", made), typed(version, seen_edits=made.edits)))


def test_the_formula_is_shown_before_anything_is_saved(office, net, prepared):
    answer = office.post(
        at("round_frame", prepared), frame_of(net, look=1) | {f"area-{net.village.code}": 7000}
    )

    assert answer.status_code == 200
    page = words(answer)
    assert "n₀ = 1.96² × 0.25 ÷ (5 %)² = 384.2" in page and "n = n₀ ÷ (1 + (n₀ − 1) ÷ 10,000) = 370.0" in page
    assert answer.context["look"].target == 370
    assert sum(answer.context["look"].quotas.values()) == 370
    assert RoundArea.objects.get(area=net.village).population == 6000


@pytest.mark.parametrize(("total", "needed"), [(9000, 369), (10_000, 370), (5000, 357)])
def test_the_formula_of_the_page_is_the_one_that_counts(prepared, total, needed):
    assert frames.formula(prepared, total).needed == needed


def test_the_form_begins_with_what_the_net_knows(net, cast, office):
    today = timezone.localdate()
    here, there = HouseholdFactory(grid=net.grid), HouseholdFactory(grid=net.other_grid)
    for household, sex, years in [(here, "m", 40), (here, "f", 71), (here, "f", 17), (there, "", 30)]:
        born = (today - timedelta(days=1)).replace(year=today.year - years)
        ResidentFactory(household=household, sex=sex, born_on=born)
    gone = ResidentFactory(household=here, sex="m", born_on=today.replace(year=1950, day=1))
    Absence.objects.create(resident=gone, reason="died", starts_on=today)

    known = frames.known_adults(net.town)
    assert known.areas == {net.village.code: 2, net.other_village.code: 1}
    assert known.cells == {("m", "30"): 1, ("f", "70"): 1}

    version = questionnaire_of(cast.town_officer, net.town)
    office.post("/rounds/new/", typed(version))
    made = Round.objects.get()
    page = office.get(at("round_frame", made))
    assert page.context["form"][f"area-{net.village.code}"].value() == 2
    assert "已按网格里登记的居民预填" in words(page)


def test_more_may_be_wanted_and_less_may_not(office, net, prepared):
    low = office.post(at("round_frame", prepared), frame_of(net, wanted=300))
    assert low.status_code == 422 and "须在 369 与" in words(low)
    assert office.post(at("round_frame", prepared), frame_of(net, wanted=400)).status_code == 302
    prepared.refresh_from_db()
    assert prepared.target_n == 400
    assert office.get(at("round_frame", prepared)).context["form"]["wanted"].value() == 400


def test_too_few_by_age_are_refused(net, cast, prepared):
    with pytest.raises(DomainError, match="不够目标"):
        rounds.declare_frame(
            round=prepared, by=cast.town_officer, populations={net.village: 9000}, cells={("m", "18"): 5}
        )


def test_a_colleague_saved_meanwhile(office, net, cast, prepared):
    """409, what they saved beside what was typed; a second press saves."""
    rounds.update(round=prepared, by=cast.town_officer, seen_edits=1, title="别人起的名")

    answer = office.post(at("round_edit", prepared), typed(prepared.version, seen_edits=1))
    page = words(answer)
    assert answer.status_code == 409
    assert "刚被别人改过" in page and "别人起的名" in page and 'value="下半年调查"' in page
    assert Round.objects.get().title == "别人起的名"
    again = answer.context["form"]["seen_edits"].value()
    assert (
        office.post(at("round_edit", prepared), typed(prepared.version, seen_edits=again)).status_code == 302
    )
    assert Round.objects.get().title == "下半年调查"

    answer = office.post(at("round_frame", prepared), frame_of(net, seen_edits=1, wanted=500))
    assert answer.status_code == 409 and 'value="500"' in words(answer)
    with pytest.raises(StaleVersion):
        rounds.declare_frame(
            round=prepared, by=cast.town_officer, populations={net.village: 1}, cells={}, seen_edits=1
        )


def test_another_error_gives_another_target(net, cast, prepared):
    changed = rounds.update(round=prepared, by=cast.town_officer, seen_edits=1, error_permille=30)

    assert changed.target_n == 955
    assert sum(changed.areas.values_list("quota", flat=True)) == 955


@pytest.fixture
def doors(net):
    """Four households in one village, three in the other."""
    return [
        HouseholdFactory(grid=grid)
        for grid in [net.grid, net.grid, net.grid, net.neighbour_grid, *[net.other_grid] * 3]
    ]


@pytest.fixture
def small(net, cast, doors):
    """A round in preparation that is to visit two doors and one."""
    made = round_of(cast.town_officer, net, opened=False)
    made = rounds.update(round=made, by=cast.town_officer, seen_edits=1, modes=[Mode.HOUSEHOLD.value])
    return rounds.declare_frame(
        round=made, by=cast.town_officer, populations={net.village: 2, net.other_village: 1}, cells={}
    )


def test_the_draw_keeps_its_seed_and_is_listed_by_village(office, net, small):
    ResidentFactory(household=HouseholdFactory(grid=net.grid), name="赵老汉", is_head=True)
    assert office.post(at("round_sample", small), {"seed": 42}).status_code == 302
    first = list(SampledHousehold.objects.order_by("pk").values_list("household_id", "position", "state"))
    small.refresh_from_db()
    assert small.seed == 42 and [row[2] for row in first].count("waiting") == 3
    assert AuditEntry.objects.filter(object_label__contains="种子 42").exists()

    page = office.get(at("round_sample", small))
    assert "种子 <strong>42</strong>" in words(page) and len(page.context["rows"]) == len(first)
    narrowed = office.get(at("round_sample", small), {"area": net.other_village.code})
    assert len(narrowed.context["rows"]) == 2 and "沟底村第一网格" not in words(narrowed)
    paper = words(office.get(at("round_sample", small), {"print": 1}))
    assert "种子 42" in paper and "赵老汉" not in paper

    office.post(at("round_sample", small), {"seed": 43})
    office.post(at("round_sample", small), {"seed": 42})
    again = list(SampledHousehold.objects.order_by("pk").values_list("household_id", "position", "state"))
    assert again == first


def test_other_quotas_make_the_draw_void(office, net, cast, small):
    sampling.draw(round=small, by=cast.town_officer, seed=1)
    same = {net.village: 2, net.other_village: 1}
    rounds.declare_frame(round=small, by=cast.town_officer, populations=same, cells={})
    assert small.sample.exists()

    answer = office.post(
        at("round_frame", small),
        {"seen_edits": Round.objects.get().edits, f"area-{net.village.code}": 1},
        follow=True,
    )
    assert "请重新抽样" in words(answer)
    small.refresh_from_db()
    assert small.seed is None and not small.sample.exists()


def test_a_round_that_visits_nobody_has_no_draw(cast, small):
    sampling.draw(round=small, by=cast.town_officer, seed=1)
    edits = Round.objects.get().edits
    changed = rounds.update(round=small, by=cast.town_officer, seen_edits=edits, modes=["poster"])
    assert changed.seed is None and not changed.sample.exists()


def batch_form(round, **given):
    form = {"size": 3, "last_day": round.last_day, "layout": "large", "area": ""}
    return form | {"batch": "11111111-1111-4111-8111-111111111111"} | given


@pytest.mark.parametrize(("layout", "sheets"), [("large", 3), ("small", 2)])
def test_slips_are_shown_once_and_each_code_opens_the_round(office, net, prepared, layout, sheets):
    form = batch_form(prepared, size=22, layout=layout, area=net.village.code)
    answer = office.post(at("round_token_sheet", prepared), form)
    slips = [slip for sheet in answer.context["sheets"] for slip in sheet]

    assert answer.status_code == 200 and "no-store" in answer.headers["Cache-Control"]
    assert len(answer.context["sheets"]) == sheets and len({code for code, _ in slips}) == 22
    assert all(code in words(answer) for code, _ in slips) and "testserver/s/" in words(answer)
    found = tokens.token_of(slips[0][0])
    assert found.batch.round == prepared and found.batch.area == net.village
    assert "0 / 22" in words(office.get(at("round_tokens", prepared)))

    # Reloaded, or pressed twice: no second batch, and no code.
    again = office.post(at("round_token_sheet", prepared), form, follow=True)
    assert "没有再印" in words(again) and slips[0][0] not in words(again)
    assert TokenBatch.objects.count() == 1 and Token.objects.count() == 22


def test_an_order_known_by_its_uuid_is_not_printed_twice(cast, prepared):
    batch, _ = tokens.print_batch(round=prepared, by=cast.town_officer, size=1, expires_on=prepared.ends_on)
    with pytest.raises(AlreadyPrinted):
        tokens.print_batch(
            round=prepared, by=cast.town_officer, size=1, expires_on=prepared.ends_on, uuid=batch.uuid
        )


@pytest.mark.parametrize(
    "wrong",
    [
        {"size": 0},
        {"size": 1001},
        {"size": "二十"},
        {"size": "1\x002"},
        {"last_day": "2020-01-01"},
        {"batch": "x"},
    ],
)
def test_a_wrong_order_of_slips_is_said_at_the_form(office, prepared, wrong):
    answer = office.post(at("round_token_sheet", prepared), batch_form(prepared, **wrong))

    assert answer.status_code == 422 and "还不能保存" in words(answer)
    assert not TokenBatch.objects.exists()


def test_a_forged_village_or_questionnaire_is_not_there(office, net, prepared):
    stranger = GridFactory(code="140181200201", name="别镇的村")
    order = batch_form(prepared, area=stranger.code)
    assert office.post(at("round_token_sheet", prepared), order).status_code == 404
    version = typed(prepared.version, seen_edits=1) | {"version": "11111111-1111-4111-8111-111111111111"}
    assert office.post(at("round_edit", prepared), version).status_code == 404


def test_a_lost_batch_is_made_void(office, cast, prepared):
    batch, codes = tokens.print_batch(
        round=prepared, by=cast.town_officer, size=1, expires_on=prepared.ends_on
    )
    assert office.post(at("round_batch_void", prepared, batch.uuid)).url == at("round_tokens", prepared)
    assert "已作废" in words(office.get(at("round_tokens", prepared)))
    assert "已作废" in tokens.refusal_of(tokens.token_of(codes[0])).words
    # The mode can be dropped only when no slip of it is about.
    rounds.update(round=prepared, by=cast.town_officer, seen_edits=1, modes=["poster"])
    rounds.update(round=prepared, by=cast.town_officer, seen_edits=2, modes=["token"])
    tokens.print_batch(round=prepared, by=cast.town_officer, size=1, expires_on=prepared.ends_on)
    with pytest.raises(DomainError, match="作废"):
        rounds.update(round=prepared, by=cast.town_officer, seen_edits=3, modes=["poster"])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", "长" * 61),
        ("version", ""),
        ("version", "x"),
        ("starts_on", "2026-02-30"),
        ("last_day", "2000-01-01"),
        ("modes", []),
        ("error", "0"),
        ("error", "NaN"),
        ("effect", "0.5"),
        ("seen_edits", "-1"),
    ],
)
def test_what_is_wrong_with_a_round_is_said_at_the_field(office, prepared, field, value):
    answer = office.post(at("round_edit", prepared), typed(prepared.version, seen_edits=1) | {field: value})

    assert answer.status_code == 422
    assert answer.context["form"].errors[field]
    assert field == "title" or 'value="下半年调查"' in words(answer)


@pytest.mark.parametrize("value", ["-1", "一百", "99999999999", "1.5", "\x00"])
def test_what_is_wrong_with_a_number_of_people_is_said_beside_it(office, net, prepared, value):
    answer = office.post(at("round_frame", prepared), frame_of(net) | {f"area-{net.village.code}": value})

    assert answer.status_code == 422 and 'value="3000"' in words(answer)


def answered(round, place, **told):
    told = {"sex": "f", "age_band": "60", "mode": Mode.EVENT} | told
    answering.finish(round=round, response=uuid4(), area=place, answers={"heard": "yes"}, **told)


def test_the_page_of_an_open_round_counts(office, net, cast):
    cells = {("f", "60"): 4500, ("m", "60"): 4500}
    asked = round_of(cast.town_officer, net, cells=cells)
    answered(asked, net.village, by=cast.gridworker, self_filled=True)
    answered(asked, net.village, by=cast.gridworker)
    answered(asked, net.village, mode=Mode.POSTER)

    page = office.get(asked.get_absolute_url())
    shown = words(page)
    village = page.context["areas"][0]
    assert (village.label, village.done, village.quota) == ("沟底村", 2, 246)
    assert page.context["chosen"] == 2 and page.context["everything"] == 3
    assert dict(page.context["by_mode"]) == {
        "扫码（一人一码）": 0,
        "扫码（海报）": 1,
        "活动现场": 2,
        "纸质录入": 0,
    }
    assert "本人填写" in shown and "50 %" in shown
    assert progress.answers_of([asked]) == {asked.pk: 3}
    assert "3 / 369" in words(office.get("/rounds/"))


def test_closing_is_asked_for_and_final(office, net, cast):
    asked = round_of(cast.town_officer, net)
    assert "不能重新开始" in words(office.get(at("round_close", asked)))
    assert office.post(at("round_close", asked)).url == asked.get_absolute_url()
    assert Round.objects.get().state == Round.State.CLOSED
    assert office.post(at("round_close", asked)).status_code == 302
    assert "已结束" in words(office.get(asked.get_absolute_url()))
    order = office.post(at("round_token_sheet", asked), batch_form(asked))
    assert order.status_code == 422 and "已结束" in words(order)


def costs(client, url):
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


def test_pages_cost_the_same_for_two_and_for_twenty(office, net, cast):
    asked = round_of(cast.town_officer, net)
    pages = [asked.get_absolute_url(), "/rounds/", at("round_tokens", asked), at("round_frame", asked)]
    pages += [at("round_sample", asked), at("round_close", asked)]

    def fill(n):
        for at_ in range(n):
            tokens.print_batch(round=asked, by=cast.town_officer, size=1, expires_on=asked.ends_on)
            house = HouseholdFactory(grid=net.grid)
            SampledHousehold.objects.create(
                round=asked,
                grid=net.grid,
                area=net.village,
                household=house,
                position=SampledHousehold.objects.count(),
            )
            answered(asked, net.village, age_band=["18", "30", "45", "60", "70"][at_ % 5], by=cast.gridworker)

    fill(2)
    prepared = round_of(cast.town_officer, net, title="另一份", opened=False)
    pages[3] = at("round_frame", prepared)
    office.get(pages[0])
    few = [costs(office, page) for page in pages]
    fill(18)
    for n in range(10):
        place = GridFactory(code=f"1401811002{n + 20}", name=f"村{n}")
        RoundArea.objects.create(round=asked, area=place, population=10, quota=1)
    many = [costs(office, page) for page in pages]

    assert many == few
    assert max(few) <= 16, few


def test_a_round_begins_from_its_questionnaire(office, prepared):
    version = prepared.version
    page = words(office.get(version.questionnaire.get_absolute_url()))
    address = f"{reverse('round_new')}?version={version.uuid}"
    assert f'href="{address}"' in page
    assert f'value="{version.uuid}" selected' in words(office.get(address))
    questionnaires.new_version(questionnaire=version.questionnaire, by=prepared.created_by)
    assert f'href="{address}"' in words(office.get(version.questionnaire.get_absolute_url()))
    forged = office.get(f"{reverse('round_new')}?version=forged")
    assert forged.status_code == 200 and f'value="{version.uuid}" selected' not in words(forged)


@pytest.mark.parametrize("name", ["河口镇综治中心", "综治中心"])
def test_the_poster_names_the_town_once(office, net, prepared, name):
    TownProfile.objects.create(town=net.town, formal_office_name=name)
    page = words(office.get(at("round_poster", prepared)))
    assert ">河口镇综治中心<" in page
