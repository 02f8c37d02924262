"""Several people in one sheet."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grids.access import Role
from grids.actions.staff import sheet
from grids.forms.staff.sheet import COLUMNS, Known, RowForm, parse_day, parse_sheet
from grids.models import AuditEntry, GridAssignment, User
from tests.factories import GridFactory

DAY = timedelta(days=1)


@pytest.fixture
def today(db):
    return timezone.localdate()


@pytest.fixture
def admin(cast):
    return cast.admin


@pytest.fixture
def desk(cast, login):
    """The admin's browser."""
    return login(cast.admin)


def term_of(user):
    return user.assignments.get()


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("张三\t139\t网格员\t1401\t2026-03-01", [("张三", "139", "网格员", "1401", "2026-03-01")]),
        ("张三,139,网格员,1401,2026-03-01", [("张三", "139", "网格员", "1401", "2026-03-01")]),
        ("张三，139，网格员", [("张三", "139", "网格员", "", "")]),
        ("姓名\t手机号\t角色\t网格\t日期\r\n\r\n 张 三 \t139", [("张 三", "139", "", "", "")]),
        ("a\tb,c\td\te\tf\tg", [("a", "b,c", "d", "e", "f")]),
        ("\n \t \n,,,\n", []),
    ],
)
def test_the_sheet_is_read(text, rows):
    assert [tuple(row[c] for c in COLUMNS) for row in parse_sheet(text)] == rows


@given(st.text(max_size=400))
def test_any_text_is_read_without_a_fall(text):
    for row in parse_sheet(text):
        assert set(row) == set(COLUMNS)
        assert all("\n" not in cell and "\t" not in cell for cell in row.values())


@given(
    st.lists(
        st.lists(st.text("张三李四0123456789网格-", min_size=1, max_size=9), min_size=5, max_size=5),
        max_size=9,
    )
)
def test_what_a_spreadsheet_copies_comes_back(rows):
    rows = [row for row in rows if row[0] not in ("姓名", "名字")]

    read = parse_sheet("\r\n".join("\t".join(row) for row in rows))

    assert [list(row.values()) for row in read] == rows


@pytest.mark.parametrize(
    "text", ["2026-3-1", "2026/03/01", "2026.3.1", "2026年3月1日", "20260301", "２０２６-03-01"]
)
def test_days_as_people_type_them(text):
    assert parse_day(text) == date(2026, 3, 1)


@given(st.text(max_size=30))
def test_any_other_text_is_no_day_or_a_day(text):
    day = parse_day(text)
    assert day is None or isinstance(day, date)


@pytest.mark.parametrize("text", ["", "明天", "2026-02-30", "2026-13-01", "3月1日", "20261301"])
def test_no_days(text):
    assert parse_day(text) is None


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(cells=st.lists(st.text(max_size=30), min_size=5, max_size=5))
def test_no_row_makes_the_form_fall(admin, cells):
    form = RowForm(dict(zip(COLUMNS, cells, strict=True)), known=Known({}, {}, frozenset()))

    assert not form.is_valid()


GOOD = "赵小军\t13912345678\t网格员\t140181100208002\t2026-03-01"
OTHER = "钱小梅,13912345679,网格长,沟底村第二网格,2026年3月1日"
BAD = "孙小林\t1391234\t网格王\t没有的网格\t明天"


def rows_of(response):
    """What the page's table would post."""
    rows = response.context["rows"]
    counts = {"rows-TOTAL_FORMS": len(rows.forms), "rows-INITIAL_FORMS": 0}
    return counts | {field.html_name: field.value() for form in rows for field in form}


def test_the_sheet_shows_every_row_with_its_errors(desk, net):
    page = desk.post(reverse("staff_sheet"), {"text": "\n".join([GOOD, BAD])})

    good, bad = page.context["rows"].forms
    assert not good.errors and good.is_new_person
    assert set(bad.errors) == {"phone", "role", "place", "starts_on"}
    assert "网格王" in page.content.decode()
    assert not User.objects.filter(phone="13912345678").exists()


