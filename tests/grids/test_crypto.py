"""Sealed values open only where they were sealed; hashes of two fields never meet; keys rotate."""

import base64
from io import StringIO
from uuid import uuid4

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from grids import crypto
from grids.models import FieldConflict, Relative, Resident
from tests.factories import FieldRecordFactory, ResidentFactory, UserFactory

KEY_A = "a:" + base64.b64encode(b"a" * 32).decode()
KEY_B = "b:" + base64.b64encode(b"b" * 32).decode()
PHONE = "13812345678"


@pytest.fixture(autouse=True)
def keys(settings):
    settings.FIELD_KEYS = [KEY_A]
    settings.INDEX_KEY = "index"


class TestSealing:
    def test_opens_where_it_was_sealed(self):
        row = uuid4()
        sealed = crypto.seal(PHONE, label="resident.phone", row=row)

        assert PHONE not in sealed and sealed.startswith("a:")
        assert crypto.unseal(sealed, label="resident.phone", row=row) == PHONE

    def test_two_seals_of_one_value_differ(self):
        row = uuid4()

        assert len({crypto.seal(PHONE, label="resident.phone", row=row) for _ in range(5)}) == 5

    @pytest.mark.parametrize("label", ["resident.phone", "resident.id_number", "relative.phone"])
    def test_not_in_another_row_or_field(self, label):
        row = uuid4()
        sealed = crypto.seal(PHONE, label="resident.phone", row=row)

        for other in [(label, uuid4()), ("resident.id_number", row)]:
            with pytest.raises(crypto.CannotOpen):
                crypto.unseal(sealed, label=other[0], row=other[1])

    @pytest.mark.parametrize("broken", ["a", "a:", "a:AAAA", "a:é", "x:AAAA", ":", "no key at all"])
    def test_what_is_broken_does_not_open(self, broken):
        with pytest.raises(crypto.CannotOpen):
            crypto.unseal(broken, label="resident.phone", row=uuid4())

    def test_nothing_stays_nothing(self):
        assert crypto.seal("", label="x", row=1) == crypto.unseal("", label="x", row=1) == ""
        assert crypto.keyed_hash("", label="x") == ""

    def test_old_keys_still_open_and_gone_ones_do_not(self, settings):
        sealed = crypto.seal(PHONE, label="l", row=1)

        settings.FIELD_KEYS = [KEY_B, KEY_A]
        assert crypto.unseal(sealed, label="l", row=1) == PHONE
        assert crypto.seal(PHONE, label="l", row=1).startswith("b:")

        settings.FIELD_KEYS = [KEY_B]
        with pytest.raises(crypto.CannotOpen):
            crypto.unseal(sealed, label="l", row=1)

    @pytest.mark.parametrize(
        "keys", [[], ["a:"], ["a:" + base64.b64encode(b"short").decode()], [":" + KEY_A[2:]]]
    )
    def test_a_useless_key_stops_the_start(self, settings, keys):
        settings.FIELD_KEYS = keys
        with pytest.raises(ImproperlyConfigured):
            crypto.seal(PHONE, label="l", row=1)


class TestHashes:
    def test_labels_keep_equal_values_apart(self):
        labels = ["resident.phone", "resident.phone.tail", "resident.id_number", "resident.id_number.tail"]

        assert len({crypto.keyed_hash("5678", label=label) for label in labels}) == len(labels)

    def test_need_the_index_key(self, settings):
        before = crypto.keyed_hash(PHONE, label="l")
        settings.INDEX_KEY = "another"

        assert crypto.keyed_hash(PHONE, label="l") != before

    def test_assigning_seals_and_hashes(self):
        resident = Resident()
        resident.phone = PHONE

        assert resident.phone == PHONE and PHONE not in str(vars(resident))
        assert resident.phone_hash == Resident.phone.hash_of(PHONE)
        assert resident.phone_tail_hash == Resident.phone.tail_hash_of("5678")
        resident.phone = ""
        assert resident.phone_sealed == resident.phone_hash == resident.phone_tail_hash == ""


@pytest.mark.django_db
class TestInTheDatabase:
    def test_a_ciphertext_copied_to_another_row_does_not_open(self):
        one, other = ResidentFactory(), ResidentFactory()
        one.phone = PHONE
        one.save()
        Resident.objects.filter(pk=other.pk).update(phone_sealed=one.phone_sealed)
        Resident.objects.filter(pk=one.pk).update(id_number_sealed=one.phone_sealed)
        one.refresh_from_db()
        other.refresh_from_db()

        with pytest.raises(crypto.CannotOpen):
            other.phone  # noqa: B018
        with pytest.raises(crypto.CannotOpen):
            one.id_number  # noqa: B018
        assert one.phone == PHONE

    def test_rotation_reseals_everything_once(self, settings):
        resident = ResidentFactory()
        resident.phone, resident.id_number = PHONE, "140181195003120006"
        resident.save()
        relative = Relative(resident=resident, name="李建国", relation="儿子")
        relative.phone = "13900000000"
        relative.save()
        conflict = FieldConflict(record=FieldRecordFactory(), typed_by=UserFactory(), digest="0" * 64)
        conflict.content_sealed = crypto.seal("{}", label="fieldconflict.content", row=conflict.uuid)
        conflict.save()
        hashes = (resident.phone_hash, resident.id_number_tail_hash)
        settings.FIELD_KEYS = [KEY_B, KEY_A]

        said, again = StringIO(), StringIO()
        call_command("rotate_keys", stdout=said)
        once = sealed_now()
        call_command("rotate_keys", stdout=again)

        settings.FIELD_KEYS = [KEY_B]
        resident.refresh_from_db()
        relative.refresh_from_db()
        assert (resident.phone, resident.id_number, relative.phone) == (
            PHONE,
            "140181195003120006",
            "13900000000",
        )
        assert (resident.phone_hash, resident.id_number_tail_hash) == hashes
        assert all(value.startswith("b:") for value in once) and sealed_now() == once
        assert "resident.phone：改封 1 条" in said.getvalue() and "改封 1 条" not in again.getvalue()

    def test_rotation_names_what_does_not_open(self, settings):
        resident = ResidentFactory()
        resident.phone = PHONE
        resident.save()
        settings.FIELD_KEYS = [KEY_B]

        with pytest.raises(CommandError, match=str(resident.uuid)) as raised:
            call_command("rotate_keys", stdout=StringIO())
        assert raised.value.returncode == 1


def sealed_now():
    rows = [
        *Resident.objects.values_list("phone_sealed", "id_number_sealed"),
        *Relative.objects.values_list("phone_sealed"),
        *FieldConflict.objects.values_list("content_sealed"),
    ]
    return [value for row in rows for value in row]
