"""The search: a field, what was found with the words marked, and the way to each message."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from litestar import Controller, Response, get
from litestar.response import Template
from msgspec import Struct

from chassis import web
from chassis.clock import now
from chassis.i18n import mark as _
from messaging.domain.model import Message
from messaging.domain.searching import MOST_FILES, Piece, Query, excerpt, marked
from messaging.searching import COUNTED, Result, Results, count_found, search
from messaging.store import MESSAGES_A_PAGE, PageKey
from messaging.store.finding import FoundKey
from messaging.web.asking import GivenStore, PatientRequest, key_text, known_patient, read_key

QUERY_AT_MOST = 200
NO_SUBJECT = _("Sans objet")


class ResultShown(Struct, frozen=True, kw_only=True):
    """A message that was found, in pieces, those found marked; `files` are only those with such a piece."""

    message: Message
    href: str
    name: Sequence[Piece]
    subject: Sequence[Piece]
    files: Sequence[Sequence[Piece]]
    body: Sequence[Piece]


class SearchPages(Controller):
    """`/messagerie/recherche`."""

    path = "/messagerie/recherche"

    @get("/")
    async def results(self, request: PatientRequest, store: GivenStore) -> Template:
        """The field, and what was found of what it holds."""
        text = _searched(request)
        await known_patient(request, store)
        counted = "compter" in request.query_params
        found = await search(store, request.user, text, _place(request), counted=counted)
        return web.page("search.html", searched=text, found=found, **_shown(request, text, found))

    @get("/compte")
    async def count(self, request: PatientRequest, store: GivenStore) -> Response[None] | Template:
        """How many there are, for the page of the first ones; nothing where that can't be told."""
        text = _searched(request)
        found = await count_found(store, request.user, text)
        if found.query and not found.counted:
            return web.unchanged()
        return web.fragment("search-count.html", searched=text, found=found)


def _searched(request: PatientRequest) -> str:
    return request.query_params.get("q", "")[:QUERY_AT_MOST].strip()


def _place(request: PatientRequest) -> FoundKey | None:
    volume, dot, rest = request.query_params.get("suite", "").partition(".")
    key = read_key(rest)
    if not dot or key is None or not volume.isascii() or not volume.isdigit() or len(volume) > 9:
        return None
    return FoundKey(int(volume), key.at, key.id)


def _shown(request: PatientRequest, text: str, found: Results) -> dict[str, Any]:
    number = request.query_params.get("n", "1")
    first = int(number) if number.isascii() and number.isdigit() and len(number) < 8 else 1
    last = first + len(found.results) - 1
    query = found.query
    return {
        "results": [_result(one, query) for one in found.results] if query else [],
        "first": first,
        "last": last,
        "counted": COUNTED,
        "older": _older(text, found.older, last + 1),
        "uncounted": _uncounted(request, text, found),
        "at": now(),
    }


def _older(text: str, key: FoundKey | None, number: int) -> str | None:
    if key is None:
        return None
    place = f"{key.volume}.{key_text(PageKey(at=key.at, id=key.id))}"
    return f"/messagerie/recherche?{urlencode({'q': text, 'suite': place, 'n': number})}"


def _uncounted(request: PatientRequest, text: str, found: Results) -> str | None:
    """What to ask for how many there are; None where that is known, or was asked for."""
    if found.counted or not found.results or {"suite", "compter"} & set(request.query_params):
        return None
    return urlencode({"q": text})


def _result(result: Result, query: Query) -> ResultShown:
    message = result.message
    names = [marked(file.filename, query) for file in message.files[:MOST_FILES]]
    return ResultShown(
        message=message,
        href=_address(result),
        name=marked(message.sender.name, query),
        subject=marked(message.subject or NO_SUBJECT, query),
        files=[name for name in names if any(piece.marked for piece in name)],
        body=excerpt(message.text, query),
    )


def _address(result: Result) -> str:
    """The message in its conversation; one that is far down heads a page of older ones."""
    message, conversation = result.message, result.conversation
    here = f"/messagerie/conversations/{conversation.id}"
    if conversation.messages > MESSAGES_A_PAGE:
        here += f"?{urlencode({'avant': key_text(PageKey(at=message.at, id=f'{message.id}~'))})}"
    return f"{here}#m-{message.id}"