def test_all_rows_or_none(desk, net):
    page = desk.post(reverse("staff_sheet"), {"text": "\n".join([GOOD, BAD])})
    page = desk.post(reverse("staff_sheet"), rows_of(page) | {"step": "all"})

    assert not User.objects.filter(phone="13912345678").exists()
    assert len(page.context["rows"].forms) == 2


def test_only_the_right_rows(desk, net):
    page = desk.post(reverse("staff_sheet"), {"text": "\n".join([GOOD, BAD, OTHER])})
    page = desk.post(reverse("staff_sheet"), rows_of(page) | {"step": "right"})

    assert [outcome.term.user.name for outcome in page.context["done"]] == ["赵小军", "钱小梅"]
    [left] = page.context["rows"].forms
    assert left["role"].value() == "网格王"
    assert GridAssignment.objects.filter(grid=net.neighbour_grid, starts_on=date(2026, 3, 1)).count() == 2
    assert AuditEntry.objects.filter(action="assignment").count() == 2
    assert AuditEntry.objects.filter(action="account").count() == 2


def test_a_row_that_fails_when_carried_out_says_why(desk, cast, net):
    again = f"张春燕\t{cast.gridworker.phone}\t网格员\t{net.grid.code}\t2026-03-01"
    page = desk.post(reverse("staff_sheet"), {"text": f"{again}\n{GOOD}"})
    page = desk.post(reverse("staff_sheet"), rows_of(page) | {"step": "right"})

    [left] = page.context["rows"].forms
    assert "不能重叠" in str(left.errors)
    assert User.objects.filter(phone="13912345678").exists()


def test_with_all_or_none_one_refusal_takes_everything_back(cast, net, admin, today):
    lines = [
        sheet.Line("赵小军", "13912345678", Role.GRIDWORKER, net.grid, today),
        sheet.Line("张春燕", cast.gridworker.phone, Role.GRIDWORKER, net.grid, today),
    ]
    outcomes = sheet.assign_many(lines=lines, town=net.town, all_or_none=True, by=admin)

    assert all(outcome.refused for outcome in outcomes)
    assert not User.objects.filter(phone="13912345678").exists()
    assert not AuditEntry.objects.exists()


def test_a_finished_sheet_goes_back_to_the_tree(desk, net):
    page = desk.post(reverse("staff_sheet"), {"text": GOOD})

    assert desk.post(reverse("staff_sheet"), rows_of(page) | {"step": "all"})["Location"] == reverse("staff")


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (["张春艳\t{known}\t网格员\t140181100208002\t2026-03-01"], "登记的是张春燕"),
        (
            [
                "甲甲\t13912345678\t网格员\t140181100208002\t2026-03-01",
                "乙乙\t13912345678\t网格员\t140181100208001\t2026-03-01",
            ],
            "用这个手机号写了甲甲",
        ),
        (["甲甲\t13912345678\t网格长\t沟底村\t2026-03-01"], "任职在网格"),
        (["甲甲\t13912345678\t网格员\t重名网格\t2026-03-01"], "重名"),
    ],
)
def test_what_a_row_says_about_itself(desk, cast, net, rows, words):
    GridFactory(code="140181100208003", name="重名网格")
    GridFactory(code="140181100208004", name="重名网格")
    text = "\n".join(rows).format(known=cast.gridworker.phone)

    page = desk.post(reverse("staff_sheet"), {"text": text})

    assert words in str([form.errors for form in page.context["rows"].forms])


@pytest.mark.parametrize("text", ["", "  \n", "x" * 50_000, "\n".join(["a,b"] * 201)])
def test_a_sheet_that_cannot_be_read_is_said_at_the_field(desk, text):
    assert desk.post(reverse("staff_sheet"), {"text": text}).context["form"].errors["text"]


@pytest.mark.parametrize(
    "sent", [{}, {"rows-TOTAL_FORMS": "x"}, {"rows-TOTAL_FORMS": "99999", "rows-INITIAL_FORMS": "0"}]
)
def test_a_tampered_table_does_nothing(desk, sent):
    response = desk.post(reverse("staff_sheet"), sent | {"step": "right"})

    assert response.status_code in (200, 302)
    assert not AuditEntry.objects.exists()
