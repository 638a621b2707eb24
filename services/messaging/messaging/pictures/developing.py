"""The confined process: pictures come in by the standard input, one comes out by the standard output.

    python -m messaging.pictures.developing develop    one picture, as it may be sent
    python -m messaging.pictures.developing reduce     one picture, small enough for any message
    python -m messaging.pictures.developing join       several pictures, each after its length in 8 bytes: one PDF

The answer is a line with its media type, then its bytes; the line `same` alone when nothing had to be done.
What can't be done ends with the status `NO_PREVIEW` and a code on the standard error.
"""

import sys
from collections.abc import Iterator
from functools import partial
from io import BytesIO
from typing import Any

from chassis.previews.answering import Impossible, answer_once

MOST_BYTES = 31_000_000
MOST_PIXELS = 100_000_000
REDUCED_SIDE = 2_000
"""Pixels of the longer side: a page of print stays readable."""
GPS, ORIENTATION = 0x8825, 0x0112
JPEG, PNG, TIFF, PDF = "image/jpeg", "image/png", "image/tiff", "application/pdf"


def main(arguments: list[str]) -> int:
    """Do one thing."""
    return answer_once(lambda: partial(_Darkroom().answer, arguments[0]), MOST_BYTES, threads=True)


class _Darkroom:
    """Pillow and HEIF, used once before the process is enclosed: they load what they need then."""

    def __init__(self) -> None:
        import pillow_heif
        from PIL import Image, ImageOps

        pillow_heif.register_heif_opener()
        pillow_heif.options.DECODE_THREADS = 1
        Image.MAX_IMAGE_PIXELS = MOST_PIXELS
        self._image: Any = Image
        self._ops: Any = ImageOps
        blank = Image.new("RGB", (8, 8))
        for form in ("JPEG", "PNG", "TIFF", "PDF"):
            kept = BytesIO()
            blank.save(kept, form)
            if form != "PDF":
                Image.open(BytesIO(kept.getvalue())).load()

    def answer(self, what: str, content: bytes) -> bytes:
        """What was asked for."""
        if what == "join":
            return self._joined(content)
        with self._opened(content) as picture:
            return self._reduced(picture) if what == "reduce" else self._developed(picture)

    def _opened(self, content: bytes) -> Any:
        try:
            picture = self._image.open(BytesIO(content), formats=("JPEG", "PNG", "TIFF", "HEIF"))
            if picture.width * picture.height > MOST_PIXELS:
                raise Impossible("too-large")
            picture.load()
        except (Impossible, MemoryError):
            raise
        except Exception as error:
            raise Impossible("broken") from error
        return picture

    def _developed(self, picture: Any) -> bytes:
        tells = _tells_where_or_how(picture)
        if picture.format == "HEIF":
            return self._jpeg(picture)
        if not tells:
            return b"same\n"
        if picture.format == "PNG":
            return self._kept(self._ops.exif_transpose(picture), PNG, "PNG")
        if picture.format == "TIFF":
            return self._tiff(picture)
        return self._jpeg(picture)

    def _tiff(self, picture: Any) -> bytes:
        frames = [self._ops.exif_transpose(frame.copy()) for frame in _frames(picture)]
        more = {"save_all": True, "append_images": frames[1:]}
        return self._kept(frames[0], TIFF, "TIFF", compression="tiff_deflate", **more)

    def _reduced(self, picture: Any) -> bytes:
        return self._kept(self._small(picture), JPEG, "JPEG", quality=80, optimize=True)

    def _small(self, picture: Any) -> Any:
        upright = self._ops.exif_transpose(picture)
        upright.thumbnail((REDUCED_SIDE, REDUCED_SIDE))
        return self._flat(upright)

    def _jpeg(self, picture: Any) -> bytes:
        return self._kept(self._flat(self._ops.exif_transpose(picture)), JPEG, "JPEG", quality=90)

    def _flat(self, picture: Any) -> Any:
        """On white, in three colours: what JPEG can hold."""
        if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
            over = picture.convert("RGBA")
            paper = self._image.new("RGB", over.size, "white")
            paper.paste(over, mask=over.getchannel("A"))
            return paper
        return picture if picture.mode in ("RGB", "L") else picture.convert("RGB")

    def _joined(self, content: bytes) -> bytes:
        pages = [self._small(self._opened(each)) for each in _parted(content)]
        if not pages:
            raise Impossible("broken")
        kept = BytesIO()
        pages[0].save(kept, "PDF", save_all=True, append_images=pages[1:], resolution=150.0, quality=80)
        return f"{PDF}\n".encode() + kept.getvalue()

    @staticmethod
    def _kept(picture: Any, media_type: str, form: str, **how: Any) -> bytes:
        """Encoded without what the camera noted; only the colours' profile stays."""
        profile = picture.info.get("icc_profile")
        picture.info = {}
        kept = BytesIO()
        picture.save(kept, form, exif=b"", icc_profile=profile, **how)
        return f"{media_type}\n".encode() + kept.getvalue()


def _tells_where_or_how(picture: Any) -> bool:
    """Whether it notes a place, or is to be turned, or carries notes that may hold a place."""
    exif = picture.getexif()
    noted = bool(exif.get_ifd(GPS)) or exif.get(ORIENTATION, 1) != 1
    return noted or any(name in picture.info for name in ("xmp", "XML:com.adobe.xmp", "photoshop", "comment"))


def _frames(picture: Any) -> Iterator[Any]:
    for number in range(min(getattr(picture, "n_frames", 1), 200)):
        picture.seek(number)
        yield picture


def _parted(content: bytes) -> Iterator[bytes]:
    place = 0
    while place + 8 <= len(content):
        length = int.from_bytes(content[place : place + 8], "big")
        yield content[place + 8 : place + 8 + length]
        place += 8 + length


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
