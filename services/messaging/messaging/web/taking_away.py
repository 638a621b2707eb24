"""A conversation or a letter on paper, and a conversation as a file."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from litestar import Controller, Response, get
from litestar.params import FromPath
from litestar.response import Stream, Template

from chassis import web
from chassis.clock import now
from chassis.errors import NotFound
from chassis.web.dates import full_moment, moment
from messaging.access import own, record
from messaging.conversations import mark_shown, open_readable
from messaging.domain.addresses import Domains
from messaging.domain.model import Message, Patient
from messaging.exporting import MOST_MESSAGES, check_size, entries_of, zipped
from messaging.letters.filenames import safe_name
from messaging.objects import Objects
from messaging.originals import original_of
from messaging.store import MessagePage, MessagingStore
from messaging.web.asking import (
    GivenDomains,
    GivenObjects,
    GivenStore,
    PatientRequest,
    is_prefetch,
    on_the_clock_of,
)
from messaging.web.shown import names


class TakingAway(Controller):
    """Under `/messagerie`: the paper and the ZIP of a conversation, the paper of a message."""

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
        objects: GivenObjects,
        domains: GivenDomains,
        *,
        conversation_id: FromPath[str],
    ) -> Response[Any]:
        """The original letters and all files, as one ZIP that is made while it is sent."""
        page = await _all_messages(request, store, conversation_id)
        patient = await store.patient(request.user.patient_id)
        on_the_clock_of(patient)
        messages = [message for message in page.messages if message.disowned_at is None]
        check_size(messages)
        entries = entries_of(messages, _in_words(messages))
        await record(store, request.user, "conversation-exported", "conversation", conversation_id)
        filename = safe_name(page.messages[-1].subject[:80], 1, "").replace(".", " ").strip()
        return Stream(
            zipped(entries, _Bytes(objects, patient, domains)),
            media_type="application/zip",
            headers={
                "content-disposition": web.content_disposition(f"{filename or 'conversation'}.zip"),
                "content-security-policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
            },
        )


class _Bytes:
    """What the export reads, as its patient may have it."""

    def __init__(self, objects: Objects, patient: Patient, domains: Domains) -> None:
        self._objects = objects
        self._patient = patient
        self._domains = domains

    async def file(self, key: str) -> AsyncIterator[bytes]:
        """A file of a message."""
        async with self._objects.open(key) as stream:
            async for chunk in stream.chunks():
                yield chunk

    async def letter(self, raw_key: str) -> AsyncIterator[bytes]:
        """A letter as received, other patients' addresses masked."""
        own = self._patient.mailbox_address
        found = await original_of(self._objects, raw_key, own, self._domains.patient)
        async for chunk in found.chunks(self._objects, 0, found.size):
            yield chunk


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
    patient = await store.patient(request.user.patient_id)
    on_the_clock_of(patient)
    return web.page(
        "print.html",
        messages=[message for message in page.messages if message.disowned_at is None],
        cut=page.older is not None,
        most=MOST_MESSAGES,
        patient=patient,
        subject=page.messages[-1].subject,
        back=back,
        names=names,
        printed_at=now(),
    )


def _in_words(messages: Sequence[Message]) -> str:
    """Everything that was written, for who opens it in ten years."""
    pieces = [
        "\n".join(
            [
                f"{message.sender.name}, {full_moment(message.at)}",
                f"À {names(message.recipients)}",
                *(f"[{file.filename}]" for file in message.files),
                "",
                message.text.strip(),
            ]
        )
        for message in messages
    ]
    rule = "\n\n" + "-" * 60 + "\n\n"
    return f"{messages[-1].subject}\n{moment(messages[0].at)}{rule}{rule.join(pieces)}\n"
