"""Pages of PDFs for a service's pages: each asked of a confined process that lives for one answer."""

from collections.abc import AsyncIterator

import msgspec
from msgspec import Struct

from chassis.previews.confined import SECONDS, Confined, NoPreview

__all__ = ["Described", "NoPreview", "Page", "Previewer"]


class Page(Struct, frozen=True):
    """A page's size in points, and its words."""

    width: float
    height: float
    text: str


class Described(Struct, frozen=True):
    """How many pages a PDF has in all, and those that were asked for."""

    total: int
    pages: tuple[Page, ...]


class Previewer:
    """Asks the confined process `drawing`."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._confined = Confined("chassis.previews.drawing", seconds)

    async def describe(self, pdf: AsyncIterator[bytes], first: int, count: int) -> Described:
        """`count` pages from `first` (from 1) on. Raises `NoPreview`, and what `pdf` raises."""
        answer = await self._confined.ask(pdf, "describe", str(first), str(count))
        return msgspec.json.decode(answer, type=Described)

    async def draw(self, pdf: AsyncIterator[bytes], page: int, width: int) -> bytes:
        """A page as WebP, `width` pixels wide. Raises `NoPreview`, and what `pdf` raises."""
        return await self._confined.ask(pdf, "draw", str(page), str(width))
