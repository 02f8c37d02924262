"""Photos: what is taken, what is refused by name, what is left of them, and who may look."""

import io
import struct
import zlib
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from grids.actions import photos, visits
from grids.actions.records import Envelope
from grids.models import FieldRecord, HouseholdVisit, Photo
from tests.factories import HouseholdFactory, ResidentFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(net):
    household = HouseholdFactory(grid=net.grid)
    return household, ResidentFactory(household=household)


def picture(name="x.jpg", size=(40, 30), form="JPEG", mode="RGB", **saved):
    written = io.BytesIO()
    Image.new(mode, size, 128 if mode == "L" else None).save(written, form, **saved)
    return SimpleUploadedFile(name, written.getvalue(), "image/jpeg")


def sent(home, *files, **other):
    household, person = home
    return {
        "uuid": str(uuid4()),
        "household": str(household.uuid),
        "mode": "home",
        "outcome": "met",
        "met": [str(person.uuid)],
        "happened_on": timezone.localdate().isoformat(),
        "note": "别丢了这句",
        "photos": list(files),
    } | other


def bomb():
    """A small PNG that says it is 30,000 by 30,000 pixels."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 0, 0, 0, 0)
    body = zlib.compress(b"\x00" * 1000)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    return SimpleUploadedFile("bomb.png", data)


def test_a_photo_is_written_anew_without_its_metadata(login, cast, home):
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "SecretCamera"
    upload = picture(size=(2400, 1200), exif=exif, comment=b"SecretComment")
    client = login(cast.gridworker)
    answer = client.post(reverse("visit_new"), sent(home, upload))

    photo = Photo.objects.get()
    with photo.file.open() as file:
        stored = file.read()
    assert (photo.width, photo.height, photo.size) == (800, 1600, len(stored))
    assert b"Secret" not in stored and not Image.open(io.BytesIO(stored)).getexif()
    assert "x.jpg" not in photo.file.name
    assert reverse("photo", args=[photo.uuid]) in client.get(answer.url).content.decode()


@pytest.mark.parametrize(
    "form,mode", [("PNG", "RGBA"), ("PNG", "P"), ("WEBP", "RGB"), ("JPEG", "CMYK"), ("JPEG", "L")]
)
def test_what_phones_send_is_taken(form, mode):
    assert Image.open(io.BytesIO(photos.prepare(picture(form=form, mode=mode)).jpeg)).format == "JPEG"


@pytest.mark.parametrize(
    ("upload", "words"),
    [
        (lambda: SimpleUploadedFile("x.jpg", b"\xff" * (11 * 1024 * 1024)), "照片「x.jpg」超过 10 MB"),
        (lambda: SimpleUploadedFile("notes.jpg", b"not a picture"), "「notes.jpg」不是能打开的照片"),
        (
            lambda: SimpleUploadedFile("page.jpg", b"<html><script>alert(1)</script>"),
            "「page.jpg」不是能打开的照片",
        ),
        (
            lambda: SimpleUploadedFile("cut.jpg", picture(size=(900, 900)).read()[:700]),
            "「cut.jpg」不是能打开的照片",
        ),
        (
            lambda: SimpleUploadedFile("a.gif", picture(form="GIF", mode="P").read()),
            "「a.gif」不是能打开的照片",
        ),
        (bomb, "「bomb.png」的像素太多"),
    ],
)
def test_what_is_refused_by_name_and_nothing_else_is_lost(login, cast, home, upload, words):
    answer = login(cast.gridworker).post(reverse("visit_new"), sent(home, picture(), upload()))

    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page and "别丢了这句" in page and "照片要重新选一次" in page
    assert not FieldRecord.objects.exists()


def test_six_are_taken_and_seven_are_not(login, cast, home):
    client = login(cast.gridworker)
    seven = client.post(reverse("visit_new"), sent(home, *(picture(f"{n}.jpg") for n in range(7))))
    assert seven.status_code == 422 and "最多 6 张" in seven.content.decode()
    assert client.post(reverse("visit_new"), sent(home, *(picture() for _ in range(6)))).status_code == 302
    assert Photo.objects.count() == 6


def test_what_hides_behind_a_picture_is_gone():
    hidden = b"<?php system('x'); ?><script>alert(1)</script>PK\x03\x04"
    upload = SimpleUploadedFile("poly.jpg", picture().read() + hidden)

    assert hidden not in photos.prepare(upload).jpeg
    assert b"script" not in photos.prepare(upload).jpeg


def test_the_raw_file_is_part_of_the_content(login, cast, home):
    client = login(cast.gridworker)
    given = sent(home)
    first, second = picture(size=(10, 10)).read(), picture(size=(11, 11)).read()
    for data, status in ((first, 201), (first, 200), (second, 409)):
        files = [SimpleUploadedFile("x.jpg", data)]
        answer = client.post(reverse("visit_new"), given | {"photos": files}, HTTP_ACCEPT="application/json")
        assert answer.status_code == status
    assert Photo.objects.count() == 1


def test_files_go_when_the_transaction_does(cast, home, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("the audit log is full")

    monkeypatch.setattr(visits.records, "audit_entry", fail)
    before = set(Path(settings.MEDIA_ROOT).rglob("*.jpg"))
    with pytest.raises(RuntimeError):
        visits.log_visit(
            by=cast.gridworker,
            household=home[0],
            pictures=[photos.prepare(picture())],
            envelope=Envelope(uuid=uuid4(), captured_at=timezone.now(), happened_on=timezone.localdate()),
        )
    assert set(Path(settings.MEDIA_ROOT).rglob("*.jpg")) == before
    assert not HouseholdVisit.objects.exists()


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("gridworker", 200),
        ("grid_head", 200),
        ("town_officer", 200),
        ("leader", 200),
        ("neighbour", 404),
        ("other_village_officer", 404),
        ("unit_officer", 403),
        ("volunteer", 403),
        ("admin", 403),
        ("auditor", 403),
        ("outsider", 403),
    ],
)
def test_who_may_look(login, cast, home, who, status):
    login(cast.gridworker).post(reverse("visit_new"), sent(home, picture()))
    answer = login(getattr(cast, who)).get(reverse("photo", args=[Photo.objects.get().uuid]))

    assert answer.status_code == status
    if status == 200:
        assert answer["Content-Type"] == "image/jpeg"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "private" in answer["Cache-Control"]
        answer.close()
