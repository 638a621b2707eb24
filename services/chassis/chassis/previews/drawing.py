"""The confined process: a PDF comes in by the standard input, pages go out by the standard output.

    python -m chassis.previews.drawing describe <first page> <how many>    JSON of `Described`
    python -m chassis.previews.drawing draw <page> <width in pixels>       WebP

Pages are numbered from 1. What can't be done ends with the status `NO_PREVIEW` and a code on the standard error.
"""

import json
import math
import sys
from functools import partial
from io import BytesIO
from typing import Any

from chassis.previews.answering import Impossible, answer_once

MOST_BYTES = 25_000_000
MOST_PIXELS = 16_000_000
LONGEST_TEXT = 20_000
"""Characters of one page that are read out."""
QUALITY = 82


def main(arguments: list[str]) -> int:
    """Do one thing with one PDF."""
    return answer_once(lambda: partial(_answer, _Drawer(), arguments), MOST_BYTES)


def _answer(drawer: "_Drawer", arguments: list[str], content: bytes) -> bytes:
    what, first, second = arguments[0], int(arguments[1]), int(arguments[2])
    return drawer.described(content, first, second) if what == "describe" else drawer.drawn(content, first, second)


class _Drawer:
    """PDFium and the picture encoder, used once before the process is enclosed: they load what they need then."""

    def __init__(self) -> None:
        import pypdfium2
        from PIL import WebPImagePlugin  # noqa: F401 - the encoder registers itself

        "é".encode("utf-16-le").decode("utf-16-le")
        self._pdfium: Any = pypdfium2
        blank = pypdfium2.PdfDocument.new()
        page = blank.new_page(10, 10)
        page.get_textpage().get_text_bounded()
        self._encoded(page, 1.0)

    def described(self, content: bytes, first: int, count: int) -> bytes:
        """How many pages, and the size in points and the words of some."""
        document = self._opened(content)
        total = len(document)
        pages = [self._described(document, number) for number in range(first - 1, min(first - 1 + count, total))]
        return json.dumps({"total": total, "pages": pages}).encode()

    def _described(self, document: Any, index: int) -> dict[str, Any]:
        try:
            page = document[index]
            width, height = page.get_size()
            return {"width": width, "height": height, "text": self._words(page)}
        except self._pdfium.PdfiumError:
            return {"width": 595, "height": 842, "text": ""}

    def _words(self, page: Any) -> str:
        try:
            textpage = page.get_textpage()
            return str(textpage.get_text_range(0, min(textpage.count_chars(), LONGEST_TEXT)))
        except self._pdfium.PdfiumError:
            return ""

    def drawn(self, content: bytes, number: int, width: int) -> bytes:
        """A page, `width` pixels wide unless it would take too many of them."""
        document = self._opened(content)
        if not 1 <= number <= len(document):
            raise Impossible("no-such-page")
        try:
            page = document[number - 1]
            points_wide, points_high = (max(1.0, size) for size in page.get_size())
            most = math.sqrt(MOST_PIXELS / (points_wide * points_high))
            return self._encoded(page, min(width / points_wide, most))
        except self._pdfium.PdfiumError as error:
            raise Impossible("broken") from error

    def _opened(self, content: bytes) -> Any:
        try:
            document = self._pdfium.PdfDocument(content)
            if len(document):
                return document
        except self._pdfium.PdfiumError as error:
            raise Impossible("encrypted" if "password" in str(error).lower() else "broken") from error
        raise Impossible("broken")

    def _encoded(self, page: Any, scale: float) -> bytes:
        kept = BytesIO()
        page.render(scale=scale, may_draw_forms=False).to_pil().convert("RGB").save(
            kept, "WEBP", quality=QUALITY, method=2
        )
        return kept.getvalue()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
