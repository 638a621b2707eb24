"""A PDF in a page: which of its pages are shown, how large, with their words; and each as a picture."""

import re
from collections.abc import AsyncIterator, Callable, Mapping
from urllib.parse import urlencode

from litestar import Response
from msgspec import Struct

from chassis.formats import decoded
from chassis.previews.previewer import Described, NoPreview, Previewer

PAGES_AT_ONCE = 25
ZOOMS = (100, 150, 200, 300, 400)
"""Percent of the width there is."""
SMALL = 40
"""The picture of a first page beside a form."""
WIDTH = 1_000
"""Pixels of a page's picture at 100 %."""
MEDIA_TYPE = "image/webp"
TEXT_SHOWN = 200_000
"""Bytes, and characters, of a text that its page shows."""

_NUMBER = re.compile(r"[1-9][0-9]{0,5}")
Bytes = Callable[[], AsyncIterator[bytes]]
"""The whole file, as a stream."""


class PageShown(Struct, frozen=True, kw_only=True):
    """One page: the address of its picture, the picture's size in pixels at 100 %, and its words."""

    number: int
    address: str
    width: int
    height: int
    text: str


class PagesShown(Struct, frozen=True, kw_only=True):
    """Up to 25 pages of a PDF. `here` is the address of the page that shows them."""

    here: str
    described: Described
    first: int
    zoom: int

    @property
    def total(self) -> int:
        """How many pages the PDF has."""
        return self.described.total

    @property
    def last(self) -> int:
        """The number of the last page shown."""
        return self.first + len(self.described.pages) - 1

    @property
    def pages(self) -> list[PageShown]:
        """The pages in their order."""
        return [
            PageShown(
                number=number,
                address=f"{self.here}/pages/{number}?zoom={self.zoom}",
                width=WIDTH,
                height=min(20 * WIDTH, max(1, round(WIDTH * page.height / max(page.width, 1.0)))),
                text=visible(page.text),
            )
            for number, page in enumerate(self.described.pages, self.first)
        ]

    @property
    def before(self) -> str | None:
        """The address of the pages before these."""
        return self._at(max(1, self.first - PAGES_AT_ONCE), self.zoom) if self.first > 1 else None

    @property
    def after(self) -> str | None:
        """The address of the pages that follow."""
        return self._at(self.last + 1, self.zoom) if self.last < self.total else None

    @property
    def smaller(self) -> str | None:
        """The address of the same pages a step smaller."""
        return self._at(self.first, ZOOMS[self._step - 1]) if self._step else None

    @property
    def larger(self) -> str | None:
        """The address of the same pages a step larger."""
        return self._at(self.first, ZOOMS[self._step + 1]) if self._step + 1 < len(ZOOMS) else None

    @property
    def _step(self) -> int:
        return ZOOMS.index(self.zoom)

    def _at(self, first: int, zoom: int) -> str:
        return f"{self.here}?{urlencode({'page': first, 'zoom': zoom})}#apercu"


class Preview(Struct, frozen=True, kw_only=True):
    """At most one of these: `picture` is an address, `text` words, `cut` if there are more, `pages` of a PDF.

    None of them: there is no preview, and `reason` is the code of why when the type would have one.
    """

    picture: str | None = None
    text: str | None = None
    cut: bool = False
    pages: PagesShown | None = None
    reason: str = ""

    @property
    def shows(self) -> bool:
        """Whether anything of the file can be seen."""
        return self.picture is not None or self.text is not None or self.pages is not None


async def text_shown(begin: Callable[[int], AsyncIterator[bytes]], size: int) -> Preview:
    """The beginning of a text of `size` bytes; `begin` gives that many of its first bytes."""
    head = b"".join([chunk async for chunk in begin(min(size, TEXT_SHOWN + 4))])
    text = decoded(head)[: TEXT_SHOWN if size > TEXT_SHOWN else None]
    return Preview(text=text, cut=size > TEXT_SHOWN)


async def pages_shown(previewer: Previewer, pdf: Bytes, here: str, query: Mapping[str, str]) -> PagesShown:
    """The pages that an address asks for (`page`, `zoom`). Raises `NoPreview`."""
    first, zoom = _number(query.get("page")), _zoom(query.get("zoom"))
    described = await previewer.describe(pdf(), first, PAGES_AT_ONCE)
    if not described.pages:
        first, described = 1, await previewer.describe(pdf(), 1, PAGES_AT_ONCE)
    return PagesShown(here=here, described=described, first=first, zoom=zoom)


async def page_picture(previewer: Previewer, pdf: Bytes, number: str, query: Mapping[str, str]) -> Response[bytes]:
    """The page that an address names, as a picture in the size that it asks for (`zoom`). Raises `NoPreview`."""
    zoom = SMALL if query.get("zoom") == str(SMALL) else _zoom(query.get("zoom"))
    if not _NUMBER.fullmatch(number):
        raise NoPreview("no-such-page")
    picture = await previewer.draw(pdf(), int(number), WIDTH * zoom // 100)
    policy = "sandbox; default-src 'none'; frame-ancestors 'none'"
    return Response(picture, media_type=MEDIA_TYPE, headers={"content-security-policy": policy})


def visible(text: str) -> str:
    """Words of a page without what nobody can hear: control characters and those that turn the direction."""
    return "".join(letter for letter in text.replace("\r\n", "\n") if letter == "\n" or letter.isprintable())


def _number(text: str | None) -> int:
    return int(text) if text and _NUMBER.fullmatch(text) else 1


def _zoom(text: str | None) -> int:
    return next((zoom for zoom in ZOOMS if str(zoom) == text), ZOOMS[0])
