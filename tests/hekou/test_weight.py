"""What travels: a page goes compressed to a browser that can read it, a picture and a workbook as they are."""

import gzip

import pytest
from django.http import FileResponse, HttpResponse
from django.test import RequestFactory

from grids.middleware import CompressPagesMiddleware

WORDS = "河口镇网格" * 200


def answer(response, accepts="gzip"):
    request = RequestFactory().get("/", headers={"Accept-Encoding": accepts})
    return CompressPagesMiddleware(lambda _: response)(request)


def test_a_page_is_compressed_and_reads_the_same():
    page = answer(HttpResponse(WORDS))
    assert page["Content-Encoding"] == "gzip"
    assert len(page.content) < len(WORDS.encode()) / 3
    assert gzip.decompress(page.content).decode() == WORDS
    assert "Accept-Encoding" in page["Vary"]


def test_the_same_page_does_not_always_have_the_same_length():
    assert len({len(answer(HttpResponse(WORDS)).content) for _ in range(40)}) > 1


def test_a_browser_that_cannot_read_it_gets_it_plain():
    assert answer(HttpResponse(WORDS), accepts="identity").content.decode() == WORDS


@pytest.mark.parametrize("kind", ["image/jpeg", "application/json", "application/octet-stream"])
def test_anything_else_goes_as_it_is(kind):
    assert "Content-Encoding" not in answer(HttpResponse(WORDS, content_type=kind))


def test_a_streamed_photo_is_left_alone(tmp_path):
    file = tmp_path / "photo.jpg"
    file.write_bytes(b"\xff\xd8" + bytes(2000))
    photo = answer(FileResponse(file.open("rb"), content_type="image/jpeg"))
    assert "Content-Encoding" not in photo
    # The whole response's close would end the request for the database, too, of which there is none here.
    for close in photo._resource_closers:
        close()
