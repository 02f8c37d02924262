"""A failed item of an inspection becomes a case, once, and the inspection knows it."""

from datetime import date, timedelta
from threading import Thread
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cases.actions.hard import look_after
from cases.models import Case, CaseCategory
from grids.exceptions import DomainError
from hekou.inspections import case_of_failure
from surveys.models import InspectionResult
from tests.factories.inspections import InspectionFactory, ItemFactory, SiteFactory, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def failure(net, cast):
    """垃圾 failed in a lane: full bins."""
    call_command("setup_town", verbosity=0)
    site = SiteFactory(grid=net.grid, name="三组后巷", place="水塔往东")
    ItemFactory(checklist=site.checklist, name="垃圾").__class__.objects.filter(name="垃圾").update(
        category_code="0102"
    )
    inspection = told(site, {"垃圾": "fail", "飞线": "pass"}, by=cast.gridworker)
    InspectionResult.objects.filter(inspection=inspection, item__name="垃圾").update(note="桶满了")
    return inspection.results.get(item__name="垃圾")


def address(result):
    return reverse("inspection_case", args=[result.inspection.record.uuid, result.item_id])


def test_one_tap(login, cast, net, failure):
    client = login(cast.gridworker)
    answer = client.post(address(failure))
    case = Case.objects.get()
    assert answer.url == failure.inspection.get_absolute_url()
    assert (case.grid, case.subject, case.category.code) == (net.grid, "垃圾", "0102")
    assert (case.source, case.origin) == ("inspection", failure.inspection.record)
    assert case.place == "三组后巷，水塔往东" and "桶满了" in case.words and case.reporter == cast.gridworker
    page = client.get(answer.url).content.decode()
    assert case.case_no in page and "待受理" in page and address(failure) not in page


def test_a_double_tap_a_colleague_and_another_day_make_no_second(login, cast, clock, failure):
    login(cast.gridworker).post(address(failure))
    login(cast.gridworker).post(address(failure))
    answer = login(cast.grid_head).post(address(failure), follow=True)
    assert "已经是事件" in answer.content.decode()
    clock(timezone.localdate() + timedelta(days=2))
    login(cast.gridworker).post(address(failure))
    assert Case.objects.count() == 1


@pytest.mark.parametrize(("who", "status"), [("neighbour", 404), ("leader", 403), ("volunteer", 403)])
def test_who_may_not(login, cast, failure, who, status):
    assert login(getattr(cast, who)).post(address(failure)).status_code == status
    assert not Case.objects.exists()


def test_what_passed_what_is_unknown_and_a_get(login, cast, failure):
    client = login(cast.gridworker)
    passed = failure.inspection.results.get(item__name="飞线")
    assert "只有不合格" in client.post(address(passed), follow=True).content.decode()
    record = failure.inspection.record.uuid
    assert client.post(reverse("inspection_case", args=[record, 999999])).status_code == 404
    assert client.post(reverse("inspection_case", args=[uuid4(), failure.item_id])).status_code == 404
    assert client.get(address(failure)).status_code == 405
    assert not Case.objects.exists()


def test_a_correction_keeps_the_case(login, cast, failure):
    client = login(cast.gridworker)
    client.post(address(failure))
    old = failure.inspection
    newer = told(
        old.site, {"垃圾": "fail", "飞线": "fail"}, by=cast.gridworker, corrects=old.record, reason="漏了一项"
    )
    page = client.get(newer.get_absolute_url()).content.decode()
    assert Case.objects.get().case_no in page
    client.post(address(newer.results.get(item__name="垃圾")))
    assert Case.objects.count() == 1
    client.post(address(newer.results.get(item__name="飞线")))
    assert Case.objects.count() == 2
    with pytest.raises(DomainError, match="已更正"):
        case_of_failure(result=_failing_twin(old), by=cast.gridworker)


def _failing_twin(inspection):
    """Another failed item of a superseded inspection, which has no case."""
    inspection.refresh_from_db()
    item = ItemFactory(checklist=inspection.site.checklist, name="照明")
    return InspectionResult.objects.create(
        inspection=inspection, item=item, grid=inspection.grid, state="fail"
    )


def test_an_item_without_a_category_of_use_falls_back(cast, failure):
    ItemFactory._meta.model.objects.update(category_code="")
    failure.refresh_from_db()
    CaseCategory.objects.filter(code="0102").update(retired_on="2026-01-01")
    case, made = case_of_failure(result=failure, by=cast.gridworker)
    assert made and case.category.code == "2105"
    CaseCategory.objects.filter(parent__isnull=False).update(retired_on="2026-01-01")
    with pytest.raises(DomainError, match="还没有事件类别"):
        case_of_failure(result=_failing_twin(failure.inspection), by=cast.gridworker)


@pytest.mark.django_db(transaction=True)
def test_pressed_by_many_at_once_it_is_one_case(cast, failure):
    """The same moment, two people: whoever comes second gets the first one's case."""
    made, faults = [], []

    def press(who):
        try:
            result = InspectionResult.objects.select_related(
                "item", "inspection__record", "inspection__grid", "inspection__site"
            ).get(pk=failure.pk)
            made.append(case_of_failure(result=result, by=who))
        except Exception as error:
            faults.append(error)
        finally:
            connection.close()

    people = [cast.gridworker, cast.grid_head] * 5
    threads = [Thread(target=press, args=[who]) for who in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert len({case.pk for case, _ in made}) == 1 and [new for _, new in made].count(True) == 1
    assert Case.objects.count() == 1


def test_stubborn_places_stand_beside_the_hard_cases(login, cast, net, failure):
    """Which of their failures are being worked on; nobody is told of places elsewhere."""
    site = failure.inspection.site
    for _ in range(2):
        told(site, {"垃圾": "fail"}, by=cast.gridworker)
    page = login(cast.leader).get(reverse("case_hard")).content.decode()
    assert "老大难地点" in page and "三组后巷" in page and "3 次" in page and "还没有转成事件" in page
    login(cast.gridworker).post(address(failure))
    case = Case.objects.get()
    page = login(cast.leader).get(reverse("case_hard")).content.decode()
    assert case.get_absolute_url() in page and "还没有转成事件" not in page
    assert reverse("case_hard_edit", args=[case.uuid]) in page and "还没有定" in page
    plan = {"owner": cast.village_officer, "next_on": date(2027, 1, 8), "note": "每周看一次"}
    look_after(case=case, by=cast.leader, **plan)
    page = login(cast.leader).get(reverse("case_hard")).content.decode()
    assert cast.village_officer.name in page and "2027-01-08" in page and "每周看一次" in page
    assert (
        reverse("case_hard_edit", args=[case.uuid])
        not in login(cast.gridworker).get(reverse("case_hard")).content.decode()
    )
    assert "三组后巷" not in login(cast.other_village_officer).get(reverse("case_hard")).content.decode()


def test_stubborn_places_cost_the_same_for_one_and_many(login, cast, net, django_assert_num_queries):
    def fail(name):
        site = SiteFactory(grid=net.grid, name=name)
        for _ in range(3):
            InspectionFactory(grid=net.grid, site=site, verdicts={"垃圾": "fail"})

    client, url = login(cast.leader), reverse("case_hard")
    fail("一号")
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        client.get(url)
    for n in range(10):
        fail(f"{n} 号巷")
    with django_assert_num_queries(len(few)):
        assert client.get(url).content.decode().count("号巷") == 10
