"""The page of one case: what it shows to whom, and what it costs."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cases.actions.advance import advance
from cases.actions.deeds import add_note, call_expert
from cases.actions.requests import ask, supervise
from cases.models import Case
from tests.factories import UnitFactory
from tests.factories.cases import CategoryFactory, envelope, reported

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(net, cast):
    return reported(cast.gridworker, net.grid, words="好几户没水", affected_households=12)


def press(case, name, by, **given):
    case.refresh_from_db()
    return advance(case=case, press=name, by=by, seen_version=case.version, **given)


def text(client, case):
    answer = client.get(case.get_absolute_url())
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_page_of_a_fresh_report(login, cast, case):
    page = text(login(cast.grid_head), case)
    for words in (
        case.case_no,
        "停水",
        "水塔下",
        "好几户没水",
        "12 户",
        "待受理",
        "我来办",
        "张春燕",
        "信息收集",
    ):
        assert words in page
    assert "核实结案" not in page and "合并" not in page
