"""What was typed when the session had ended: sealed for half an hour, for that account alone, then given back.

The store holds the fields sealed under a key that only the browser's cookie holds, and bound to the patient:
neither is enough alone, and another person's log-in opens nothing. They are shown again in the page they were
typed in, and forgotten once that page sends something (docs/adr/0050).
"""

import base64
import binascii
import re
import secrets
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import timedelta
from typing import Any, Protocol
from urllib.parse import urlsplit

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from litestar import Request
from litestar.datastructures import Cookie

from chassis.clock import now
from chassis.errors import BackingServiceAway, UnreadableForm
from chassis.telemetry import log
from chassis.web.asking import local_address, page_before
from chassis.web.forms import Fields, text_fields

KEPT_COOKIE = "__Host-pli-saisie"
KEPT_FOR = timedelta(minutes=30)
NONCE_BYTES = 12
_SECRET = re.compile(r"pass|code|secret|otp", re.IGNORECASE)
_PAGE_FIELD = "_page"


class Typed(msgspec.Struct, frozen=True):
    """A field that a person filled in, to be read and copied."""

    label: str
    text: str


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """What was typed in a page; `page` is its local address."""

    page: str
    fields: Fields

    def typed(self, labels: Mapping[str, str]) -> list[Typed]:
        """What a person wrote, to be read, under the words beside it: not what only the page knows."""
        return [
            Typed(label, text)
            for name, label in labels.items()
            for text in self.fields.get(name, [])
            if text.strip()
        ]


class KeptForms(Protocol):
    """Where sealed forms wait, one a patient."""

    async def keep(self, patient_id: str, sealed: bytes, until: Any) -> None:
        """Keep this one instead of an earlier one."""
        ...

    async def kept(self, patient_id: str) -> bytes | None:
        """The patient's, unless its time is over."""
        ...

    async def forget(self, patient_id: str) -> None:
        """The patient has it back."""
        ...


_given_back: ContextVar[Form | None] = ContextVar("given back", default=None)


def given_back() -> Form | None:
    """What the page of the request under way shows again, or None."""
    return _given_back.get()


class Keeper:
    """Keeps and gives back the forms of one service."""

    def __init__(self, prefix: str, forms: KeptForms | None, labels: Mapping[str, str]) -> None:
        self.labels = labels
        self._slug = prefix.strip("/").replace("/", "-")
        self._forms = forms

    async def keep(self, form: Form, patient_id: str | None) -> Cookie | None:
        """Keep a form for this patient; the cookie that opens it, or None when it could not be kept."""
        if self._forms is None or patient_id is None or not form.page:
            return None
        key = AESGCM.generate_key(256)
        try:
            await self._forms.keep(patient_id, _sealed(form, key, patient_id), now() + KEPT_FOR)
        except BackingServiceAway as error:
            log.warning("web.not-kept", what=error.what)
            return None
        value = f"{self._slug}.{base64.urlsafe_b64encode(key).decode()}"
        return _cookie(value, int(KEPT_FOR.total_seconds()))

    async def look(self, request: "Request[Any, Any, Any]", patient_id: str, page: str | None) -> Form | None:
        """The form that waits for this browser, patient and page, or None."""
        key = self._key_of(request)
        if self._forms is None or key is None or page is None:
            return None
        try:
            sealed = await self._forms.kept(patient_id)
        except BackingServiceAway:
            return None
        form = _opened(sealed, key, patient_id) if sealed else None
        return form if form and _path(form.page) == _path(page) else None

    async def give_back(self, request: "Request[Any, Any, Any]", patient_id: str) -> None:
        """Let the page that is asked for show what was typed in it."""
        _given_back.set(await self.look(request, patient_id, local_address(request)))

    async def forget(self, request: "Request[Any, Any, Any]", patient_id: str) -> bool:
        """Forget what was given back if its page sends something now; whether it was so."""
        if await self.look(request, patient_id, page_before(request)) is None or self._forms is None:
            return False
        try:
            await self._forms.forget(patient_id)
        except BackingServiceAway:
            return False
        return True

    def _key_of(self, request: "Request[Any, Any, Any]") -> bytes | None:
        slug, _, encoded = request.cookies.get(KEPT_COOKIE, "").rpartition(".")
        if slug != self._slug:
            return None
        try:
            key = base64.b64decode(encoded, altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        return key if len(key) == 32 else None


async def read_typed(request: "Request[Any, Any, Any]") -> Form:
    """The form of a request without its secrets and files; its page is the one it was sent from, or told."""
    try:
        fields = await text_fields(request)
    except UnreadableForm:
        fields = {}
    told = fields.pop(_PAGE_FIELD, [""])[0]
    page = told if told.startswith("/") and not told.startswith(("//", "/\\")) else page_before(request)
    kept = {name: values for name, values in fields.items() if not _SECRET.search(name)}
    return Form(page=page or "", fields=kept)


def gone() -> Cookie:
    """The cookie, taken away."""
    return _cookie("", 0)


def value_of(name: str, default: Any) -> Any:
    """What a field shows: what was typed in it when the session had ended, else `default`."""
    form = given_back()
    return form.fields[name][0] if form and form.fields.get(name) else default


def is_ticked(name: str, value: str, default: bool) -> bool:
    """Whether a choice is ticked, in the same way."""
    form = given_back()
    return value in form.fields[name] if form and name in form.fields else default


def _cookie(value: str, max_age: int) -> Cookie:
    return Cookie(
        key=KEPT_COOKIE, value=value, path="/", max_age=max_age, httponly=True, secure=True, samesite="lax"
    )


def _path(page: str) -> str:
    return urlsplit(page).path.rstrip("/") or "/"


def _sealed(form: Form, key: bytes, patient_id: str) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, msgspec.json.encode(form), patient_id.encode())


def _opened(sealed: bytes, key: bytes, patient_id: str) -> Form | None:
    try:
        plain = AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], patient_id.encode())
        return msgspec.json.decode(plain, type=Form)
    except (InvalidTag, msgspec.MsgspecError, ValueError):
        return None
