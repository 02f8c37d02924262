"""Residents: what is typed about a person, when they are away, whom to ring, what they agreed to."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grids import names
from grids.actions import residents, standing
from grids.exceptions import DomainError
from grids.forms.residents import ResidentForm
from grids.models import Absence, AuditEntry, Consent, Household, Relative, Resident
from tests.factories import CareCategoryFactory, GridFactory, HouseholdFactory, ResidentFactory, UserFactory

pytestmark = pytest.mark.django_db

# Sequence 000 is never issued; the check digits are right.
ELDER = "14018119500312000" + names.id_check_digit("14018119500312000")
OTHER = "14018119600101000" + names.id_check_digit("14018119600101000")


@pytest.fixture
def household(net):
    return HouseholdFactory(grid=net.grid)


@pytest.fixture
def resident(household):
    person = ResidentFactory(household=household, name="李桂花", is_head=True)
    person.phone, person.id_number = "13812345678", ELDER
    person.save()
    return person


def last_entry():
    return AuditEntry.objects.latest("pk")


def form_of(cast, instance=None, **data):
    return ResidentForm({"name": "李桂花", "version": 1, **data}, user=cast.gridworker, instance=instance)


class TestIdNumber:
    @pytest.mark.parametrize(
        ("typed", "words"),
        [
            ("14018119500312", "应为 18 位，现在是 14 位"),
            ("14018119501312000X", "不是有效的出生日期"),
            ("14018129500312000X", "不是有效的出生日期"),
            ("1401811950031200AX", "前 17 位是数字"),
            (ELDER[:-1] + ("1" if ELDER[-1] != "1" else "2"), "校验位对不上"),
        ],
    )
    def test_says_what_is_wrong(self, cast, typed, words):
        assert words in form_of(cast, id_number=typed).errors["id_number"][0]

    def test_gives_birth_date_and_sex(self, cast):
        form = form_of(cast, id_number=f" {ELDER[:6]} {ELDER[6:].lower()} ")

        assert form.is_valid(), form.errors
        assert form.values()["born_on"] == date(1950, 3, 12)
        assert form.values()["sex"] == "f"
        assert form.values()["id_number"] == ELDER

    def test_another_birth_date_is_asked_about(self, cast):
        form = form_of(cast, id_number=ELDER, born_on="1951-03-12", sex="m")

        assert set(form.errors) == {"born_on", "sex"}

    def test_is_entered_once_within_ones_scope(self, cast, resident, net):
        form = form_of(cast, id_number=ELDER)
        assert resident.household.address in form.errors["id_number"][0]

        elsewhere = ResidentFactory(household__grid=net.other_grid)
        elsewhere.id_number = OTHER
        elsewhere.save()
        assert form_of(cast, id_number=OTHER).is_valid()


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("138 1234 5678", "13812345678"),
        ("１３８１２３４５６７８", "13812345678"),
        ("+86 138-1234-5678", "13812345678"),
        ("0351-5151234", "03515151234"),
        ("5151234", "5151234"),
        ("", ""),
    ],
)
def test_phones_are_kept_as_digits(cast, typed, kept):
    form = form_of(cast, phone=typed)

    assert form.is_valid(), form.errors
    assert form.values()["phone"] == kept


@pytest.mark.parametrize("typed", ["1381234567", "12345", "abc", "138123456789", "１２"])
def test_what_is_no_phone_is_refused(cast, typed):
    assert "phone" in form_of(cast, phone=typed).errors


class TestEditing:
    def edit(self, client, resident, **data):
        url = reverse("resident_edit", args=[resident.uuid])
        return client.post(url, {"version": resident.version, "name": resident.name, "is_head": "on", **data})

    def test_numbers_stay_unless_retyped(self, cast, resident, login):
        client = login(cast.gridworker)
        page = client.get(reverse("resident_edit", args=[resident.uuid])).content.decode()
        assert "138****5678" in page and "13812345678" not in page and ELDER not in page

        self.edit(client, resident, difficulties="腿脚不便")
        resident.refresh_from_db()
        assert (resident.phone, resident.id_number) == ("13812345678", ELDER)

        self.edit(client, resident, phone="13900000000", drop_id_number="on")
        resident.refresh_from_db()
        assert (resident.phone, resident.id_number, resident.id_number_hash) == ("13900000000", "", "")

    def test_every_change_is_audited_masked(self, cast, resident, login):
        self.edit(login(cast.gridworker), resident, phone="13900000000", difficulties="腿脚不便")

        entry = last_entry()
        assert entry.action == "resident" and entry.object_label == "李**"
        assert entry.changes == {"电话": ["138****5678", "139****0000"], "困难及诉求": ["", "（4 字）"]}

    def test_a_new_head_takes_over(self, cast, resident, login):
        url = reverse("resident_new", args=[resident.household.uuid])

        login(cast.gridworker).post(url, {"name": "李建国", "is_head": "on", "relation": "儿子"})

        assert Resident.objects.get(is_head=True).name == "李建国"

    def test_two_at_once_see_both(self, cast, resident, login):
        client = login(cast.gridworker)
        stale = Resident.objects.get(pk=resident.pk)
        self.edit(client, resident, difficulties="腿脚不便")

        page = self.edit(client, stale, difficulties="耳背", phone="13900000000").content.decode()

        assert "刚被别人改过" in page and "腿脚不便" in page and "耳背" in page
        assert "139****0000" in page
        resident.refresh_from_db()
        assert resident.difficulties == "腿脚不便"

    def test_the_search_index_follows_the_name(self, cast, resident, login):
        self.edit(login(cast.gridworker), resident, name="张春燕")

        resident.refresh_from_db()
        assert " zcy" in resident.name_index and resident.name_key == "zhangchunyan"

    def test_a_name_of_forty_characters_fits(self, cast, household):
        residents.add_resident(household=household, by=cast.gridworker, name="壮" * 40)


class TestMoving:
    def test_within_scope_visits_stay_the_person_goes(self, net, cast, resident, login):
        target = HouseholdFactory(grid=net.neighbour_grid)
        url = reverse("resident_move", args=[resident.uuid])
        data = {"household": target.uuid, "relation": "母亲", "on": timezone.localdate()}

        assert login(cast.gridworker).post(url, data).status_code == 404
        assert login(cast.village_officer).post(url, data).status_code == 302

        resident.refresh_from_db()
        assert resident.household == target and not resident.is_head and resident.relation == "母亲"
        assert last_entry().changes["网格"] == [net.grid.name, net.neighbour_grid.name]

    def test_the_target_is_looked_for(self, net, cast, resident, login):
        target = HouseholdFactory(grid=net.grid, address="沟底村 77 号")
        HouseholdFactory(grid=net.other_grid, address="神堂坪村 77 号")

        url = reverse("resident_move", args=[resident.uuid])
        page = login(cast.gridworker).post(url, {"q": "77"}, follow=True)

        assert [household.pk for household in page.context["found"]] == [target.pk]


class TestStanding:
    def test_care_begins_once_and_ends(self, cast, resident):
        category = CareCategoryFactory(name="独居老人")
        given_ = {"resident": resident, "by": cast.gridworker, "category": category}
        care = standing.begin_care(**given_, starts_on=date(2026, 1, 1))

        with pytest.raises(DomainError, match="已登记为独居老人"):
            standing.begin_care(**given_, starts_on=date(2026, 5, 1))

        standing.end_care(care=care, by=cast.gridworker, last_day=date(2026, 6, 30))
        care.refresh_from_db()
        assert (care.ends_on, care.last_day) == (date(2026, 7, 1), date(2026, 6, 30))
        standing.begin_care(**given_, starts_on=date(2026, 7, 1))
        assert last_entry().changes == {"类别：独居老人": ["", "2026-07-01 起"]}

    def test_a_category_of_another_town_is_not_offered_or_taken(self, cast, resident, login):
        foreign = CareCategoryFactory(town=GridFactory(code="140181200", name="别的镇"))
        data = {"category": foreign.pk, "starts_on": "2026-01-01"}

        url = reverse("care_new", args=[resident.uuid])
        assert login(cast.gridworker).post(url, data).status_code == 404
        with pytest.raises(DomainError, match="不属于本镇"):
            standing.begin_care(
                resident=resident, by=cast.gridworker, category=foreign, starts_on=date(2026, 1, 1)
            )

    def test_death_ends_care_and_other_absence(self, cast, resident):
        by = {"resident": resident, "by": cast.gridworker}
        old, new = CareCategoryFactory(), CareCategoryFactory()
        standing.begin_care(**by, category=old, starts_on=date(2026, 1, 1))
        standing.begin_care(**by, category=new, starts_on=date(2026, 6, 1))
        work = standing.note_absence(**by, reason="work", starts_on=date(2026, 2, 1))

        standing.note_absence(**by, reason="died", starts_on=date(2026, 6, 1), ends_on=date(2027, 1, 1))

        work.refresh_from_db()
        assert work.ends_on == date(2026, 6, 1)
        ends = dict(resident.care.values_list("category", "ends_on"))
        assert ends == {old.pk: date(2026, 6, 1), new.pk: date(2026, 6, 2)}
        assert resident.absences.get(reason="died").ends_on is None
        with pytest.raises(DomainError, match="去世"):
            standing.begin_care(**by, category=old, starts_on=date(2026, 8, 1))
        with pytest.raises(DomainError, match="去世"):
            standing.note_absence(**by, reason="work", starts_on=date(2026, 8, 1))

    def test_an_absence_ends_on_the_day_of_return(self, cast, resident):
        absence = standing.note_absence(
            resident=resident, by=cast.gridworker, reason="hospital", starts_on=date(2026, 3, 1)
        )

        with pytest.raises(DomainError, match="须在这之后"):
            standing.end_absence(absence=absence, by=cast.gridworker, back_on=date(2026, 3, 1))
        standing.end_absence(absence=absence, by=cast.gridworker, back_on=date(2026, 3, 9))

        absence.refresh_from_db()
        assert absence.ends_on == date(2026, 3, 9)
        assert last_entry().changes == {"离开": ["住院 2026-03-01 起", "住院 2026-03-01 至 2026-03-09"]}

    def test_absences_do_not_overlap(self, cast, resident):
        by = {"resident": resident, "by": cast.gridworker}
        standing.note_absence(**by, reason="work", starts_on=date(2026, 3, 10), ends_on=date(2026, 3, 20))

        with pytest.raises(DomainError, match="已登记离开"):
            standing.note_absence(**by, reason="hospital", starts_on=date(2026, 3, 1))
        standing.note_absence(**by, reason="hospital", starts_on=date(2026, 3, 1), ends_on=date(2026, 3, 10))

    def test_a_mistaken_death_is_withdrawn_with_a_trace(self, cast, resident, login):
        died = standing.note_absence(
            resident=resident, by=cast.gridworker, reason="died", starts_on=date(2026, 3, 1)
        )

        login(cast.gridworker).post(reverse("absence_withdraw", args=[resident.uuid, died.pk]))

        assert not Absence.objects.exists()
        assert last_entry().changes == {"离开": ["去世 2026-03-01 起", "撤销"]}

    def test_the_form_knows_its_dates(self, cast, resident, login):
        tomorrow = timezone.localdate() + timedelta(days=1)
        client, url = login(cast.gridworker), reverse("absence_new", args=[resident.uuid])

        def errors(**data):
            return str(client.post(url, data).context["form"].errors)

        assert "去世日期不能晚于今天" in errors(reason="died", starts_on=tomorrow)
        assert "不填返回日期" in errors(reason="died", starts_on="2026-01-01", ends_on="2026-02-01")
        assert "须晚于离开日期" in errors(reason="work", starts_on="2026-02-01", ends_on="2026-02-01")
        assert "太早" in errors(reason="work", starts_on="0001-01-01")


class TestRelativesAndConsents:
    def test_a_relative_is_added_corrected_and_taken_off(self, cast, resident, login):
        client = login(cast.gridworker)
        data = {"name": "李建国", "relation": "儿子", "phone": "13800001111", "workplace": "太原"}
        client.post(reverse("relative_new", args=[resident.uuid]), data)
        relative = Relative.objects.get()
        assert relative.phone == "13800001111"
        assert last_entry().changes["在外家属·电话"] == ["", "138****1111"]

        client.post(reverse("relative_edit", args=[relative.uuid]), data | {"phone": "", "workplace": "北京"})
        relative.refresh_from_db()
        assert (relative.phone, relative.workplace) == ("13800001111", "北京")

        client.post(reverse("relative_remove", args=[relative.uuid]))
        relative.refresh_from_db()
        assert relative.removed_on == timezone.localdate()
        assert client.post(reverse("relative_call", args=[relative.uuid])).status_code == 404

    def test_consent_is_given_once_and_withdrawn_by_date(self, cast, resident, login):
        client = login(cast.gridworker)
        data = {"kind": "family", "given_on": "2026-01-01"}
        for _ in range(2):
            client.post(reverse("consent_new", args=[resident.uuid]), data)
        consent = Consent.objects.get()

        client.post(reverse("consent_withdraw", args=[resident.uuid, consent.pk]))

        consent.refresh_from_db()
        assert consent.withdrawn_on == timezone.localdate()

    def test_rows_of_another_person_are_not_found_under_this_one(self, cast, resident, login, net):
        other = ResidentFactory(household__grid=net.grid)
        absence = Absence.objects.create(resident=other, reason="work", starts_on=date(2026, 1, 1))
        client = login(cast.gridworker)

        assert client.post(reverse("absence_withdraw", args=[resident.uuid, absence.pk])).status_code == 404
        assert client.get(reverse("care_end", args=[resident.uuid, 10**30])).status_code == 404


def test_a_damaged_number_does_not_close_the_page(cast, resident, login):
    """A ciphertext that does not open shows as nothing; ringing says so."""
    Resident.objects.filter(pk=resident.pk).update(phone_sealed="gone:AAAA")
    client = login(cast.gridworker)

    assert client.get(reverse("resident", args=[resident.uuid])).status_code == 200
    answer = client.post(reverse("resident_call", args=[resident.uuid]), follow=True)
    assert "打不开" in answer.content.decode()


BAD_TEXT = st.one_of(
    st.text(max_size=80),
    st.sampled_from(
        ["\x00", "张\x00三", "长" * 100_000, "�", "'; drop table", "{{ 7 }}", "9" * 400, "-1", "1e400"]
    ),
)
FORMS = {
    "household_new": ["grid", "address", "note", "lng", "lat", "head_name", "head_phone"],
    "household_edit": ["version", "address", "note", "lng", "lat"],
    "household_move": ["grid", "on"],
    "resident_new": [
        "name",
        "sex",
        "relation",
        "phone",
        "id_number",
        "born_on",
        "difficulties",
        "help_given",
    ],
    "resident_edit": ["version", "name", "phone", "id_number", "born_on", "drop_phone"],
    "resident_move": ["household", "relation", "on"],
    "resident_call": ["reason"],
    "resident_reveal": ["reason"],
    "care_new": ["category", "starts_on", "note"],
    "absence_new": ["reason", "starts_on", "ends_on"],
    "relative_new": ["name", "relation", "phone", "workplace"],
    "consent_new": ["kind", "given_on"],
}


@pytest.mark.parametrize("name", FORMS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_input_is_a_server_error(client, cast, resident, name, data):
    """NUL, 100 kB, numbers beyond any column, forged choices: the form again, 400 or 404."""
    typed = data.draw(st.fixed_dictionaries(dict.fromkeys(FORMS[name], BAD_TEXT)))
    if name != "household_new":
        row = resident.household if name in ("household_edit", "household_move", "resident_new") else resident
        url = reverse(name, args=[row.uuid])
    else:
        url = reverse(name)
    client.force_login(cast.gridworker)

    assert client.post(url, typed).status_code in {200, 302, 400, 404, 422}
    assert client.post(url, b"name=%ff%fe&address=%00", "application/x-www-form-urlencoded").status_code < 500


def test_an_action_asks_for_the_right_itself(net, resident):
    """Not only the page: whoever holds nothing here changes nothing."""
    stranger, household = UserFactory(), Household.objects.get()
    deeds = [
        lambda: residents.add_resident(household=household, by=stranger, name="某人"),
        lambda: residents.update_resident(resident=resident, by=stranger, seen_version=1, name="某人"),
        lambda: residents.add_relative(resident=resident, by=stranger, name="某人", relation="子"),
        lambda: residents.give_consent(
            resident=resident, by=stranger, kind="record", given_on=date(2026, 1, 1)
        ),
        lambda: standing.note_absence(
            resident=resident, by=stranger, reason="work", starts_on=date(2026, 1, 1)
        ),
    ]
    for deed in deeds:
        with pytest.raises(Exception, match="not held"):
            deed()
