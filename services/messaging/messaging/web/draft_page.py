"""What the draft's page shows and what it sends, for all the buttons that lead back to it."""

from typing import Any

import msgspec
from litestar.response import Template

from chassis import web
from chassis.clock import now
from chassis.errors import NotFound
from chassis.ids import new_id
from chassis.web.dates import moment
from chassis.web.ports import parts_of
from messaging.domain.confirming import Unconfirmed
from messaging.domain.errors import (
    FilesHoldBack,
    FilesNotReady,
    MessagingError,
    NobodyChosen,
    NothingToSend,
    ReplyBlocked,
    TextTooLong,
    TooManyReplies,
)
from messaging.domain.model import Draft
from messaging.drafts import Conflict, Desk, Typed
from messaging.store import MessagingStore
from messaging.web.asking import PatientRequest
from messaging.web.listing import list_shown
from messaging.web.shown import FilesShown, ticks
from messaging.web.words import (
    BLOCKED_RECIPIENT,
    FILES_NOT_READY,
    FILES_REFUSED,
    PROFESSIONAL_BUSY,
    TOO_MANY_REPLIES,
)

DRAFT_BODY = 512_000
"""Bytes of a draft's form: 20,000 characters take at most 240,000, and the author of more is told so."""


class DraftForm(msgspec.Struct, kw_only=True):
    """The draft's page: text, ticked recipients, the revision it knows, and which open page it is."""

    revision: int
    texte: str = ""
    a: tuple[str, ...] = ()
    page: str = ""
    confirme: tuple[str, ...] = ()


def address_of(draft_id: str) -> str:
    """Where a draft's page is."""
    return f"/messagerie/brouillons/{draft_id}"


async def typed_in(request: PatientRequest) -> Typed:
    """What the page sent. Raises `UnreadableFields`."""
    form = await web.read_form(request, DraftForm)
    return Typed(text=form.texte, ticks=form.a, revision=form.revision, page=form.page[:64])


async def confirmed_in(request: PatientRequest) -> tuple[str, ...]:
    """The marks of the questions that the page's press answered."""
    return (await web.read_form(request, DraftForm)).confirme


async def draft_page(
    request: PatientRequest, store: MessagingStore, desk: Desk, error: MessagingError | None = None
) -> Template:
    """The draft beside the list, with what must be mended when `error` says so."""
    shown = await list_shown(request, store, request.user, current=desk.conversation.id)
    return web.page(
        "draft.html",
        status=error.status if error else 200,
        list=shown,
        desk=desk,
        text=desk.draft.text,
        page_id=new_id(),
        ticks=ticks(desk.options.everyone, desk.draft.recipients),
        files=FilesShown(draft_id=desk.draft.id, rows=desk.rows, at=now()),
        errors=_sentences(request, error),
    )


def _sentences(request: PatientRequest, error: MessagingError | None) -> dict[str, str]:
    """The one thing to mend, by the id of the place in the page where it is."""
    if error is None:
        return {}
    say = parts_of(request).languages.gettext
    if isinstance(error, ReplyBlocked):
        return {"a": say(BLOCKED_RECIPIENT)}
    if isinstance(error, FilesHoldBack):
        names = FILES_NOT_READY if isinstance(error, FilesNotReady) else FILES_REFUSED
        return {"pieces": say(names) % {"names": ", ".join(error.files)}}
    if isinstance(error, TooManyReplies):
        return {"texte": too_many_words(error, request)}
    place = {NobodyChosen: "a", NothingToSend: "texte", TextTooLong: "texte"}.get(type(error), "pieces")
    return {place: say(error.sentence)}


def too_many_words(error: TooManyReplies, request: PatientRequest) -> str:
    """Whose allowance is used up, and when one more message may leave."""
    words = PROFESSIONAL_BUSY if error.name else TOO_MANY_REPLIES
    return parts_of(request).languages.gettext(words) % {"name": error.name or "", "when": moment(error.until)}


def conflict_page(request: Any, error: Conflict) -> Template:
    """Both texts, side by side with the choice of one; nothing is overwritten."""
    return web.page("conflict.html", status=error.status, saved=error.saved, typed=error.typed, page_id=new_id())


def confirmation_page(draft: Draft, typed: Typed, error: Unconfirmed) -> Template:
    """What is asked before the draft leaves; saying no leads back to it."""
    return web.page(
        "confirm.html",
        status=error.status,
        draft=draft,
        typed=typed,
        questions=error.questions,
        page_id=new_id(),
    )


async def gone_page(request: PatientRequest, store: MessagingStore, draft_id: str, typed: Typed) -> Template:
    """The draft was sent or thrown away elsewhere: what was typed is given back, and can be kept if it can."""
    try:
        removed = await store.removed_draft(request.user.patient_id, draft_id)
    except NotFound:
        removed = None
    return web.page("draft-gone.html", status=404, typed=typed, removed=removed, page_id=new_id())


def removed_page(draft: Draft) -> Template:
    """A draft that was thrown away, as long as it can be taken back."""
    return web.page("draft-removed.html", draft=draft)
