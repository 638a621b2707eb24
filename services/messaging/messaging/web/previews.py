"""What a received attachment looks like in its page: a picture, words, the pages of a PDF, or nothing."""

from collections.abc import AsyncIterator, Mapping

from msgspec import Struct

from chassis.previews.pages import Bytes, PagesShown, pages_shown
from chassis.previews.previewer import NoPreview, Previewer
from messaging.domain.model import Attachment
from messaging.keeping import Received
from messaging.letters.charsets import decoded_as
from messaging.objects import Objects

PDF = "application/pdf"
SHOWN_PICTURES = frozenset({"image/png", "image/jpeg"})
TEXT_SHOWN = 200_000
"""Bytes of a text that its page shows."""


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


async def preview_of(
    objects: Objects, previewer: Previewer, received: Received, query: Mapping[str, str]
) -> Preview:
    """The preview of one attachment; `query` is that of the page (`page`, `zoom`)."""
    file = received.attachment
    here = address_of(received)
    if not file.size:
        return Preview()
    if file.media_type in SHOWN_PICTURES:
        return Preview(picture=f"{here}/apercu")
    if file.media_type == "text/plain":
        return await _text(objects, file)
    if file.media_type != PDF:
        return Preview()
    try:
        return Preview(pages=await pages_shown(previewer, whole(objects, file), here, query))
    except NoPreview as error:
        return Preview(reason=error.reason)


def address_of(received: Received) -> str:
    """Where an attachment's page is."""
    return f"/messagerie/pieces/{received.message.id}/{received.attachment.id}"


def whole(objects: Objects, file: Attachment) -> Bytes:
    """The file as a stream that can be begun again."""

    async def chunks() -> AsyncIterator[bytes]:
        async with objects.open(file.object_key) as stream:
            async for chunk in stream.chunks():
                yield chunk

    return chunks


async def _text(objects: Objects, file: Attachment) -> Preview:
    begin = min(file.size, TEXT_SHOWN + 1)  # one more tells that a letter may have been cut
    async with objects.open(file.object_key, 0, begin) as stream:
        content = b"".join([chunk async for chunk in stream.chunks()])
    return Preview(text=decoded_as(content, "", TEXT_SHOWN).removeprefix("\ufeff"), cut=file.size > TEXT_SHOWN)
