"""What a received attachment looks like in its page: a picture, words, the pages of a PDF, or nothing."""

from collections.abc import Mapping
from functools import partial

from chassis.previews.pages import SMALL, Bytes, Preview, pages_shown, text_shown
from chassis.previews.previewer import NoPreview, Previewer
from messaging.domain.model import Attachment
from messaging.keeping import Received
from messaging.objects import Objects

PDF = "application/pdf"
SHOWN_PICTURES = frozenset({"image/png", "image/jpeg"})


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
        return await text_shown(lambda length: objects.chunks(file.object_key, 0, length), file.size)
    if file.media_type != PDF:
        return Preview()
    try:
        return Preview(pages=await pages_shown(previewer, whole(objects, file), here, query))
    except NoPreview as error:
        return Preview(reason=error.reason)


def address_of(received: Received) -> str:
    """Where an attachment's page is."""
    return f"/messagerie/pieces/{received.message.id}/{received.attachment.id}"


def first_page_of(received: Received) -> str | None:
    """The address of a small picture of the file, None when it has none."""
    here, file = address_of(received), received.attachment
    if file.media_type in SHOWN_PICTURES:
        return f"{here}/apercu"
    return f"{here}/pages/1?zoom={SMALL}" if file.media_type == PDF and file.size else None


def whole(objects: Objects, file: Attachment) -> Bytes:
    """The file as a stream that can be begun again."""
    return partial(objects.chunks, file.object_key)
