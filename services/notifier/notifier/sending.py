"""How one queued notice leaves: by which channel, in which words, and what becomes of it if it can't."""

import random
from collections.abc import Callable, Sequence
from datetime import datetime
from email.headerregistry import Address
from typing import Protocol

from msgspec import Struct
from prometheus_client import Histogram

from chassis.clock import Clock, now
from chassis.effects import Again, Done, GiveUp, Outcome
from chassis.errors import Kind as ErrorKind
from chassis.errors import PliError
from chassis.store import Row
from chassis.telemetry import log
from contracts.auth import Channel
from contracts.notifier import NoticeFailed, NoticeSent
from notifier.domain.hours import clock_time
from notifier.domain.notices import GATHERED, Kind, reason_too_late
from notifier.domain.pace import next_try
from notifier.domain.patient import Patient
from notifier.domain.returns import return_address
from notifier.domain.texting import gsm7
from notifier.domain.views import kept_token
from notifier.errors import AddressUnusable, NoticeDelayed, NoticeRefused, NoticeUnanswered
from notifier.keys import KeyRing
from notifier.mail import Mail, Mailer, address_of
from notifier.rendering import Notice, Renderer, Words
from notifier.sms import Sms, SmsProvider

NOTICE_SECONDS = Histogram(
    "pli_notice_seconds",
    "from a notice being queued to its taking by the relay or the provider",
    ["kind", "channel"],
    buckets=(0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 600),
)


class LookUp(Protocol):
    """How sending looks the patient up."""

    async def __call__(self, patient_id: str, /) -> Patient | None:
        """The patient as known now."""
        ...


class CountUnread(Protocol):
    """How sending learns whether a digest or a reminder still has something to tell."""

    async def __call__(self, notice_id: str, /) -> int:
        """How many of its letters have not been read."""
        ...


class Needless(Exception):
    """A notice that has nothing to tell any more, or that the patient does not want."""


class Failure(Struct, frozen=True):
    """Why a notice does not leave by this channel: the code of the reason."""

    channel: Channel
    reason: str


class Left(Struct, frozen=True):
    """By which channel a notice left, and why not by another one that was tried before."""

    channel: Channel
    failures: tuple[Failure, ...] = ()


class Dropped(Exception):
    """A notice that nobody should get any more, with what was tried; the last says why."""

    def __init__(self, *failures: Failure) -> None:
        super().__init__(failures[-1].reason)
        self.failures = failures


