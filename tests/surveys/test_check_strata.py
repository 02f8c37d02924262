"""The summary behind results: equal to its responses after any answers, made anew, checked."""

from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surveys.actions import strata
from surveys.actions.answering import finish
from surveys.models import AgeBand, Mode, Sex, Stratum
from tests.factories.surveys import round_of

pytestmark = pytest.mark.django_db

answers = st.lists(
    st.tuples(
        st.sampled_from([*Sex.values, ""]),
        st.sampled_from([*AgeBand.values, ""]),
        st.sampled_from([mode.value for mode in Mode if mode != Mode.HOUSEHOLD]),
        st.booleans(),
        st.booleans(),
        st.sampled_from([{"heard": "yes"}, {"heard": "unsure", "wishes": "种树"}, {}]),
    ),
    max_size=8,
)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(answers)
def test_what_was_counted_is_what_there_is(net, cast, answers):
    asked = round_of(cast.town_officer, net, title=str(uuid4()))
    for sex, band, mode, is_proxy, is_placed, said in answers:
        finish(
            round=asked,
            response=uuid4(),
            mode=mode,
            answers=said,
            area=net.village if is_placed else None,
            sex=sex,
            age_band=band,
            is_proxy=is_proxy,
        )
    assert strata.wrong(asked) == []
    before = sorted(
        Stratum.objects.filter(round=asked).values_list("area", "sex", "age_band", "mode", "n"), key=str
    )
    assert strata.rebuild(asked) == len(before)
    assert strata.wrong(asked) == []


def run(**options):
    out = StringIO()
    call_command("check_strata", stdout=out, **options)
    return out.getvalue()


def test_the_command_says_what_is_wrong_and_puts_it_right(net, cast):
    asked = round_of(cast.town_officer, net)
    for _ in range(3):
        finish(round=asked, response=uuid4(), mode=Mode.EVENT, answers={"heard": "yes"}, is_proxy=True)
    assert "相符" in run()
    assert Stratum.objects.get().counts == {"heard:": 3, "heard:yes": 3, ":proxy": 3}

    Stratum.objects.update(counts={"heard:": 3, "heard:yes": 2})
    with pytest.raises(CommandError, match="有 1 处不符"):
        run()
    assert "共 1 行" in run(rebuild=True)
    assert "相符" in run()
    Stratum.objects.update(n=2)
    with pytest.raises(CommandError):
        run()
    Stratum.objects.all().delete()
    with pytest.raises(CommandError):
        run()
    run(rebuild=True)
    assert Stratum.objects.get().n == 3
