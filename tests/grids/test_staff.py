"""人员与任职: the tree, people, terms, the sheet, boards."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from grids import access
from grids.access import ROLE_CODE_LENGTHS, Role
from grids.actions import accounts
from grids.actions.staff import people, terms
from grids.actions.staff.terms import StaffRefused
from grids.models import AuditEntry, GridAssignment, LoginThrottle, User
from tests.factories import AssignmentFactory, GridFactory, UserFactory

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


# Assigning


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("code", ["140181100", "140181100208", "140181100208001", "14018110020800101"])
def test_a_role_is_held_only_at_its_tiers(role, code, admin, today):
    place = GridFactory(code=code)

    if len(code) in ROLE_CODE_LENGTHS[role]:
        assert terms.assign(person=UserFactory(), role=role, grid=place, starts_on=today, by=admin).pk
    else:
        with pytest.raises(StaffRefused) as refused:
            terms.assign(person=UserFactory(), role=role, grid=place, starts_on=today, by=admin)
        assert refused.value.field == "grid"


def test_an_assignment_opens_the_grid_and_is_in_the_log(net, cast, admin, today):
    terms.assign(person=cast.outsider, role=Role.GRIDWORKER, grid=net.grid, starts_on=today, by=admin)

    assert access.can(cast.outsider, access.Permission.LOG_FIELDWORK, net.grid)
    entry = AuditEntry.objects.get(action="assignment")
    assert (entry.by, entry.grid) == (admin, net.grid)
    assert net.grid.name in entry.changes["任职"][1]


@pytest.mark.parametrize(
    ("opened", "retired", "start"),
    [(1, None, 0), (-9, 0, 0), (-9, -3, 0), (-9, 5, 5)],
    ids=["not yet", "retired today", "long retired", "retired by then"],
)
def test_a_place_must_be_open_on_the_first_day(net, cast, admin, today, opened, retired, start):
    net.grid.opened_on = today + opened * DAY
    net.grid.retired_on = retired if retired is None else today + retired * DAY
    net.grid.save()

    with pytest.raises(StaffRefused):
        terms.assign(
            person=cast.outsider, role=Role.GRIDWORKER, grid=net.grid, starts_on=today + start * DAY, by=admin
        )


def test_a_grid_that_opens_next_month_is_staffed_today(net, cast, admin, desk, today):
    net.grid.opened_on = today + 20 * DAY
    net.grid.save()

    page = desk.get(reverse("staff_assign"))
    assert net.grid.name in page.content.decode()
    assert terms.assign(
        person=cast.outsider, role=Role.GRIDWORKER, grid=net.grid, starts_on=today + 20 * DAY, by=admin
    )


def assign_form(who, net, **given):
    return {
        "person": who,
        "role": "gridworker",
        "grid": net.grid.pk,
        "starts_on": "2026-03-01",
        "last_day": "",
        **given,
    }


@pytest.mark.parametrize("words", ["外人", "{phone}", "外人 {phone}", " {phone} "])
def test_a_person_is_named_as_people_name_them(desk, cast, net, words):
    desk.post(reverse("staff_assign"), assign_form(words.format(phone=cast.outsider.phone), net))

    assert term_of(cast.outsider).starts_on == date(2026, 3, 1)


def test_the_last_day_is_inclusive(desk, cast, net):
    desk.post(reverse("staff_assign"), assign_form("外人", net, last_day="2026-03-31"))

    assert term_of(cast.outsider).ends_on == date(2026, 4, 1)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"person": ""}, "person"),
        ({"person": "没有这个人"}, "person"),
        ({"person": "13000000000"}, "person"),
        ({"person": "外人\x00"}, "person"),
        ({"role": "king"}, "role"),
        ({"role": "grid_head", "grid": "town"}, "grid"),
        ({"grid": "999999"}, "grid"),
        ({"grid": "x"}, "grid"),
        ({"starts_on": "31/31/2026"}, "starts_on"),
        ({"starts_on": "0001-01-01"}, "starts_on"),
        ({"starts_on": "9999-12-31"}, "starts_on"),
        ({"starts_on": "2019-01-01"}, "grid"),
        ({"last_day": "2026-02-01"}, "last_day"),
        ({"last_day": "9999-12-31"}, "last_day"),
    ],
)
def test_what_does_not_fit_is_said_at_its_field_and_nothing_is_lost(desk, cast, net, given, field):
    sent = assign_form("外人", net, **given)
    if sent["grid"] == "town":
        sent["grid"] = net.town.pk
    response = desk.post(reverse("staff_assign"), sent)

    assert response.status_code == 422
    assert response.context["form"].errors[field]
    assert response.context["form"]["starts_on"].value() == sent["starts_on"]
    assert not cast.outsider.assignments.exists()


def test_two_of_one_name_are_told_apart_by_phone(desk, cast, net):
    UserFactory(name="外人")

    response = desk.post(reverse("staff_assign"), assign_form("外人", net))

    assert "2 位" in str(response.context["form"].errors["person"])


def test_the_same_term_twice_is_a_form_error(desk, cast, net):
    desk.post(reverse("staff_assign"), assign_form("外人", net))
    response = desk.post(reverse("staff_assign"), assign_form("外人", net, starts_on="2026-05-01"))

    assert "日期不能重叠" in str(response.context["form"].errors)
    assert cast.outsider.assignments.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_admins_assigning_the_same_at_once_make_one_term():
    town = GridFactory(code="140181100", name="河口镇")
    grid = GridFactory(code="140181100208001")
    admins = [AssignmentFactory(role=Role.ADMIN, grid=town).user for _ in range(2)]
    person = UserFactory()

    def give(by):
        try:
            return terms.assign(
                person=person, role=Role.GRIDWORKER, grid=grid, starts_on=timezone.localdate(), by=by
            )
        except StaffRefused as refused:
            return str(refused)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(give, admins))

    assert person.assignments.count() == 1
    assert sum("不能重叠" in str(outcome) for outcome in outcomes) == 1


# Ending, taking back, standing in


def test_a_term_ends_after_its_last_day(desk, cast, net, today):
    term = term_of(cast.gridworker)
    desk.post(reverse("staff_term", args=[term.pk]), {"last_day": today.isoformat()})

    term.refresh_from_db()
    assert term.ends_on == today + DAY
    assert AuditEntry.objects.get(action="assignment").changes["到期"][0] == "长期"


@pytest.mark.parametrize("days", [-2, -4000])
def test_days_already_worked_keep_their_term(desk, cast, today, days):
    term = term_of(cast.gridworker)
    response = desk.post(
        reverse("staff_term", args=[term.pk]), {"last_day": (today + days * DAY).isoformat()}
    )

    assert response.context["form"].errors["last_day"]


def test_an_ended_term_stays_ended(desk, cast, today):
    term = term_of(cast.gridworker)
    GridAssignment.objects.filter(pk=term.pk).update(ends_on=today)

    response = desk.post(reverse("staff_term", args=[term.pk]), {"last_day": ""})

    assert "已经结束" in str(response.context["form"].errors)


def test_a_term_that_has_not_begun_is_taken_back(desk, cast, net, today):
    term = AssignmentFactory(user=cast.outsider, grid=net.grid, starts_on=today + DAY)
    desk.post(reverse("staff_term_cancel", args=[term.pk]))

    assert not cast.outsider.assignments.exists()
    assert AuditEntry.objects.get(action="assignment").changes["任职"][1] == "撤销"


def test_a_term_that_has_begun_is_not_taken_back(desk, cast):
    desk.post(reverse("staff_term_cancel", args=[term_of(cast.gridworker).pk]))

    assert cast.gridworker.assignments.count() == 1


def test_a_stand_in_has_the_grid_for_the_leave(desk, cast, net, today):
    url = reverse("staff_stand_in", args=[term_of(cast.gridworker).pk])
    desk.post(
        url, {"person": "外人", "starts_on": today.isoformat(), "last_day": (today + 9 * DAY).isoformat()}
    )

    cover = term_of(cast.outsider)
    assert cover.stand_in_for == term_of(cast.gridworker)
    assert (cover.role, cover.grid, cover.ends_on) == (Role.GRIDWORKER, net.grid, today + 10 * DAY)
    page = desk.get(reverse("staff"), {"state": "cover"}).content.decode()
    assert "代管" in page and "代 张春燕" in page


@pytest.mark.parametrize(
    "given",
    [
        {"person": "张春燕"},
        {"starts_on": "2019-05-01", "last_day": "2019-05-02"},
        {"last_day": ""},
        {"starts_on": "2026-05-02", "last_day": "2026-05-01"},
    ],
    ids=["herself", "before her term", "without end", "backwards"],
)
def test_a_stand_in_that_does_not_fit(desk, cast, given):
    url = reverse("staff_stand_in", args=[term_of(cast.gridworker).pk])
    sent = {"person": "外人", "starts_on": "2026-05-01", "last_day": "2026-05-09", **given}

    assert desk.post(url, sent).context["form"].errors
    assert GridAssignment.objects.filter(stand_in_for__isnull=False).count() == 0


def test_the_last_admin_cannot_leave(cast, admin, today):
    with pytest.raises(StaffRefused, match="没有管理员"):
        terms.set_last_day(term=term_of(admin), last_day=today, by=admin)
    second = AssignmentFactory(role=Role.ADMIN, grid=admin.town, starts_on=today - DAY)
    with pytest.raises(StaffRefused, match="自己"):
        people.deactivate(person=admin, by=admin)

    terms.set_last_day(term=term_of(admin), last_day=today, by=admin)

    with pytest.raises(StaffRefused, match="没有管理员"):
        people.deactivate(person=second.user, by=admin)


@pytest.mark.django_db(transaction=True)
def test_two_admins_leaving_at_once_leave_one():
    town = GridFactory(code="140181100", name="河口镇")
    held = [AssignmentFactory(role=Role.ADMIN, grid=town) for _ in range(2)]

    def leave(term):
        try:
            terms.set_last_day(term=term, last_day=timezone.localdate(), by=term.user)
        except StaffRefused:
            pass
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(leave, held))

    assert GridAssignment.objects.filter(ends_on=None).count() == 1


# People


def test_a_new_person_with_a_first_term(desk, net, today):
    sent = {
        "name": "赵 小军",
        "phone": "139 1234 5678",
        "town": net.town.pk,
        "role": "gridworker",
        "grid": net.grid.pk,
        "starts_on": today.isoformat(),
    }
    response = desk.post(reverse("staff_person_new"), sent)

    person = User.objects.get(phone="13912345678")
    assert response["Location"] == person.get_absolute_url()
    assert person.name == "赵小军" and not person.has_usable_password() and person.must_change_password
    assert term_of(person).grid == net.grid
    assert set(AuditEntry.objects.values_list("action", flat=True)) == {"account", "assignment"}
    assert "13912345678" not in str(AuditEntry.objects.values())


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"phone": "taken"}, "phone"),
        ({"phone": "123"}, "phone"),
        ({"name": ""}, "name"),
        ({"name": "名" * 41}, "name"),
        ({"role": "gridworker"}, "grid"),
        ({"role": "gridworker", "grid": "town"}, "grid"),
    ],
)
def test_a_new_person_that_does_not_fit(desk, cast, net, given, field):
    sent = {"name": "赵小军", "phone": "13912345678", "town": net.town.pk, "starts_on": "2026-03-01", **given}
    sent |= {"phone": cast.gridworker.phone} if sent["phone"] == "taken" else {}
    sent |= {"grid": net.town.pk} if sent.get("grid") == "town" else {}

    response = desk.post(reverse("staff_person_new"), sent)

    assert response.context["form"].errors[field]
    assert not User.objects.filter(name="赵小军").exists()


def test_another_number_keeps_the_person(desk, cast):
    person = cast.gridworker
    desk.post(reverse("staff_person_edit", args=[person.uuid]), {"name": "张春艳", "phone": "13912345678"})

    again = User.objects.get(pk=person.pk)
    assert (again.phone, again.name) == ("13912345678", "张春艳")
    assert again.name_index and again.assignments.count() == 1
    changes = AuditEntry.objects.get(action="account").changes
    assert changes["姓名"] == ["张春燕", "张春艳"]
    assert changes["手机号"][1] == "139****5678"


def test_a_number_in_use_is_refused(desk, cast):
    response = desk.post(
        reverse("staff_person_edit", args=[cast.gridworker.uuid]),
        {"name": "张春燕", "phone": cast.neighbour.phone},
    )

    assert "李隔壁" in str(response.context["form"].errors["phone"])


def test_a_closed_account_is_out_at_once_and_for_good(desk, cast):
    hers = Client()
    hers.force_login(cast.gridworker)
    desk.post(reverse("staff_deactivate", args=[cast.gridworker.uuid]))
    assert hers.get(reverse("account")).status_code == 302

    desk.post(reverse("staff_reactivate", args=[cast.gridworker.uuid]))

    assert hers.get(reverse("account")).status_code == 302
    assert [e.changes["状态"] for e in AuditEntry.objects.order_by("id")] == [
        ["启用", "停用"],
        ["停用", "启用"],
    ]


def test_a_lost_phone_ends_every_session(desk, cast):
    hers = Client()
    hers.force_login(cast.gridworker)

    desk.post(reverse("staff_end_sessions", args=[cast.gridworker.uuid]))

    assert hers.get(reverse("account")).status_code == 302
    assert term_of(cast.gridworker).ends_on is None


def test_the_code_is_shown_once_and_opens(desk, cast):
    page = desk.post(reverse("staff_code", args=[cast.gridworker.uuid]))
    code = page.context["code"]

    assert code in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    assert code not in desk.get(cast.gridworker.get_absolute_url()).content.decode()
    assert (
        Client().post(reverse("login_code"), {"phone": cast.gridworker.phone, "code": code}).status_code
        == 302
    )


def test_unlocking_lets_try_again(desk, cast):
    phone = cast.gridworker.phone
    for _ in range(5):
        with pytest.raises(accounts.LoginRefused):
            accounts.sign_in(phone=phone, password="wrong", address="10.0.0.1")
    assert "不能登录" in desk.get(cast.gridworker.get_absolute_url()).content.decode()

    desk.post(reverse("staff_unlock", args=[cast.gridworker.uuid]))

    assert accounts.sign_in(phone=phone, password="hekou-demo", address="10.0.0.1") == cast.gridworker
    assert AuditEntry.objects.get(action="unlock").changes == {"连续失败": [5, 0]}
    assert LoginThrottle.objects.get(kind="account").failures == 0


# Who may


ADDRESSES = {
    "staff_person": "get", "staff_person_edit": "get", "staff_code": "post", "staff_unlock": "post",
    "staff_deactivate": "post", "staff_reactivate": "post", "staff_end_sessions": "post",
    "staff_term": "get", "staff_term_cancel": "post", "staff_stand_in": "get",
    "staff_assign": "get", "staff_person_new": "get", "staff_handover": "get", "staff_sheet": "get",
    "staff": "get", "staff_people": "get",
}  # fmt: skip
SEEN_BY_SEE_STAFF = {"staff", "staff_people", "staff_person"}


def ask(client, name, person):
    args = []
    if "term" in name or "stand_in" in name:
        args = [term_of(person).pk]
    elif name.startswith("staff_") and name not in (
        "staff_assign", "staff_person_new", "staff_handover", "staff_sheet", "staff_people",
    ):  # fmt: skip
        args = [person.uuid]
    url = reverse(name, args=args)
    url += f"?person={person.uuid}" if name == "staff_handover" else ""
    return getattr(client, ADDRESSES[name])(url).status_code


@pytest.mark.parametrize("name", ADDRESSES)
def test_admins_of_the_town_only(name, cast, net, login):
    person = AssignmentFactory(grid=net.grid).user
    assert ask(login(cast.admin), name, person) in (200, 302)
    for other in (cast.town_officer, cast.village_officer, cast.grid_head, cast.leader, cast.auditor):
        assert ask(login(other), name, person) == (200 if name in SEEN_BY_SEE_STAFF else 403)
    for other in (cast.gridworker, cast.unit_officer, cast.volunteer, cast.outsider):
        assert ask(login(other), name, person) == 403


@pytest.mark.parametrize("name", [n for n in ADDRESSES if n not in ("staff", "staff_people")])
def test_another_towns_people_do_not_exist(name, cast, login):
    far = GridFactory(code="140181101", name="别镇")
    stranger = AssignmentFactory(role=Role.ADMIN, grid=far, user=UserFactory(town=far)).user
    if name in ("staff_assign", "staff_person_new", "staff_sheet"):
        return

    assert ask(login(cast.admin), name, stranger) == 404


def test_a_grid_head_does_not_see_the_neighbours_people(cast, login):
    assert ask(login(cast.grid_head), "staff_person", cast.neighbour) == 404


@pytest.mark.parametrize(
    ("who", "status"),
    [("neighbour", 404), ("village_officer", 200), ("other_village_officer", 404), ("volunteer", 403)],
)
def test_boards_by_scope(cast, net, login, who, status):
    client = login(getattr(cast, who))

    assert client.get(reverse("grid_board", args=[net.grid.code])).status_code == status
    assert client.get(reverse("grid_board", args=["' or 1=1"])).status_code in (403, 404)


def test_giving_terms_in_another_town_is_refused(cast, net, admin, today):
    far = GridFactory(code="140181101", name="别镇")
    with pytest.raises(PermissionDenied):
        terms.assign(person=cast.outsider, role=Role.TOWN_OFFICER, grid=far, starts_on=today, by=admin)
    with pytest.raises(PermissionDenied):
        terms.assign(
            person=UserFactory(town=far), role=Role.GRIDWORKER, grid=net.grid, starts_on=today, by=admin
        )
