"""The profile's PDF: typeset by Typst, archivable (PDF/A-3a) and accessible (PDF/UA-1)."""

import asyncio
from datetime import datetime
from pathlib import Path

import msgspec
import typst

from chassis.errors import Kind
from chassis.i18n import mark as _
from chassis.threads import BoundedPool
from synthesis.domain.contents import Contents
from synthesis.domain.profile import SynthesisError

SOURCE = Path(__file__).parent / "profile.typ"
MEDIA_TYPE = "application/pdf"
SECONDS = 10.0
"""A full profile takes well under one; a printer that hangs must not hold the consumer."""


class RenderingFailed(SynthesisError):
    """The PDF could not be made, or not in time."""

    code = "rendering-failed"
    kind = Kind.TRANSIENT
    status = 503
    sentence = _("Votre synthèse n'a pas pu être préparée. Vous pouvez réessayer dans un instant.")


class Typesetter:
    """Typst in a few threads of its own: what it is given is bounded, so each call ends."""

    def __init__(self, threads: int = 2, seconds: float = SECONDS) -> None:
        self._pool = BoundedPool("typst", threads)
        self._seconds = seconds

    async def typeset(self, contents: Contents, dated: datetime) -> bytes:
        """The PDF of these contents. Raises `RenderingFailed`, also when it takes too long."""
        try:
            async with asyncio.timeout(self._seconds):
                return await self._pool.run(typeset, contents, dated)
        except TimeoutError as error:
            raise RenderingFailed(f"no PDF within {self._seconds:g} s") from error

    def close(self) -> None:
        """Take no more work."""
        self._pool.close()


def typeset(contents: Contents, dated: datetime) -> bytes:
    """The PDF of these contents, in this thread. `dated` is the date in its metadata.

    Raises `RenderingFailed`; its message names no content.
    """
    try:
        return typst.compile(
            SOURCE,
            sys_inputs={"contents": msgspec.json.encode(contents).decode()},
            ignore_system_fonts=True,
            pdf_standards=["a-3a", "ua-1"],
            timestamp=int(dated.timestamp()),
            format="pdf",
        )
    except typst.TypstError as error:
        raise RenderingFailed(type(error).__name__) from None
