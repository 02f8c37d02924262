"""Units that handle matters, and who acts for them from when to when."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from grids.actions.staff import units
from grids.actions.staff.terms import StaffRefused
from grids.models import AuditEntry, Unit, UnitMembership
from tests.factories import GridFactory, UserFactory

DAY = timedelta(days=1)


@pytest.fixture
def today(db):
    return timezone.localdate()


@pytest.fixture
def unit(net):
    return Unit.objects.create(town=net.town, name="供水站", phone="03515131234")


@pytest.fixture
def desk(cast, login):
    return login(cast.admin)


def member_of(unit, name="老侯", **period):
    return UnitMembership.objects.create(user=UserFactory(name=name), unit=unit, **period)


def last_entry():
    return AuditEntry.objects.latest("id")


# What may be done


def test_a_unit_is_added_renamed_and_each_is_in_the_log(net, cast):
    unit = units.add_unit(town=net.town, name="水站", phone="03515131234", by=cast.admin)
    assert last_entry().changes == {"名称": ["", "水站"], "电话": ["", "03515131234"]}

    units.edit_unit(unit=unit, name="供水站", phone="03515131234", by=cast.admin)

    assert (last_entry().action, last_entry().changes) == ("unit", {"名称": ["水站", "供水站"]})
    entries = AuditEntry.objects.count()
    units.edit_unit(unit=unit, name="供水站", phone="03515131234", by=cast.admin)
    assert AuditEntry.objects.count() == entries


def test_two_units_of_a_town_never_share_a_name_but_two_towns_do(net, cast, unit):
    other = units.add_unit(town=net.town, name="卫生院", by=cast.admin)

    for act in (
        lambda: units.add_unit(town=net.town, name="供水站", by=cast.admin),
        lambda: units.edit_unit(unit=other, name="供水站", by=cast.admin),
    ):
        with pytest.raises(StaffRefused, match="已有叫“供水站”") as refused:
            act()
        assert refused.value.field == "name"
    Unit.objects.create(town=GridFactory(code="140181101", name="别的镇"), name="供水站")


def test_a_member_acts_for_the_unit_during_the_period(cast, unit, today):
    person = cast.unit_officer
    member = units.add_member(
        unit=unit, person=person, starts_on=today, last_day=today + 9 * DAY, by=cast.admin
    )

    assert (member.starts_on, member.ends_on) == (today, today + 10 * DAY)
    assert list(person.memberships.current()) == [member]
    assert last_entry().object_key == str(unit.uuid) and "供水站" in last_entry().object_label
    with pytest.raises(StaffRefused, match="不能重叠") as refused:
        units.add_member(unit=unit, person=person, starts_on=today + DAY, by=cast.admin)
    assert refused.value.field == "starts_on"
    units.add_member(unit=unit, person=person, starts_on=today + 10 * DAY, by=cast.admin)


def test_a_membership_is_shortened_lengthened_and_left_open(cast, unit, today):
    member = member_of(unit, starts_on=today - 30 * DAY)

    for last_day, ends_on in ((today, today + DAY), (today - DAY, today)):
        member.ends_on = None
        member.save()
        assert units.set_member_last_day(member=member, last_day=last_day, by=cast.admin).ends_on == ends_on
    with pytest.raises(StaffRefused, match="已经不是成员"):
        units.set_member_last_day(member=member, last_day=None, by=cast.admin)
    coming = member_of(unit, name="新来的", starts_on=today + 5 * DAY, ends_on=today + 9 * DAY)
    assert units.set_member_last_day(member=coming, last_day=None, by=cast.admin).ends_on is None


@pytest.mark.parametrize(("days", "words"), [(-2, "最早到昨天"), (-40, "起始日期")])
def test_the_past_of_a_membership_stays(cast, unit, today, days, words):
    member = member_of(unit, starts_on=today - 30 * DAY)

    with pytest.raises(StaffRefused, match=words):
        units.set_member_last_day(member=member, last_day=today + days * DAY, by=cast.admin)


def test_only_what_has_not_begun_is_taken_back(cast, unit, today):
    begun, coming = member_of(unit, starts_on=today), member_of(unit, starts_on=today + DAY)

    units.cancel_member(member=coming, by=cast.admin)
    assert last_entry().changes["成员"][1] == "撤销"
    with pytest.raises(StaffRefused, match="只能结束"):
        units.cancel_member(member=begun, by=cast.admin)

    assert list(unit.memberships.all()) == [begun]


def test_a_unit_is_retired_with_its_members_in_one_entry_and_restored(cast, unit, today):
    lasting = member_of(unit, starts_on=today - DAY)
    short = member_of(unit, name="短期", starts_on=today - DAY, ends_on=today + DAY)
    entries = AuditEntry.objects.count()

    units.retire_unit(unit=unit, last_day=today + 4 * DAY, by=cast.admin)

    unit.refresh_from_db(), lasting.refresh_from_db(), short.refresh_from_db()
    assert (unit.retired_on, lasting.ends_on, short.ends_on) == (
        today + 5 * DAY,
        today + 5 * DAY,
        today + DAY,
    )
    assert AuditEntry.objects.count() == entries + 1 and "老侯" in str(last_entry().changes)
    with pytest.raises(StaffRefused, match="已定于"):
        units.retire_unit(unit=unit, last_day=today, by=cast.admin)
    with pytest.raises(StaffRefused, match="起停用"):
        units.add_member(unit=unit, person=UserFactory(), starts_on=today + 5 * DAY, by=cast.admin)
    with pytest.raises(StaffRefused, match="只用到"):
        units.add_member(unit=unit, person=UserFactory(), starts_on=today, by=cast.admin)
    with pytest.raises(StaffRefused, match="只用到"):
        units.set_member_last_day(member=lasting, last_day=None, by=cast.admin)

    units.restore_unit(unit=unit, by=cast.admin)
    assert units.add_member(unit=unit, person=UserFactory(), starts_on=today + 5 * DAY, by=cast.admin).pk


def test_a_member_to_come_stands_in_the_way_of_retiring(cast, unit, today):
    member_of(unit, name="下月来的", starts_on=today + 9 * DAY)

    with pytest.raises(StaffRefused, match="下月来的"):
        units.retire_unit(unit=unit, last_day=today, by=cast.admin)
    with pytest.raises(StaffRefused, match="最早到昨天"):
        units.retire_unit(unit=unit, last_day=today - 2 * DAY, by=cast.admin)


def test_a_closed_account_becomes_no_member(cast, unit, today):
    with pytest.raises(StaffRefused, match="账号已停用"):
        units.add_member(unit=unit, person=UserFactory(is_active=False), starts_on=today, by=cast.admin)


@pytest.mark.parametrize("who", ["town_officer", "village_officer", "grid_head", "auditor", "outsider"])
def test_only_admins_of_the_town_write(net, cast, unit, today, who):
    by, member = getattr(cast, who), member_of(unit, starts_on=today + DAY)
    for act in (
        lambda: units.add_unit(town=net.town, name="新", by=by),
        lambda: units.edit_unit(unit=unit, name="新", by=by),
        lambda: units.retire_unit(unit=unit, last_day=today, by=by),
        lambda: units.restore_unit(unit=unit, by=by),
        lambda: units.add_member(unit=unit, person=UserFactory(), starts_on=today, by=by),
        lambda: units.set_member_last_day(member=member, last_day=today + DAY, by=by),
        lambda: units.cancel_member(member=member, by=by),
    ):
        with pytest.raises(PermissionDenied):
            act()


# By the pages


def test_the_whole_way_through_the_pages(net, cast, desk, today):
    page = desk.get(reverse("staff_units"))
    assert "还没有承办单位" in page.content.decode()
    desk.post(reverse("staff_unit_new"), {"name": " 供水站 ", "phone": "0351-5131234", "town": net.town.pk})
    unit = Unit.objects.get()
    assert (unit.name, unit.phone) == ("供水站", "03515131234")

    words = f"{cast.unit_officer.name} {cast.unit_officer.phone}"
    url = reverse("staff_unit_member_new", args=[unit.uuid])
    page = desk.post(url, {"person": words, "starts_on": today - DAY, "last_day": ""}, follow=True)
    assert cast.unit_officer.name in page.content.decode() and page.context["members"]
    member = unit.memberships.get()
    page = desk.post(reverse("staff_member", args=[member.pk]), {"last_day": today - DAY}, follow=True)
    assert "已改" in page.content.decode() and page.context["past"] == [member]
    person = desk.get(cast.unit_officer.get_absolute_url()).content.decode()
    assert unit.get_absolute_url() in person

    desk.post(reverse("staff_unit_edit", args=[unit.uuid]), {"name": "镇供水站", "phone": ""})
    page = desk.post(reverse("staff_unit_retire", args=[unit.uuid]), {"last_day": today - DAY}, follow=True)
    assert "已停用" in page.content.decode() and "镇供水站" in page.content.decode()
    assert "已停用的单位" in desk.get(reverse("staff_units")).content.decode()
    page = desk.post(reverse("staff_unit_restore", args=[unit.uuid]), follow=True)
    assert "恢复使用" in page.content.decode() and not page.context["is_retired"]


def test_taking_back_by_the_page(cast, desk, unit, today):
    member = member_of(unit, starts_on=today + 3 * DAY)
    page = desk.get(reverse("staff_member", args=[member.pk])).content.decode()
    assert "还没开始" in page

    desk.post(reverse("staff_member_cancel", args=[member.pk]))
    begun = member_of(unit, name="已开始", starts_on=today)
    page = desk.post(reverse("staff_member_cancel", args=[begun.pk]), follow=True)

    assert list(unit.memberships.all()) == [begun] and "只能结束" in page.content.decode()


BAD = {
    "no name": ("staff_unit_edit", {"name": " ", "phone": "15"}, "请填写单位名称"),
    "no phone number": ("staff_unit_edit", {"name": "水站", "phone": "12345"}, "手机号应为 11 位"),
    "a name too long": ("staff_unit_edit", {"name": "站" * 61, "phone": ""}, "60"),
    "a name in use": ("staff_unit_edit", {"name": "卫生院", "phone": "03515131234"}, "已有叫"),
    "no last day": ("staff_unit_retire", {"last_day": "哪天"}, "2026-03-01 的样子"),
    "a day long past": ("staff_unit_retire", {"last_day": "2020-01-01"}, "最早到昨天"),
    "nobody": ("staff_unit_member_new", {"person": "", "starts_on": "2026-11-20"}, "由谁担任"),
    "a stranger": ("staff_unit_member_new", {"person": "没这个人", "starts_on": "2026-11-20"}, "没有找到"),
    "ends before it starts": (
        "staff_unit_member_new",
        {"person": "供水站", "starts_on": "2026-11-20", "last_day": "2026-11-19"},
        "不能早于起始日期",
    ),
    "nothing at all": ("staff_unit_member_new", {}, "由谁担任"),
}


@pytest.mark.parametrize(("name", "typed", "words"), BAD.values(), ids=BAD)
def test_bad_input_is_answered_in_words_and_nothing_is_lost(net, cast, desk, unit, name, typed, words):
    Unit.objects.create(town=net.town, name="卫生院")
    entries = AuditEntry.objects.count()

    page = desk.post(reverse(name, args=[unit.uuid]), typed)

    assert page.status_code == 422 and words in page.content.decode()
    assert {field: page.context["form"][field].value() for field in typed} == typed
    assert AuditEntry.objects.count() == entries


def test_readers_see_members_without_buttons_or_dead_links(cast, login, unit, today):
    member = member_of(unit, starts_on=today)
    for who in (cast.grid_head, cast.village_officer, cast.leader, cast.auditor):
        client = login(who)
        page = client.get(unit.get_absolute_url()).content.decode()
        assert "老侯" in page and "添加成员" not in page and "结束或改期" not in page
        link = member.user.get_absolute_url()
        assert (link in page) == (client.get(link).status_code == 200)
        assert "添加单位" not in client.get(reverse("staff_units")).content.decode()


def test_the_list_costs_the_same_for_two_units_and_twenty(desk, net, unit, today, django_assert_num_queries):
    member_of(unit, starts_on=today)
    url = reverse("staff_units")
    desk.get(url)
    with CaptureQueriesContext(connection) as few:
        desk.get(url)
    for n in range(18):
        for name in ("甲", "乙"):
            member_of(
                Unit.objects.get_or_create(town=net.town, name=f"单位{n}")[0], name=name, starts_on=today
            )
    with django_assert_num_queries(len(few)):
        desk.get(url)
    page = desk.get(unit.get_absolute_url())
    with CaptureQueriesContext(connection) as few:
        desk.get(unit.get_absolute_url())
    for _ in range(18):
        member_of(unit, starts_on=today)
    with django_assert_num_queries(len(few)):
        page = desk.get(unit.get_absolute_url())
    assert len(page.context["members"]) == 19
