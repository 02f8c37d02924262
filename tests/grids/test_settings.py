"""设置: categories with dated frequencies, the checklist, names; and what bad input costs (nothing)."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from grids.actions import settings
from grids.exceptions import DomainError
from grids.models import (
    AuditEntry,
    CareCategory,
    CareFrequency,
    PatrolPoint,
    ResidentCare,
    TownProfile,
)
from tests.factories import CareCategoryFactory, ResidentCareFactory

DAY = timedelta(days=1)


@pytest.fixture
def today(db):
    return timezone.localdate()


@pytest.fixture
def category(net):
    return CareCategoryFactory(town=net.town, name="独居老人", frequency="monthly")


@pytest.fixture
def point(net):
    return PatrolPoint.objects.create(town=net.town, name="消防通道", position=1)


@pytest.fixture
def desk(cast, login):
    return login(cast.town_officer)


def periods(category):
    rows = category.frequencies.order_by("starts_on")
    return [(row.frequency, row.starts_on, row.ends_on) for row in rows]


def last_entry():
    return AuditEntry.objects.latest("id")


# How often


def test_a_frequency_changes_on_its_day_and_months_before_keep_theirs(cast, category, today):
    [(_, founded, _)] = periods(category)

    settings.set_frequency(
        category=category, by=cast.town_officer, frequency="weekly", starts_on=today + 9 * DAY
    )

    assert periods(category) == [
        ("monthly", founded, today + 9 * DAY),
        ("weekly", today + 9 * DAY, None),
    ]
    assert category.frequencies.on(today).get().frequency == "monthly"
    entry = last_entry()
    assert entry.action == AuditEntry.Action.SETTING and "每周" in str(entry.changes)


def test_a_planned_change_is_replaced_by_the_next_one(cast, category, today):
    [(_, founded, _)] = periods(category)
    by = cast.town_officer
    settings.set_frequency(category=category, by=by, frequency="weekly", starts_on=today + 30 * DAY)
    settings.set_frequency(category=category, by=by, frequency="quarterly", starts_on=today + 9 * DAY)

    assert periods(category) == [
        ("monthly", founded, today + 9 * DAY),
        ("quarterly", today + 9 * DAY, None),
    ]


def test_a_planned_change_is_taken_back_by_saying_the_old_from_its_day(cast, category, today):
    by, day = cast.town_officer, today + 30 * DAY
    settings.set_frequency(category=category, by=by, frequency="weekly", starts_on=day)
    settings.set_frequency(category=category, by=by, frequency="monthly", starts_on=day)

    assert {row.frequency for row in category.frequencies.all()} == {"monthly"}
    assert category.frequencies.on(day).count() == category.frequencies.on(day - DAY).count() == 1


def test_twice_on_one_day_counts_the_last(cast, category, today):
    for frequency in ("weekly", "quarterly"):
        settings.set_frequency(category=category, by=cast.town_officer, frequency=frequency, starts_on=today)

    assert [frequency for frequency, *_ in periods(category)] == ["monthly", "quarterly"]


@pytest.mark.parametrize(
    ("days", "frequency", "words"), [(-1, "weekly", "最早从今天"), (0, "monthly", "已经是每月")]
)
def test_a_change_that_is_none_or_of_the_past_changes_nothing(cast, category, today, days, frequency, words):
    before, entries = periods(category), AuditEntry.objects.count()

    with pytest.raises(DomainError, match=words):
        settings.set_frequency(
            category=category, by=cast.town_officer, frequency=frequency, starts_on=today + days * DAY
        )

    assert periods(category) == before and AuditEntry.objects.count() == entries


def test_changing_the_frequency_by_the_page_says_whom_it_concerns(desk, category, today):
    ResidentCareFactory.create_batch(3, category=category)
    url = reverse("settings_category", args=[category.pk])
    assert "现有 <strong>3</strong> 人" in desk.get(url).content.decode()

    page = desk.post(url, {"frequency": "weekly", "starts_on": today + 9 * DAY}, follow=True)

    words = page.content.decode()
    assert "已记入审计" in words and "起改为每周" in words
    assert "起每周" in desk.get(reverse("settings_care")).content.decode()


# Categories and points


def test_a_category_is_added_renamed_moved_retired_and_restored(desk, category, today):
    desk.post(reverse("settings_care"), {"name": " 孕产妇 ", "frequency": "monthly", "starts_on": today})
    new = CareCategory.objects.get(name="孕产妇")
    assert new.frequencies.get().frequency == "monthly"
    ResidentCareFactory(category=new)

    desk.post(reverse("settings_category", args=[new.pk]), {"name": "孕妇产妇"})
    desk.post(reverse("settings_category_move", args=[new.pk]), {"up": "1"})
    order = CareCategory.objects.order_by("position", "pk").values_list("name", flat=True)
    assert list(order) == ["孕妇产妇", "独居老人"]
    assert ResidentCare.objects.get().category.name == "孕妇产妇"

    retire = reverse("settings_category_retire", args=[category.pk])
    desk.post(retire, {"retired": "1"})
    assert "独居老人，" in desk.get(reverse("settings_care")).content.decode()
    category.refresh_from_db()
    assert category.retired_on == today
    desk.post(retire, {"retired": "0"})
    category.refresh_from_db()
    assert category.retired_on is None
    actions = AuditEntry.objects.values_list("action", flat=True)
    assert list(actions) == [AuditEntry.Action.SETTING] * 5


def test_a_category_that_somebody_belongs_to_is_not_retired(desk, category):
    ResidentCareFactory(category=category)

    page = desk.post(reverse("settings_category_retire", args=[category.pk]), {"retired": "1"}, follow=True)

    category.refresh_from_db()
    assert category.retired_on is None and "还有 1 人属于" in page.content.decode()


def test_a_category_that_somebody_will_belong_to_is_not_retired(cast, category, today):
    """Nobody may fall out of care unnoticed, on a later day either."""
    ResidentCareFactory(category=category, starts_on=today + 5 * DAY)

    with pytest.raises(DomainError, match="还有 1 人"):
        settings.set_retired(row=category, by=cast.town_officer, retired=True)


def test_the_checklist_is_added_to_renamed_ordered_and_retired(desk, point, today):
    desk.post(reverse("settings_patrol"), {"name": "水塔"})
    new = PatrolPoint.objects.get(name="水塔")
    desk.post(reverse("settings_point", args=[new.pk]), {"name": "村北水塔"})
    desk.post(reverse("settings_point_move", args=[new.pk]), {"up": "1"})
    names = PatrolPoint.objects.order_by("position", "pk").values_list("name", flat=True)
    assert list(names) == ["村北水塔", "消防通道"]

    desk.post(reverse("settings_point_retire", args=[point.pk]), {"retired": "1"})
    point.refresh_from_db()
    assert point.retired_on == today
    page = desk.get(reverse("settings_patrol"))
    assert page.context["retired"] == [point] and page.context["rows"] == [new]


@pytest.mark.parametrize("up", ["1", "0"])
def test_at_the_end_of_the_list_nothing_moves(desk, point, up):
    entries = AuditEntry.objects.count()

    desk.post(reverse("settings_point_move", args=[point.pk]), {"up": up})

    point.refresh_from_db()
    assert point.position == 1 and AuditEntry.objects.count() == entries


def test_an_odd_move_moves_nothing_and_says_so(desk, point):
    for odd in ({}, {"up": "x"}):
        page = desk.post(reverse("settings_point_move", args=[point.pk]), odd, follow=True)
        assert page.status_code in (200, 404)
    point.refresh_from_db()
    assert point.position == 1


# Names


def test_the_office_names_itself_and_the_same_again_is_no_change(desk, net):
    names = {
        "office_name": "镇网格办",
        "formal_office_name": "河口镇综治中心",
        "upstream_name": "古交市直部门",
        "duty_phone": "03515131234",
    }
    for _ in range(2):
        page = desk.post(reverse("settings_town"), names, follow=True)
        assert "已保存" in page.content.decode()

    profile = TownProfile.objects.get(town=net.town)
    assert {name: getattr(profile, name) for name in names} == names
    assert AuditEntry.objects.filter(action=AuditEntry.Action.SETTING).count() == 1
    assert desk.get(reverse("settings_town")).context["form"]["duty_phone"].value() == "03515131234"


# Bad input

FULL = {
    "office_name": "镇网格办",
    "formal_office_name": "综治中心",
    "upstream_name": "市直部门",
    "duty_phone": "",
}
BAD = {
    "no name": ("settings_care", {"name": " ", "frequency": "weekly", "starts_on": "2099-01-01"}, "name"),
    "a name in use": (
        "settings_care",
        {"name": "独居老人", "frequency": "weekly", "starts_on": "today"},
        "__all__",
    ),
    "a name too long": (
        "settings_care",
        {"name": "老" * 21, "frequency": "weekly", "starts_on": "today"},
        "name",
    ),
    "no day": ("settings_care", {"name": "新", "frequency": "weekly", "starts_on": "明天"}, "starts_on"),
    "a day of the past": (
        "settings_care",
        {"name": "新", "frequency": "weekly", "starts_on": "2020-01-01"},
        "starts_on",
    ),
    "no frequency": ("settings_care", {"name": "新", "starts_on": "today"}, "frequency"),
    "a change in the past": (
        "settings_category",
        {"frequency": "weekly", "starts_on": "2020-01-01"},
        "starts_on",
    ),
    "a change too far": (
        "settings_category",
        {"frequency": "weekly", "starts_on": "2199-01-01"},
        "starts_on",
    ),
    "no change": ("settings_category", {"frequency": "monthly", "starts_on": "today"}, "__all__"),
    "an empty rename": ("settings_category", {"name": ""}, "name"),
    "an empty point": ("settings_patrol", {"name": ""}, "name"),
    "a point in use": ("settings_patrol", {"name": "消防通道"}, "__all__"),
    "an empty point's name": ("settings_point", {"name": " \n "}, "name"),
    "an office without a name": ("settings_town", FULL | {"office_name": ""}, "office_name"),
    "a number nobody can ring": ("settings_town", FULL | {"duty_phone": "打给我"}, "duty_phone"),
    "a number too short": ("settings_town", FULL | {"duty_phone": "12"}, "duty_phone"),
    "a name beyond measure": ("settings_town", FULL | {"upstream_name": "部" * 61}, "upstream_name"),
}


@pytest.mark.parametrize(("name", "typed", "field"), BAD.values(), ids=BAD)
def test_bad_input_is_answered_in_chinese_and_nothing_is_lost(
    desk, category, point, today, name, typed, field
):
    typed = {key: str(today) if value == "today" else value for key, value in typed.items()}
    args = {"settings_category": [category.pk], "settings_point": [point.pk]}.get(name, [])
    before = (CareCategory.objects.count(), CareFrequency.objects.count(), PatrolPoint.objects.count())

    page = desk.post(reverse(name, args=args), typed)

    shown = [page.context.get(key) for key in ("frequency", "name", "form")]
    form = next(one for one in shown if getattr(one, "errors", None))
    assert page.status_code == 422
    assert all(any("一" <= letter <= "鿿" for letter in words) for words in form.errors[field])
    assert {key: form[key].value() for key in typed} == typed
    after = (CareCategory.objects.count(), CareFrequency.objects.count(), PatrolPoint.objects.count())
    assert after == before and AuditEntry.objects.count() == 0


def test_a_forged_frequency_is_not_there(desk, category, today):
    url = reverse("settings_category", args=[category.pk])

    assert desk.post(url, {"frequency": "hourly", "starts_on": today}).status_code == 404


@pytest.mark.parametrize("who", ["gridworker", "village_officer", "leader", "auditor", "outsider"])
def test_only_those_who_configure_the_town_change_it(net, cast, category, point, today, who):
    by = getattr(cast, who)
    for act in (
        lambda: settings.add_category(town=net.town, by=by, name="新", frequency="weekly", starts_on=today),
        lambda: settings.set_frequency(category=category, by=by, frequency="weekly", starts_on=today),
        lambda: settings.rename(row=point, by=by, name="新"),
        lambda: settings.set_retired(row=point, by=by, retired=True),
        lambda: settings.move(row=point, by=by, up=True),
        lambda: settings.add_point(town=net.town, by=by, name="新"),
        lambda: settings.update_profile(town=net.town, by=by, office_name="新"),
    ):
        with pytest.raises(PermissionDenied):
            act()


@pytest.mark.parametrize("name", ["settings_care", "settings_patrol"])
def test_a_list_costs_the_same_for_two_rows_and_twenty(
    desk, net, category, point, name, django_assert_num_queries
):
    desk.get(reverse(name))
    with CaptureQueriesContext(connection) as few:
        desk.get(reverse(name))
    for n in range(18):
        ResidentCareFactory(category=CareCategoryFactory(town=net.town))
        PatrolPoint.objects.create(town=net.town, name=f"点{n}", position=n + 2)
    with django_assert_num_queries(len(few)):
        desk.get(reverse(name))