class Sending:
    """Performs rows of `notices`. A code is opened here, and forgotten with the return."""

    def __init__(
        self,
        patient: LookUp,
        keys: KeyRing,
        renderer: Renderer,
        mailer: Mailer,
        sms: SmsProvider,
        *,
        unread: CountUnread,
        sender: Address,
        clock: Clock = now,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._patient = patient
        self._unread = unread
        self._keys = keys
        self._renderer = renderer
        self._mailer = mailer
        self._sms = sms
        self._sender = sender
        self._clock = clock
        self._jitter = jitter

    async def perform(self, row: Row) -> Outcome:
        """Send the notice of a row, or say what is to become of it. Raises `BackingServiceAway`."""
        kind = Kind(row["kind"])
        try:
            return self._done(row, kind, await self._send(row, kind))
        except Needless:
            return Done(state="needless", fields={"ended_at": self._clock()})
        except Dropped as dropped:
            return self._give_up(row, kind, dropped.failures)
        except (NoticeDelayed, NoticeUnanswered) as error:
            due_at = next_try(kind, self._clock(), row["attempts"], self._jitter())
            return Again(due_at=due_at, fields={"reason": error.code})
        except PliError as error:
            if error.kind is not ErrorKind.PERMANENT:
                raise
            return self._give_up(row, kind, [Failure(_channel(row), error.code)])

    async def _send(self, row: Row, kind: Kind) -> Left:
        if self._clock() >= row["pointless_after"]:
            raise Dropped(Failure(_channel(row), reason_too_late(kind)))
        if kind is Kind.CODE:
            return Left(await self._send_code(row))
        patient = await self._reachable(row["patient_id"])
        unread = await self._still_to_tell(row["_id"], patient) if kind in GATHERED else 1
        return await self._tell(row, patient, self._facts(row, kind, patient, unread))

    async def _still_to_tell(self, notice_id: str, patient: Patient) -> int:
        """How many letters a digest or a reminder tells of. Raises `Needless` when there is nothing to tell."""
        unread = 0 if patient.notices == "none" else await self._unread(notice_id)
        if not unread:
            raise Needless
        return unread

    def _facts(self, row: Row, kind: Kind, patient: Patient, unread: int) -> Notice:
        return Notice(
            kind=kind,
            language=patient.language,
            given_name=patient.given_name,
            count=unread,
            token=kept_token(self._keys.view_keys, row["_id"], row.get("view_hash")),
        )

    async def _tell(self, row: Row, patient: Patient, notice: Notice) -> Left:
        """By e-mail; by SMS where there is none, or where the e-mail was refused or came back."""
        refused: list[Failure] = []
        if patient.email and _channel(row) == "email":
            try:
                to = address_of(f"{patient.given_name} {patient.family_name}", patient.email)
                await self._mail(row, to, self._renderer.notice(notice))
            except (NoticeRefused, AddressUnusable) as error:
                refused = [_refusal(row, "email", error)]
            else:
                return Left("email")
        if patient.phone is None:
            raise Dropped(*(refused or [Failure(_channel(row), "no-contact")]))
        try:
            await self._text(row, patient.phone, self._renderer.notice_sms(notice))
        except NoticeRefused as error:
            raise Dropped(*refused, _refusal(row, "sms", error)) from error
        return Left("sms", tuple(refused))

    async def _send_code(self, row: Row) -> Channel:
        sealed = self._keys.open_box(bytes(row["box"]))
        facts = {"code": sealed.code, "until": clock_time(sealed.expires_at, sealed.time_zone, sealed.language)}
        if sealed.channel == "sms":
            text = self._renderer.code_sms(language=sealed.language, **facts)
            send = self._text(row, sealed.destination, text)
        else:
            words = self._renderer.code(language=sealed.language, **facts)
            send = self._mail(row, address_of("", sealed.destination), words)
        try:
            await send
        except NoticeRefused as error:
            raise Dropped(_refusal(row, sealed.channel, error)) from error
        return sealed.channel

    async def _reachable(self, patient_id: str) -> Patient:
        patient = await self._patient(patient_id)
        if patient is None:
            raise Dropped(Failure("email", "unknown-patient"))
        if patient.status == "closed":
            raise Dropped(Failure("email", "patient-closed"))
        return patient

    async def _mail(self, row: Row, to: Address, words: Words) -> None:
        mail = Mail(
            sender=self._sender,
            recipient=to,
            envelope_sender=return_address(self._keys.return_keys[0], row["_id"], self._sender.domain),
            message_id=row["message_id"],
            subject=words.subject,
            text=words.text,
            html=words.html,
            written_at=row["queued_at"],
            urgent=_is_urgent(row),
        )
        await self._mailer.send(mail)

    async def _text(self, row: Row, phone: str, text: str) -> None:
        sms = Sms(
            phone=phone,
            text=gsm7(text),
            reference=row["_id"],
            message_id=row["message_id"],
            written_at=row["queued_at"],
            urgent=_is_urgent(row),
        )
        await self._sms.send(sms)

    def _done(self, row: Row, kind: Kind, left: Left) -> Done:
        at = self._clock()
        NOTICE_SECONDS.labels(kind.value, left.channel).observe((at - row["queued_at"]).total_seconds())
        sent = NoticeSent(
            notice_id=row["_id"],
            patient_id=row.get("patient_id"),
            kind=kind.value,
            channel=left.channel,
            sent_at=at,
        )
        failed = [_failed(row, kind, one, at) for one in left.failures]
        return Done(fields=_ended(at, left.channel), events=[(event, _key(row)) for event in (*failed, sent)])

    def _give_up(self, row: Row, kind: Kind, failures: Sequence[Failure]) -> GiveUp:
        at, last = self._clock(), failures[-1]
        return GiveUp(
            fields=_ended(at, last.channel) | {"reason": last.reason},
            events=[(_failed(row, kind, one, at), _key(row)) for one in failures],
        )


def _failed(row: Row, kind: Kind, failure: Failure, at: datetime) -> NoticeFailed:
    return NoticeFailed(
        notice_id=row["_id"],
        patient_id=row.get("patient_id"),
        kind=kind.value,
        channel=failure.channel,
        reason=failure.reason,
        failed_at=at,
    )


def _refusal(row: Row, channel: Channel, error: NoticeRefused | AddressUnusable) -> Failure:
    log.info("notice.refused", notice_id=row["_id"], channel=channel, reason=error.code, answer=str(error))
    return Failure(channel, error.code)


def _channel(row: Row) -> Channel:
    """The channel that is tried first."""
    return "sms" if row.get("by") == "sms" else "email"


def _ended(at: datetime, channel: Channel) -> Row:
    """A notice that ended keeps no box: a code that was sent rests nowhere, not even sealed."""
    return {"ended_at": at, "channel": channel, "box": None}


def _is_urgent(row: Row) -> bool:
    return bool(row["kind"] == Kind.CODE)


def _key(row: Row) -> str:
    return str(row.get("patient_id") or row["_id"])
