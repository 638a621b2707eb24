"""What a document looks like in its page: a picture, words, the pages of a PDF, or nothing."""

from collections.abc import AsyncIterator, Mapping

from chassis.formats import Format
from chassis.previews.pages import Bytes, Preview, pages_shown, text_shown
from chassis.previews.previewer import NoPreview, Previewer
from documents.domain.document import Document
from documents.objects import DocumentObjects

PICTURES = frozenset({Format.JPEG, Format.PNG})


async def preview_of(
    objects: DocumentObjects, previewer: Previewer, document: Document, query: Mapping[str, str]
) -> Preview:
    """The preview of one document; `query` is that of the page (`page`, `zoom`)."""
    here = f"/documents/{document.id}"
    if document.format in PICTURES:
        return Preview(picture=f"{here}/apercu")
    if document.format is Format.TEXT:
        return await text_shown(lambda length: objects.chunks(document.object_key, 0, length), document.size)
    if document.format is not Format.PDF:
        return Preview()
    try:
        return Preview(pages=await pages_shown(previewer, chunks_of(objects, document), here, query))
    except NoPreview as error:
        return Preview(reason=error.reason)


def chunks_of(objects: DocumentObjects, document: Document) -> Bytes:
    """The document as a stream that can be begun again."""

    def chunks() -> AsyncIterator[bytes]:
        return objects.chunks(document.object_key, 0, document.size)

    return chunks
