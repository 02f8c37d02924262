"""设置 of cases: categories in two levels, tiles, the calendar, the rules; and what bad input costs (nothing)."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cases import holidays
from cases.actions import settings
from cases.actions.advance import advance
from cases.models import CalendarDay, CaseCategory, CaseRules, ReportTile
from grids.exceptions import DomainError, StaleVersion
from grids.models import AuditEntry, Unit
from tests.factories import GridFactory
from tests.factories.cases import CategoryFactory, ClassFactory, TileFactory, reported

pytestmark = pytest.mark.django_db


@pytest.fixture
def category(net):
    return CategoryFactory(town=net.town)


@pytest.fixture
def tile(net, category):
    return TileFactory(town=net.town, category=category)


@pytest.fixture
def desk(cast, login):
    return login(cast.town_officer)


def entries():
    return AuditEntry.objects.filter(action=AuditEntry.Action.SETTING).order_by("id")


def filled(category, **given):
    """What the form of a sub-category would send."""
    told = {
        "name": category.name,
        "parent": category.parent_id,
        "limit_amount": category.limit_amount,
        "limit_unit": category.limit_unit,
        "unit": category.unit_id or "",
        "theme": category.theme,
        "filing_rule": category.filing_rule,
        "closing_rule": category.closing_rule,
        "version": category.version,
    }
    return told | given


# Categories


def test_a_class_and_its_sub_category_are_added_with_the_next_codes(desk, category):
    url = reverse("settings_categories")
    desk.post(url, {"name": " 冬季 供暖 "})
    heating = CaseCategory.objects.get(name="冬季 供暖")
    assert (heating.code, heating.parent, heating.limit_amount) == ("07", None, None)

    told = {"name": "暖气不热", "parent": heating.pk, "limit_amount": "2", "limit_unit": "working_days"}
    page = desk.post(url, told, follow=True)

    cold = CaseCategory.objects.get(name="暖气不热")
    assert (cold.code, cold.limit_words) == ("0701", "2 个工作日")
    assert "2 个工作日" in page.content.decode() and entries().count() == 2


def test_a_changed_limit_counts_for_cases_registered_from_now_on(desk, net, cast, category):
    running = advance(case=reported(cast.gridworker, net.grid), press="take", by=cast.grid_head)
    page = desk.get(reverse("settings_category_case", args=[category.pk])).content.decode()
    assert "仍按受理时的时限" in page and "现有 <strong>1</strong> 件在办" in page
    unit = Unit.objects.create(town=net.town, name="供水站")
    told = filled(
        category,
        limit_amount=3,
        limit_unit="working_days",
        unit=unit.pk,
        theme="water",
        filing_rule="地点清楚",
    )

    desk.post(reverse("settings_category_case", args=[category.pk]), told)

    category.refresh_from_db()
    assert (category.limit_words, category.unit, category.theme) == ("3 个工作日", unit, "water")
    later = advance(case=reported(cast.gridworker, net.grid), press="take", by=cast.grid_head)
    running.refresh_from_db()
    assert (running.limit_amount, running.limit_unit) == (8, "working_hours")
    assert (later.limit_amount, later.limit_unit) == (3, "working_days")
    changes = entries().last().changes
    assert changes["处置时限"] == ["8", "3"] and changes["时限单位"] == ["工作时", "工作日"]


def test_a_category_moves_to_another_class_and_keeps_its_code(desk, net, category):
    road = ClassFactory(town=net.town, code="08", name="村道")

    desk.post(reverse("settings_category_case", args=[category.pk]), filled(category, parent=road.pk))

    category.refresh_from_db()
    assert (category.parent, category.code) == (road, "0601")


def test_a_category_in_use_is_retired_not_deleted_and_not_offered(desk, net, cast, category):
    case = reported(cast.gridworker, net.grid)
    retire = reverse("settings_category_case_retire", args=[category.pk])

    desk.post(retire, {"retired": "1"})

    category.refresh_from_db()
    case.refresh_from_db()
    assert category.retired_on == timezone.localdate() and case.category == category
    offered = desk.get(reverse("settings_tiles")).context["form"].fields["category"].queryset
    assert category not in offered
    desk.post(retire, {"retired": "0"})
    category.refresh_from_db()
    assert category.retired_on is None


def test_what_something_leads_to_is_not_retired(desk, category, tile):
    for row, words in ((category, "说法“停水”"), (category.parent, "还有在用的小类")):
        page = desk.post(
            reverse("settings_category_case_retire", args=[row.pk]), {"retired": "1"}, follow=True
        )
        assert words in page.content.decode()
        row.refresh_from_db()
        assert row.retired_on is None


def test_a_sub_category_comes_back_after_its_class(cast, category):
    by = cast.town_officer
    settings.set_retired(row=category, by=by, retired=True)
    settings.set_retired(row=category.parent, by=by, retired=True)

    with pytest.raises(DomainError, match="先恢复大类"):
        settings.set_retired(row=category, by=by, retired=False)


def test_the_theme_of_a_retired_category_is_free_again(cast, net, category):
    other = CategoryFactory(town=net.town, code="0602", theme="water")
    by = cast.town_officer
    with pytest.raises(DomainError, match="已归入"):
        settings.update_category(category=category, by=by, seen_version=1, theme="water")
    settings.set_retired(row=other, by=by, retired=True)

    settings.update_category(category=category, by=by, seen_version=1, theme="water")

    other.refresh_from_db()
    assert other.theme == "" and CaseCategory.objects.get(theme="water") == category


def test_two_at_one_category_see_each_other(desk, cast, category):
    settings.update_category(category=category, by=cast.admin, seen_version=1, name="断水")
    with pytest.raises(StaleVersion):
        settings.update_category(category=category, by=cast.admin, seen_version=1, name="没水")

    page = desk.post(
        reverse("settings_category_case", args=[category.pk]), filled(category, name="没水", version=1)
    )

    words = page.content.decode()
    assert page.status_code == 409 and "刚被别人改过" in words and "断水" in words
    assert page.context["form"]["name"].value() == "没水"
    again = {**page.context["form"].data.dict()}
    desk.post(reverse("settings_category_case", args=[category.pk]), again)
    category.refresh_from_db()
    assert category.name == "没水"


def test_order_changes_within_the_class(desk, net, category):
    other = CategoryFactory(town=net.town, code="0602", name="水压", position=9)
    ClassFactory(town=net.town, code="08", name="村道")

    desk.post(reverse("settings_category_case_move", args=[other.pk]), {"up": "1"})

    rows = CaseCategory.objects.filter(parent=category.parent).order_by("position")
    assert list(rows) == [other, category]


def test_another_towns_rows_are_not_there(desk):
    town = GridFactory(code="140181101", name="别镇")
    theirs = CategoryFactory(town=town)
    for name in ("settings_category_case", "settings_tile"):
        row = theirs if name == "settings_category_case" else TileFactory(town=town, category=theirs)
        assert desk.get(reverse(name, args=[row.pk])).status_code == 404


def test_another_towns_class_and_unit_are_forged(desk, category):
    town = GridFactory(code="140181101", name="别镇")
    unit = Unit.objects.create(town=town, name="别站")
    url = reverse("settings_category_case", args=[category.pk])
    assert desk.post(url, filled(category, unit=unit.pk)).status_code == 404
    assert desk.post(url, filled(category, parent=ClassFactory(town=town).pk)).status_code == 404


# Tiles


def test_a_tile_is_added_changed_ordered_retired_and_restored(desk, cast, net, tile):
    power = CategoryFactory(town=net.town, code="0701", name="停电")
    desk.post(reverse("settings_tiles"), {"name": "没电", "category": power.pk, "icon": "bolt"})
    new = ReportTile.objects.get(name="没电")
    assert (new.category, new.icon) == (power, "bolt")

    told = {"name": "断电", "category": power.pk, "icon": "drop", "version": 1}
    desk.post(reverse("settings_tile", args=[new.pk]), told)
    desk.post(reverse("settings_tile_move", args=[new.pk]), {"up": "1"})
    new.refresh_from_db()
    assert (new.name, new.icon) == ("断电", "drop")
    assert list(ReportTile.objects.order_by("position", "pk")) == [new, tile]

    desk.post(reverse("settings_tile_retire", args=[new.pk]), {"retired": "1"})
    settings.set_retired(row=power, by=cast.town_officer, retired=True)
    page = desk.post(reverse("settings_tile_retire", args=[new.pk]), {"retired": "0"}, follow=True)
    assert "先恢复小类" in page.content.decode()
    new.refresh_from_db()
    assert new.retired_on == timezone.localdate()


# The calendar


def test_a_month_shows_what_is_entered_and_what_is_not(desk, net):
    CalendarDay.objects.create(town=net.town, day=date(2026, 10, 10), is_workday=True, note="调休上班")

    page = desk.get(reverse("settings_calendar"), {"month": "2026-10"})

    cells = {cell["day"]: cell for week in page.context["weeks"] for cell in week if cell}
    assert len(cells) == 31 and sum(cell["is_known"] for cell in cells.values()) == 1
    assert cells[date(2026, 10, 10)]["note"] == "调休上班" and cells[date(2026, 10, 10)]["works"]
    # By their weekday, but the first of October is a holiday every year.
    assert not cells[date(2026, 10, 1)]["works"] and cells[date(2026, 10, 8)]["works"]
    assert "未登记" in page.content.decode()


@pytest.mark.parametrize("query", ["month=abc", "month=0000-13", "month=9999-12", "day=x", "day=2026-02-30"])
def test_an_odd_month_is_this_month(desk, query):
    page = desk.get(f"{reverse('settings_calendar')}?{query}")

    assert page.status_code == 200
    assert page.context["first"] == timezone.localdate().replace(day=1)


def test_a_day_is_marked_and_marked_again(desk, net):
    day = timezone.localdate()
    for works, words in (("1", "调休上班"), ("0", "停电"), ("0", "停电")):
        desk.post(reverse("settings_calendar"), {"day": day, "is_workday": works, "note": words})

    row = CalendarDay.objects.get(town=net.town)
    assert (row.day, row.is_workday, row.note) == (day, False, "停电")
    assert [entry.changes[str(day)] for entry in entries()] == [
        ["未登记", "上班，调休上班"],
        ["上班，调休上班", "休息，停电"],
    ]


def test_a_years_days_are_pasted_and_the_rest_goes_by_weekday(desk, net):
    lines = "2027-01-01 休 元旦\n2月8日至2月11日 休 春节\n2月7日（星期日） 正常上班\n"

    desk.post(reverse("settings_calendar_year"), {"year": "2027", "lines": lines, "rest": "on"})

    days = {row.day: (row.is_workday, row.note) for row in CalendarDay.objects.filter(town=net.town)}
    assert len(days) == 365
    assert days[date(2027, 1, 1)] == (False, "元旦") and days[date(2027, 2, 7)] == (True, "")
    assert days[date(2027, 2, 11)] == (False, "春节") and days[date(2027, 3, 6)] == (False, "")
    # The first of May is off by rule, whether somebody wrote it down or not.
    assert days[date(2027, 5, 1)] == (False, "") and days[date(2027, 3, 8)] == (True, "")
    assert entries().count() == 1
    desk.post(reverse("settings_calendar_year"), {"year": "2027", "lines": lines, "rest": "on"})
    assert entries().count() == 1


def test_deadlines_that_waited_are_decided_by_one_press(login, net, cast, category, monkeypatch):
    moment = timezone.make_aware(timezone.datetime(2026, 12, 31, 17))
    monkeypatch.setattr(timezone, "now", lambda: moment)
    case = advance(case=reported(cast.gridworker, net.grid), press="take", by=cast.grid_head)
    desk, url = login(cast.town_officer), reverse("settings_calendar")
    assert "1 件在办事件的期限待定" in desk.get(url).content.decode()
    for n in range(6):
        CalendarDay.objects.create(
            town=net.town, day=date(2026, 12, 31) + timedelta(days=n), is_workday=n < 2
        )

    page = desk.post(reverse("settings_recompute"), follow=True)

    case.refresh_from_db()
    assert "重算了 1 件" in page.content.decode() and not case.is_provisional
    event = case.events.order_by("id").last()
    assert (event.press, event.by) == ("recompute", cast.town_officer)
    assert "期限待定</strong>" not in desk.get(url).content.decode()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2027-01-01 休 元旦", {date(2027, 1, 1): (False, "元旦")}),
        ("2027年1月1日：放假", {date(2027, 1, 1): (False, "")}),
        ("1/3 班", {date(2027, 1, 3): (True, "")}),
        ("\n 2月7日（星期日） 上班，调休 \n", {date(2027, 2, 7): (True, "调休")}),
        ("5月1日至2日 休 劳动节", {date(2027, 5, d): (False, "劳动节") for d in (1, 2)}),
    ],
)
def test_lines_that_are_understood(text, found):
    assert holidays.read(text, 2027) == found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("元旦放假", "第 1 行看不懂"),
        ("2027-02-30 休", "没有这一天"),
        ("2028-01-01 休", "不是 2027 年"),
        ("5月3日至5月1日 休", "起止日期不对"),
        ("1月1日至12月31日 休", "起止日期不对"),
        ("1月1日 休\n1月1日 班", "第 2 行"),
        ("5日 休", "看不懂"),
    ],
)
def test_lines_that_say_no_day(text, words):
    with pytest.raises(holidays.Unreadable, match=words):
        holidays.read(text, 2027)


# The rules


RULES = {
    "morning_from": "08:30",
    "morning_until": "12:00",
    "afternoon_from": "14:30",
    "afternoon_until": "18:00",
    "accept_hours": "4",
    "unchecked_days": "5",
    "spot_check_percent": "20",
    "reopen_days": "7",
    "rating_days": "2",
}


def test_the_rules_are_saved_once_and_told(desk, net):
    for _ in range(2):
        version = {"version": 2} if CaseRules.objects.exists() else {}
        desk.post(reverse("settings_case_rules"), RULES | version)

    rules = CaseRules.objects.get(town=net.town)
    assert rules.unchecked_days == 5 and f"{rules.morning_from:%H:%M}" == "08:30"
    assert entries().count() == 1


# Bad input


BAD = {
    "no name": ("settings_categories", {"name": " "}, "name"),
    "a name in use": ("settings_categories", {"name": "停水"}, "__all__"),
    "a name too long": ("settings_categories", {"name": "停" * 31}, "name"),
    "a sub-category without a limit": (
        "settings_categories",
        {"name": "新", "parent": "CLASS"},
        "limit_amount",
    ),
    "a limit of nothing": (
        "settings_categories",
        {"name": "新", "parent": "CLASS", "limit_amount": "0", "limit_unit": "working_days"},
        "limit_amount",
    ),
    "a limit in words": (
        "settings_categories",
        {"name": "新", "parent": "CLASS", "limit_amount": "三天", "limit_unit": "working_days"},
        "limit_amount",
    ),
    "a limit of years": ("settings_category_case", {"limit_amount": "99999"}, "limit_amount"),
    "a limit without a unit": ("settings_category_case", {"limit_unit": ""}, "limit_unit"),
    "no name any more": ("settings_category_case", {"name": ""}, "name"),
    "a tile without words": ("settings_tiles", {"name": "", "category": "SUB", "icon": "drop"}, "name"),
    "a tile too long": ("settings_tiles", {"name": "水" * 13, "category": "SUB", "icon": "drop"}, "name"),
    "a tile in use": ("settings_tiles", {"name": "停水", "category": "SUB", "icon": "drop"}, "__all__"),
    "a tile that leads nowhere": (
        "settings_tiles",
        {"name": "新", "category": "", "icon": "drop"},
        "category",
    ),
    "no day": ("settings_calendar", {"day": "明天", "is_workday": "1"}, "day"),
    "a day far off": ("settings_calendar", {"day": "2099-01-01", "is_workday": "1"}, "day"),
    "neither": ("settings_calendar", {"day": "2026-11-24"}, "is_workday"),
    "a year far off": ("settings_calendar_year", {"year": "1999", "lines": "", "rest": "on"}, "year"),
    "no year": ("settings_calendar_year", {"year": "", "lines": "", "rest": "on"}, "year"),
    "lines nobody can read": (
        "settings_calendar_year",
        {"year": "2027", "lines": "随便", "rest": "on"},
        "lines",
    ),
    "nothing entered": ("settings_calendar_year", {"year": "2027", "lines": ""}, "lines"),
    "hours out of order": ("settings_case_rules", RULES | {"morning_until": "07:00"}, "__all__"),
    "a share above all": ("settings_case_rules", RULES | {"spot_check_percent": "101"}, "__all__"),
    "no number": ("settings_case_rules", RULES | {"accept_hours": "很快"}, "accept_hours"),
    "a number beyond the column": ("settings_case_rules", RULES | {"reopen_days": "99999999"}, "reopen_days"),
}


@pytest.mark.parametrize(("name", "typed", "field"), BAD.values(), ids=BAD)
def test_bad_input_is_answered_in_chinese_and_nothing_is_lost(desk, category, tile, name, typed, field):
    known = {"CLASS": str(category.parent_id), "SUB": str(category.pk)}
    typed = {key: known.get(value, value) for key, value in typed.items()}
    if name == "settings_category_case":
        typed = {key: str(value) for key, value in filled(category, **typed).items()}

    page = desk.post(reverse(name, args=[category.pk] if name == "settings_category_case" else []), typed)

    form = page.context["year_form"] if name == "settings_calendar_year" else page.context["form"]
    assert page.status_code == 422
    assert all(any("一" <= letter <= "鿿" for letter in words) for words in form.errors[field])
    assert {key: form[key].value() for key in typed if key != "rest"} == {
        key: value for key, value in typed.items() if key != "rest"
    }
    counts = (CaseCategory.objects.count(), ReportTile.objects.count(), CalendarDay.objects.count())
    assert counts == (2, 1, 0) and not CaseRules.objects.exists() and AuditEntry.objects.count() == 0


def test_what_was_never_offered_is_not_there(desk, category):
    told = {"name": "新", "category": category.pk, "icon": "../../etc"}
    assert desk.post(reverse("settings_tiles"), told).status_code == 404
    told = filled(category, limit_unit="years")
    assert desk.post(reverse("settings_category_case", args=[category.pk]), told).status_code == 404
    # A class is no sub-category.
    told = {"name": "新", "category": category.parent_id, "icon": "drop"}
    assert desk.post(reverse("settings_tiles"), told).status_code == 404


@pytest.mark.parametrize("who", ["gridworker", "village_officer", "leader", "auditor", "outsider"])
def test_only_those_who_configure_the_town_change_it(net, cast, category, tile, who):
    by = getattr(cast, who)
    for act in (
        lambda: settings.add_category(town=net.town, by=by, name="新"),
        lambda: settings.update_category(category=category, by=by, seen_version=1, name="新"),
        lambda: settings.set_retired(row=tile, by=by, retired=True),
        lambda: settings.move(row=tile, by=by, up=True),
        lambda: settings.add_tile(town=net.town, by=by, name="新", category=category, icon="drop"),
        lambda: settings.update_tile(
            tile=tile, by=by, seen_version=1, name="新", category=category, icon="drop"
        ),
        lambda: settings.mark_day(town=net.town, by=by, day=date(2026, 1, 1), is_workday=True),
        lambda: settings.enter_days(town=net.town, by=by, days={}, rest_of=2027),
        lambda: settings.recompute(town=net.town, by=by),
        lambda: settings.update_rules(town=net.town, by=by, accept_hours=9),
    ):
        with pytest.raises(PermissionDenied):
            act()


@pytest.mark.parametrize("name", ["settings_categories", "settings_tiles", "settings_calendar"])
def test_a_page_costs_the_same_for_two_rows_and_twenty(
    desk, net, category, tile, name, django_assert_num_queries
):
    desk.get(reverse(name))
    with CaptureQueriesContext(connection) as few:
        desk.get(reverse(name))
    for n in range(10, 28):
        unit = Unit.objects.create(town=net.town, name=f"单位{n}")
        more = CategoryFactory(
            town=net.town, code=f"06{n}", unit=unit, parent=ClassFactory(code=f"{n}", name=f"大类{n}")
        )
        TileFactory(town=net.town, name=f"说法{n}", category=more)
        CalendarDay.objects.create(
            town=net.town, day=timezone.localdate().replace(day=1) + timedelta(days=n), is_workday=True
        )
    with django_assert_num_queries(len(few)):
        desk.get(reverse(name))
