"""The demo's surveys: counted like any others, within their quotas, one of them published."""

import pytest
from django.core.management import call_command
from django.urls import reverse

from hekou.demo import town
from surveys.actions import strata
from surveys.actions.results import is_intact
from surveys.indicators.results import result_of
from surveys.models import Mode, Round, SampledHousehold, Token, schema_of
from surveys.schema import validate
from tests.hekou.test_demo import undone

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def rounds(django_db_setup, django_db_blocker):
    """Both, of a town large enough for a result."""
    with django_db_blocker.unblock(), undone():
        call_command("setup_town", verbosity=0)
        town.build(seed=7, households=900, days=30, progress=lambda label, n: lambda: None)
        yield {one.state: one for one in Round.objects.select_related("version")}


def test_one_is_over_and_published_and_one_goes_on(rounds):
    assert set(rounds) == {Round.State.OPEN, Round.State.CLOSED}
    over = rounds[Round.State.CLOSED]
    assert over.is_public and is_intact(over)
    assert result_of(over)["n"] == over.responses.exclude(mode=Mode.POSTER).count() >= 300
    assert rounds[Round.State.OPEN].frozen is None


def test_what_came_out_is_read_at_the_office_and_by_everybody(rounds, client):
    over, going_on = rounds[Round.State.CLOSED], rounds[Round.State.OPEN]
    public = client.get(reverse("public_result", args=[over.uuid]))
    assert public.status_code == 200 and "知晓率" in public.content.decode()
    client.force_login(over.created_by)
    for name in ("round_results", "round_crosstab", "round_open_answers", "round_compare"):
        assert client.get(reverse(name, args=[over.uuid])).status_code == 200
    page = client.get(reverse("round_results", args=[over.uuid])).content.decode()
    assert over.frozen_digest in page and "入户应答率" in page and "怎么加权" in page
    assert "还没有结束" in client.get(reverse("round_results", args=[going_on.uuid])).content.decode()


def test_the_summaries_are_those_of_the_answers(rounds):
    for one in rounds.values():
        assert list(strata.wrong(one)) == []


def test_every_answer_is_one_that_the_questionnaire_lets_through(rounds):
    for one in rounds.values():
        schema = schema_of(one.version)
        for answers in one.responses.values_list("answers", flat=True):
            assert validate(schema, answers, today=one.starts_on) == (answers, {})


def test_the_counts_beside_the_answers_agree(rounds):
    for one in rounds.values():
        chosen = one.responses.exclude(mode=Mode.POSTER)
        assert sum(one.areas.values_list("done", flat=True)) == chosen.count()
        assert sum(one.quotas.values_list("done", flat=True)) == chosen.count()
        used = Token.objects.filter(batch__round=one, is_used=True).count()
        assert used == chosen.filter(mode=Mode.TOKEN).count()
        done = one.sample.filter(state=SampledHousehold.State.DONE).count()
        assert done == chosen.filter(mode=Mode.HOUSEHOLD).count()


def test_whoever_stands_in_stands_in_for_somebody_lost(rounds):
    lost = ("refused", "absent", "ineligible")
    stand_ins = SampledHousehold.objects.exclude(replaces=None).select_related("replaces")
    assert stand_ins.exists()
    assert {one.replaces.state for one in stand_ins} <= set(lost)
    assert SampledHousehold.objects.filter(state__in=lost).count() == stand_ins.count()
