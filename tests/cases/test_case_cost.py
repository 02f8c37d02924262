"""What a report and a press cost in statements: a budget, so that none comes in unseen."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases.actions.advance import advance
from cases.models import Case
from tests.factories.cases import CategoryFactory, TileFactory, reported

pytestmark = pytest.mark.django_db


def statements(client, url, sent):
    """The statements of a post that is answered with a redirect, without those that a test itself opens."""
    with CaptureQueriesContext(connection) as queries:
        answer = client.post(url, sent)
    assert answer.status_code == 302, answer.content.decode()
    said = [query["sql"] for query in queries]
    return [one for one in said if not one.startswith(("SAVEPOINT", "RELEASE SAVEPOINT"))]


@pytest.mark.parametrize(("settled", "most"), [("", 12), ("1", 14)])
def test_a_report(login, net, cast, settled, most):
    tile = TileFactory(category=CategoryFactory())
    client = login(cast.gridworker)

    def sent():
        more = {"settled": settled} if settled else {}
        return {"uuid": str(uuid4()), "tile": tile.pk, "place": f"门前 {uuid4()}"} | more

    client.post(reverse("case_new"), sent())
    said = statements(client, reverse("case_new"), sent())
    assert len(said) <= most, "\n".join(said)
    for n in range(20):
        reported(cast.gridworker, net.grid, place=f"别处 {n}")
    assert len(statements(client, reverse("case_new"), sent())) == len(said)


@pytest.mark.parametrize(("press", "most"), [("take", 11), ("finish", 10), ("verify_and_close", 10)])
def test_a_press(login, net, cast, press, most):
    """我来办, 办好了 and 核实结案, whatever happened to the case before."""
    found = []
    for notes in (0, 6):
        case = reported(cast.gridworker, net.grid)
        by = {"take": cast.grid_head, "finish": cast.grid_head, "verify_and_close": cast.gridworker}[press]
        if press != "take":
            case = advance(case=case, press="take", by=cast.grid_head)
        for _ in range(notes if press != "take" else 0):
            case = advance(case=case, press="hand_back", by=cast.grid_head, words="再看看")
            case = advance(case=case, press="take", by=cast.grid_head)
        if press == "verify_and_close":
            case = advance(case=case, press="finish", by=cast.grid_head, facts={"measures": "好了"})
        client, url = login(by), reverse("case_press", args=[case.uuid, press])
        client.get(reverse("case_list"))
        sent = {"version": case.version} | ({"measures": "换了"} if press == "finish" else {})
        said = statements(client, url, sent)
        assert Case.objects.get(pk=case.pk).version == case.version + 1
        found.append(said)
    assert len(found[0]) == len(found[1]) <= most, "\n".join(found[0])
