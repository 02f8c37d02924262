"""Photos of a field fact: checked, turned upright, shrunk and written anew, so that nothing else comes along."""

import hashlib
import io
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

from django.core.files.base import ContentFile
from PIL import Image, ImageOps, UnidentifiedImageError

from grids.exceptions import DomainError
from grids.models import Photo
from grids.models.fieldwork import private_storage

MOST = 6
LARGEST_MB = 10
LONGEST_SIDE = 1600
QUALITY = 80
# A 50-megapixel picture is more than any phone of ours takes; beyond it lies the decompression bomb.
MOST_PIXELS = 50_000_000
FORMATS = ("JPEG", "PNG", "WEBP")


@dataclass(frozen=True)
class Picture:
    """A photo ready to be stored: JPEG bytes without metadata, and the sha256 of the file as it was sent."""

    jpeg: bytes
    digest: str


def digest_of(upload):
    """sha256 of the raw file, in hex; leaves the file at its beginning."""
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    upload.seek(0)
    return digest.hexdigest()


def prepare(upload):
    """Read an uploaded picture and write it anew; raises DomainError naming the file when it is refused."""
    name = upload.name
    if upload.size > LARGEST_MB * 1024 * 1024:
        raise DomainError(f"照片「{name}」超过 {LARGEST_MB} MB，请换一张小些的。")
    digest = digest_of(upload)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            jpeg = _written_anew(upload)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise DomainError(f"照片「{name}」的像素太多，不能接收。") from error
    # Pillow raises whatever its decoders meet in a broken file; each means that this is no picture to us.
    except (
        UnidentifiedImageError,
        OSError,
        ValueError,
        SyntaxError,
        EOFError,
        IndexError,
        TypeError,
    ) as error:
        raise DomainError(f"「{name}」不是能打开的照片，请选 JPG、PNG 或 WebP。") from error
    return Picture(jpeg, digest)


def _written_anew(upload):
    with Image.open(upload, formats=FORMATS) as picture:
        if picture.width * picture.height > MOST_PIXELS:
            raise Image.DecompressionBombError("too many pixels")
        # JPEG can be decoded at a fraction of its size, which spares the worker's memory.
        picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
        upright = ImageOps.exif_transpose(picture)
        upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        rgba = upright.convert("RGBA")
    # A fresh canvas carries no EXIF, comment or colour profile of the file that was sent.
    canvas = Image.new("RGB", rgba.size, "white")
    canvas.paste(rgba, mask=rgba.getchannel("A"))
    written = io.BytesIO()
    canvas.save(written, "JPEG", quality=QUALITY, optimize=True)
    return written.getvalue()


@contextmanager
def removed_on_failure():
    """Gives a list for the names of files written in the block; they are deleted when the block fails.

    Put it outside the transaction, so that a commit that fails counts too.
    """
    written = []
    try:
        yield written
    except BaseException:
        for name in written:
            private_storage().delete(name)
        raise


def attach(*, record, pictures, written):
    """Store prepared pictures with a field record, under random names; `written` comes from `removed_on_failure`."""
    for picture in pictures:
        photo = Photo(record=record, sha256=picture.digest, size=len(picture.jpeg))
        path = f"photos/{record.happened_on:%Y/%m}/{uuid4().hex}.jpg"
        photo.file.save(path, ContentFile(picture.jpeg, name=path), save=False)
        written.append(photo.file.name)
        photo.save()
