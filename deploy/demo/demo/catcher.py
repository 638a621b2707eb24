"""The mail catcher's boxes: the patient's, the professionals' and the phone, read as a person would."""

import email
import email.policy
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import httpx

POLL_S = 0.05


class NotArrived(AssertionError):
    """The mail that was waited for did not come."""


@dataclass(frozen=True, kw_only=True)
class Mail:
    """A caught mail: from whom and to whom its envelope went, and the bytes as they came."""

    id: str
    envelope_sender: str
    to: tuple[str, ...]
    subject: str
    at: datetime
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        """The mail as the standard library reads it."""
        found = email.message_from_bytes(self.raw, policy=email.policy.default)
        assert isinstance(found, EmailMessage)
        return found

    @property
    def message_id(self) -> str:
        """Its Message-ID."""
        return str(self.message["Message-ID"] or "").strip()

    def body(self, kind: str) -> str:
        """The body of this kind, `plain` or `html`; empty if there is none."""
        part = self.message.get_body(preferencelist=(kind,))
        return str(part.get_content()) if part is not None else ""

    @property
    def files(self) -> dict[str, bytes]:
        """Its attachments by name."""
        return {
            part.get_filename() or "": part.get_payload(decode=True) or b""  # type: ignore[misc]
            for part in self.message.iter_attachments()
        }


class Catcher:
    """The catcher's web interface at `address`."""

    def __init__(self, address: str) -> None:
        self._client = httpx.Client(base_url=address, timeout=30.0)
        self._seen: dict[str, Mail] = {}

    def mails(self, to: str | None = None) -> list[Mail]:
        """Every mail that is there, the oldest first; only those sent to `to` if it is given."""
        listed = self._client.get("/email").raise_for_status().json()
        return [self._mail(entry) for entry in listed if to is None or to.lower() in _recipients(entry)]

    def wait(self, to: str, matches: Callable[[Mail], bool], within: float = 30.0) -> Mail:
        """The first mail to `to` that matches. Raises `NotArrived` after `within` seconds."""
        give_up = time.monotonic() + within
        while True:
            mails = self.mails(to)
            for mail in mails:
                if matches(mail):
                    return mail
            if time.monotonic() > give_up:
                raise NotArrived(
                    f"no such mail to {to} within {within:.0f} s; there: {[m.subject for m in mails]}"
                )
            time.sleep(POLL_S)

    def _mail(self, entry: dict[str, Any]) -> Mail:
        if entry["id"] not in self._seen:
            raw = self._client.get(f"/email/{entry['id']}/source").raise_for_status().content
            self._seen[entry["id"]] = Mail(
                id=entry["id"],
                envelope_sender=_address(entry["envelope"]["from"]),
                to=_recipients(entry),
                subject=entry.get("subject") or "",
                at=_instant(entry["time"] if "time" in entry else entry["date"]),
                raw=raw,
            )
        return self._seen[entry["id"]]

    def close(self) -> None:
        """Close the connection."""
        self._client.close()


def _recipients(entry: dict[str, Any]) -> tuple[str, ...]:
    return tuple(_address(one) for one in entry["envelope"]["to"])


def _address(given: Any) -> str:
    return str(given["address"] if isinstance(given, dict) else given).lower()


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)
