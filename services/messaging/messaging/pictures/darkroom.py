"""Photos made fit to be sent, by a confined process that lives for one of them."""

from collections.abc import AsyncIterator, Sequence

from msgspec import Struct

from chassis.previews.confined import Confined, NoPreview

__all__ = ["Darkroom", "Developed", "NoPreview"]

SECONDS = 25.0
Chunks = AsyncIterator[bytes]


class Developed(Struct, frozen=True):
    """A picture, or the PDF of several."""

    media_type: str
    content: bytes


class Darkroom:
    """Asks the confined process `developing`. Pictures are at most 30 MB and are held in memory meanwhile."""

    def __init__(self) -> None:
        self._confined = Confined("messaging.pictures.developing", SECONDS)

    async def develop(self, picture: Chunks) -> Developed | None:
        """Upright, without the place where it was taken, HEIC as JPEG; None if it is so already.

        Raises `NoPreview`, and what `picture` raises.
        """
        return _answer(await self._confined.ask(picture, "develop"))

    async def reduce(self, picture: Chunks) -> Developed | None:
        """A JPEG of at most 2,000 pixels a side. Raises as `develop` does."""
        return _answer(await self._confined.ask(picture, "reduce"))

    async def join(self, pictures: Sequence[tuple[int, Chunks]]) -> Developed | None:
        """One PDF, a page for each picture, given with its size in bytes. Raises as `develop` does."""
        return _answer(await self._confined.ask(_one_after_another(pictures), "join"))


async def _one_after_another(pictures: Sequence[tuple[int, Chunks]]) -> Chunks:
    for size, chunks in pictures:
        yield size.to_bytes(8, "big")
        async for chunk in chunks:
            yield chunk


def _answer(answer: bytes) -> Developed | None:
    media_type, _, content = answer.partition(b"\n")
    return None if media_type == b"same" else Developed(media_type.decode(), content)
