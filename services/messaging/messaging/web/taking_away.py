"""A conversation or a letter on paper, and a conversation as a file: a ZIP or a PDF."""

from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Any

from litestar import Controller, Response, get
from litestar.params import FromPath
from litestar.response import Stream, Template

from chassis import web
from chassis.clock import now
from chassis.errors import NotFound
from chassis.i18n import Translate
from chassis.i18n import mark as _
from chassis.web.dates import full_moment, local, moment, size
from chassis.web.language import current_language
from chassis.web.ports import parts_of
from messaging.access import own, record
from messaging.conversations import mark_shown, open_readable
from messaging.domain.model import Message, Patient
from messaging.domain.welcome import in_language
from messaging.exporting import MOST_MESSAGES, check_fits_paper, check_size, entries_of, zipped
from messaging.letters.filenames import name_from
from messaging.originals import Originals
from messaging.paper.sheets import UNREAD, Manner, plain_words, sheet_of
from messaging.store import MessagePage, MessagingStore
from messaging.web.asking import (
    GivenOriginals,
    GivenPress,
    GivenStore,
    PatientRequest,
    is_prefetch,
    known_patient,
)
from messaging.web.shown import names


class TakingAway(Controller):
    """Under `/messagerie`: the paper, the ZIP and the PDF of a conversation, the paper of a message."""

    path = "/messagerie"

    @get("/conversations/{conversation_id:str}/imprimer")
    async def print_conversation(
        self, request: PatientRequest, store: GivenStore, conversation_id: FromPath[str]
    ) -> Template:
        """Every message of a conversation, made for paper."""
        page = await _all_messages(request, store, conversation_id)
        if not is_prefetch(request):
            await mark_shown(store, request.user, page.messages, now())
        return await _on_paper(request, store, page, f"/messagerie/conversations/{conversation_id}")

    @get("/messages/{message_id:str}/imprimer")
    async def print_message(
        self, request: PatientRequest, store: GivenStore, message_id: FromPath[str]
    ) -> Template:
        """One message, made for paper."""
        message = await open_readable(store, request.user, message_id)
        if not is_prefetch(request):
            await mark_shown(store, request.user, [message], now())
        back = f"/messagerie/conversations/{message.conversation_id}"
        return await _on_paper(request, store, MessagePage(messages=(message,)), back)

    @get("/conversations/{conversation_id:str}/export.zip")
    async def export(
        self,
        request: PatientRequest,
        store: GivenStore,
        originals: GivenOriginals,
        *,
        conversation_id: FromPath[str],
    ) -> Response[Any]:
        """The original letters and all files, as one ZIP that is made while it is sent."""
        page = await _all_messages(request, store, conversation_id)
        patient = await known_patient(request, store)
        messages = _readable(request, page)
        check_size(messages)
        say = parts_of(request).languages.gettext
        entries = entries_of(messages, _in_words(messages, say), local)
        await record(store, request.user, "conversation-exported", "conversation", conversation_id)
        bytes_of = _Bytes(originals, patient, messages)
        return _taken_away(
            zipped(entries, bytes_of),
            "application/zip",
            f"{_name_of(messages)}.zip",
        )

    @get("/conversations/{conversation_id:str}/export.pdf")
    async def paper(
        self,
        request: PatientRequest,
        store: GivenStore,
        originals: GivenOriginals,
        press: GivenPress,
        *,
        conversation_id: FromPath[str],
    ) -> Response[Any]:
        """Every message as a PDF, the files attached to it."""
        page = await _all_messages(request, store, conversation_id)
        patient = await known_patient(request, store)
        messages = _readable(request, page)
        check_fits_paper(messages)
        service = parts_of(request).settings.service_name
        cut = page.older is not None
        sheet = sheet_of(messages, patient.name, service, _manner(request), at=now(), cut=cut)
        printed = await press.printed(patient.id, sheet, _Bytes(originals, patient, messages).file)
        await record(store, request.user, "conversation-exported-as-pdf", "conversation", conversation_id)
        return _taken_away(
            printed.chunks(),
            "application/pdf",
            f"{_name_of(messages)}.pdf",
            printed.size,
        )


class _Bytes:
    """What the export reads, as its patient may have it."""

    def __init__(self, originals: Originals, patient: Patient, messages: Sequence[Message]) -> None:
        self._files = {file.object_key: file for message in messages for file in message.attachments}
        self._originals = originals
        self._own_address = patient.mailbox_address

    def file(self, key: str) -> AsyncIterator[bytes]:
        """A file of one of the messages."""
        return self._originals.file(self._files[key], self._own_address)

    async def letter(self, raw_key: str) -> AsyncIterator[bytes]:
        """A letter as received."""
        found = await self._originals.of(raw_key, self._own_address)
        async for chunk in self._originals.chunks(found, 0, found.size):
            yield chunk


def _readable(request: PatientRequest, page: MessagePage) -> list[Message]:
    """The messages that are shown, the service's own in the reader's language."""
    service, say = parts_of(request).settings.service_name, parts_of(request).languages.gettext
    return [in_language(message, service, say) for message in page.messages if message.disowned_at is None]


def _name_of(messages: Sequence[Message]) -> str:
    return name_from(messages[-1].subject, "conversation")


def _taken_away(
    content: AsyncIterator[bytes], media_type: str, filename: str, size: int | None = None
) -> Response[Any]:
    length = {} if size is None else {"content-length": str(size)}
    return Stream(
        content,
        media_type=media_type,
        headers={
            "content-disposition": web.content_disposition(filename),
            "content-security-policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
            **length,
        },
    )


def _manner(request: PatientRequest) -> Manner:
    languages = parts_of(request).languages
    return Manner(
        language=current_language(),
        say=languages.gettext,
        moment=full_moment,
        size=partial(size, languages=languages),
    )


async def _all_messages(request: PatientRequest, store: MessagingStore, conversation_id: str) -> MessagePage:
    """The latest 500 messages of a conversation. Raises `NotFound`, also for one with none to read."""
    patient_id = request.user.patient_id
    async with own(store, request.user, "conversation-opened", "conversation", conversation_id):
        await store.conversation(patient_id, conversation_id)
    page = await store.messages(patient_id, conversation_id, size=MOST_MESSAGES)
    if all(message.disowned_at for message in page.messages):
        raise NotFound(f"conversation {conversation_id} has no messages")
    return page


async def _on_paper(request: PatientRequest, store: MessagingStore, page: MessagePage, back: str) -> Template:
    patient = await known_patient(request, store)
    messages = _readable(request, page)
    return web.page(
        "print.html",
        messages=messages,
        plain_words=plain_words,
        unread=UNREAD,
        cut=page.older is not None,
        most=MOST_MESSAGES,
        patient=patient,
        subject=messages[-1].subject,
        back=back,
        names=names,
        printed_at=now(),
    )


def _in_words(messages: Sequence[Message], say: Translate) -> str:
    """Everything that was written, for who opens it in ten years."""
    pieces = [
        "\n".join(
            [
                f"{message.sender.name}, {full_moment(message.at)}",
                say(_("À %(names)s")) % {"names": names(message.recipients)},
                *(f"[{file.filename}]" for file in message.files),
                *([say(UNREAD)] if message.incomplete else []),
                "",
                plain_words(message, say),
            ]
        )
        for message in messages
    ]
    rule = "\n\n" + "-" * 60 + "\n\n"
    return f"{messages[-1].subject}\n{moment(messages[0].at)}{rule}{rule.join(pieces)}\n"
