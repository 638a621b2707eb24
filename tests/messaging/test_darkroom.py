"""Real pictures in the real confined process."""

from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any

import pillow_heif
import pytest
from PIL import Image

from messaging.pictures.darkroom import Darkroom, NoPreview

ORIENTATION, GPS = 0x0112, 0x8825
pillow_heif.register_heif_opener()


@pytest.fixture
def darkroom() -> Darkroom:
    return Darkroom()


async def chunks(content: bytes) -> AsyncIterator[bytes]:
    yield content


def photo(form: str, *, noted: bool = True, size: tuple[int, int] = (1_200, 800)) -> bytes:
    """A picture, lying on its side and noting where it was taken unless told otherwise."""
    exif = Image.Exif()
    if noted:
        exif[ORIENTATION] = 6
        exif.get_ifd(GPS)[2] = (48.0, 51.0, 0.0)
    kept = BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(kept, form, exif=exif)
    return kept.getvalue()


def opened(content: bytes) -> Any:
    return Image.open(BytesIO(content))


@pytest.mark.parametrize(("form", "media_type"), [("JPEG", "image/jpeg"), ("PNG", "image/png")])
async def test_a_photo_is_turned_upright_and_forgets_where_it_was_taken(
    darkroom: Darkroom, form: str, media_type: str
) -> None:
    made = await darkroom.develop(chunks(photo(form)))
    assert made is not None
    picture = opened(made.content)
    assert (made.media_type, picture.size) == (media_type, (800, 1_200))
    assert dict(picture.getexif()) == {}
    assert b"GPS" not in made.content


async def test_a_photo_of_an_iphone_becomes_a_jpeg(darkroom: Darkroom) -> None:
    made = await darkroom.develop(chunks(photo("HEIF")))
    assert made is not None
    assert (made.media_type, opened(made.content).format) == ("image/jpeg", "JPEG")
    assert dict(opened(made.content).getexif()) == {}


async def test_a_photo_that_notes_nothing_is_left_alone(darkroom: Darkroom) -> None:
    assert await darkroom.develop(chunks(photo("JPEG", noted=False))) is None


async def test_a_reduced_photo_is_small_enough_to_be_sent_and_large_enough_to_be_read(darkroom: Darkroom) -> None:
    made = await darkroom.reduce(chunks(photo("JPEG", size=(6_000, 4_000))))
    assert made is not None
    assert opened(made.content).size == (1_333, 2_000)


async def test_several_photos_become_the_pages_of_one_pdf(darkroom: Darkroom) -> None:
    photos = [photo("JPEG"), photo("PNG")]
    made = await darkroom.join([(len(one), chunks(one)) for one in photos])
    assert made is not None
    assert made.media_type == "application/pdf"
    assert made.content.count(b"/Type /Page\n") == 2


@pytest.mark.parametrize("content", [b"", b"nonsense", photo("JPEG")[:200]])
async def test_what_is_no_picture_is_said_to_be_broken(darkroom: Darkroom, content: bytes) -> None:
    with pytest.raises(NoPreview) as refused:
        await darkroom.develop(chunks(content))
    assert refused.value.reason == "broken"
