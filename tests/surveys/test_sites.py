"""The places and checklists that the office keeps."""

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from cases.models import CaseCategory
from grids.models import AuditEntry
from surveys import setup
from surveys.models import Checklist, ChecklistItem, Site
from tests.factories import GridFactory
from tests.factories.inspections import ChecklistFactory, InspectionFactory, ItemFactory, SiteFactory

pytestmark = pytest.mark.django_db


def words_of(answer):
    return answer.content.decode()


def sent(net, **other):
    kind = ChecklistFactory()
    return {"grid": net.grid.code, "checklist": kind.pk, "name": "戏台 广场", "place": "村口"} | other


def test_a_new_place(login, cast, net):
    client = login(cast.village_officer)
    answer = client.post(reverse("site_new"), sent(net))
    site = Site.objects.get()
    assert answer.url == site.get_absolute_url() and site.grid == net.grid
    assert AuditEntry.objects.filter(action="setting", object_label__contains="戏台 广场").exists()
    again = client.post(reverse("site_new"), sent(net, place="别处"))
    assert again.status_code == 422 and "已有" in words_of(again) and "别处" in words_of(again)


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"name": ""}, 422),
        ({"name": "长" * 41}, 422),
        ({"longitude": "112.1"}, 422),
        ({"longitude": "999", "latitude": "1"}, 422),
        ({"longitude": "nan", "latitude": "inf"}, 422),
        ({"grid": "140181100209001"}, 404),
        ({"grid": "x"}, 404),
        ({"checklist": "999999"}, 404),
        ({"checklist": "x"}, 404),
    ],
)
def test_bad_input(login, cast, net, wrong, status):
    assert login(cast.village_officer).post(reverse("site_new"), sent(net, **wrong)).status_code == status
    assert not Site.objects.exists()


def test_changing_a_place_that_somebody_changed_meanwhile(login, cast, net):
    site = SiteFactory(grid=net.grid, name="旧名")
    client = login(cast.village_officer)
    address = reverse("site_edit", args=[site.uuid])
    assert "旧名" in words_of(client.get(address))
    given = {"checklist": site.checklist.pk, "name": "新名", "place": "", "version": 1}
    assert client.post(address, given).status_code == 302
    stale = client.post(address, given | {"name": "第三个名"})
    assert stale.status_code == 409 and "新名" in words_of(stale) and "第三个名" in words_of(stale)
    assert client.post(address, given | {"name": "第三个名", "version": 2}).status_code == 302
    assert client.post(address, given | {"version": "x"}).status_code == 422
    site.refresh_from_db()
    assert (site.name, site.version, site.grid) == ("第三个名", 3, net.grid)


def test_a_place_keeps_its_kind_once_it_was_seen_and_leaves_a_retired_grid(login, cast, net):
    old = GridFactory(code="140181100208009", retired_on=timezone.localdate())
    site = SiteFactory(grid=old)
    client = login(cast.village_officer)
    address = reverse("site_edit", args=[site.uuid])
    given = {"checklist": ChecklistFactory(name="广场").pk, "name": "甲", "version": 1, "grid": net.grid.code}
    assert client.post(address, given).status_code == 302
    site.refresh_from_db()
    assert (site.grid, site.checklist.name) == (net.grid, "广场")
    InspectionFactory(grid=net.grid, site=site)
    again = client.post(address, given | {"checklist": ChecklistFactory().pk, "version": 2})
    assert again.status_code == 422 and "不能换类型" in words_of(again)


def test_retiring_takes_it_off_the_walks(login, cast, net):
    site = SiteFactory(grid=net.grid)
    client = login(cast.village_officer)
    address = reverse("site_retire", args=[site.uuid])
    for retired in ("1", "1", "0"):
        assert client.post(address, {"retired": retired}).status_code == 302
        site.refresh_from_db()
        assert (site.retired_on is not None) == (retired == "1")
    assert AuditEntry.objects.filter(action="setting").count() == 2
    assert login(cast.gridworker).post(address, {"retired": "1"}).status_code == 403


def test_set_up_is_idempotent_and_leaves_the_office_its_list(net):
    call_command("setup_town", verbosity=0)
    town = Checklist.objects.first().town
    n = Checklist.objects.count()
    assert (
        n == len(setup.CHECKLISTS) and ChecklistItem.objects.filter(checklist__name="背街小巷").count() == 10
    )
    codes = set(CaseCategory.objects.filter(town=town).values_list("code", flat=True))
    assert {item.category_code for item in ChecklistItem.objects.all()} <= codes
    Checklist.objects.filter(name="公厕").update(name="厕所")
    call_command("setup_town", verbosity=0)
    assert Checklist.objects.count() == n and not Checklist.objects.filter(name="公厕").exists()


def test_the_office_keeps_its_checklists(login, cast, net):
    client = login(cast.town_officer)
    answer = client.post(reverse("settings_checklists"), {"name": "祠堂"})
    checklist = Checklist.objects.get()
    assert answer.url == reverse("settings_checklist", args=[checklist.pk])
    assert client.post(reverse("settings_checklists"), {"name": "祠堂"}).status_code == 422
    for name in ("屋顶", "香火"):
        client.post(answer.url, {"deed": "add", "name": name, "standard": "不漏"})
    roof, fire = checklist.items.order_by("position")
    assert client.post(answer.url, {"deed": "add", "name": "屋顶"}).status_code == 422
    assert client.post(answer.url, {"deed": "add", "name": ""}).status_code == 422
    client.post(answer.url, {"deed": "rename", "name": "宗祠"})
    client.post(reverse("settings_item_move", args=[fire.pk]), {"up": "1"})
    assert list(checklist.items.order_by("position")) == [fire, roof]
    client.post(reverse("settings_item_move", args=[fire.pk]), {"up": "7"})
    client.post(reverse("settings_item_retire", args=[roof.pk]), {"retired": "1"})
    page = words_of(client.get(answer.url))
    assert "宗祠" in page and "已停用" in page
    client.post(reverse("settings_item_retire", args=[roof.pk]), {"retired": "0"})
    given = {"name": "瓦面", "standard": "", "category_code": ""}
    assert client.post(reverse("settings_item", args=[roof.pk]), given).status_code == 302
    roof.refresh_from_db()
    assert (roof.name, roof.retired_on) == ("瓦面", None)


def test_an_item_names_a_category_of_the_town_by_name(login, cast, net):
    call_command("setup_town", verbosity=0)
    client = login(cast.town_officer)
    item = ChecklistItem.objects.filter(name="垃圾").first()
    address = reverse("settings_item", args=[item.pk])
    assert "0102 暴露垃圾" in words_of(client.get(address))
    assert client.post(address, {"name": "垃圾", "category_code": "9999"}).status_code == 404
    assert client.post(address, {"name": "垃圾", "category_code": "0901"}).status_code == 302
    item.refresh_from_db()
    assert item.category_code == "0901"


def test_moving_at_the_ends_does_nothing(login, cast, net):
    item = ItemFactory()
    login(cast.town_officer).post(reverse("settings_item_move", args=[item.pk]), {"up": "1"})
    assert not AuditEntry.objects.filter(action="setting").exists()
