"""A darkroom that says what it was asked, without developing anything."""

from collections.abc import AsyncIterator, Sequence

from messaging.pictures.darkroom import Darkroom, Developed, NoPreview


class FakeDarkroom(Darkroom):
    """`makes` is what comes out; None for a picture that is well as it is. `fails` is a code."""

    def __init__(self) -> None:
        self.makes: Developed | None = None
        self.reduced = Developed("image/jpeg", b"\xff\xd8small")
        self.fails: str | None = None

    async def develop(self, picture: AsyncIterator[bytes]) -> Developed | None:
        self._may_fail()
        return self.makes

    async def reduce(self, picture: AsyncIterator[bytes]) -> Developed | None:
        self._may_fail()
        return self.reduced

    async def join(self, pictures: Sequence[tuple[int, AsyncIterator[bytes]]]) -> Developed | None:
        self._may_fail()
        together = [b"".join([chunk async for chunk in chunks]) for _, chunks in pictures]
        return Developed("application/pdf", b"%PDF-" + b"|".join(together))

    def _may_fail(self) -> None:
        if self.fails:
            raise NoPreview(self.fails)
