"""What auth tells the other services: patients, codes to send, sessions that ended, its public keys."""

from typing import Annotated, Literal

from msgspec import Meta

from contracts.base import (
    ChallengeId,
    Code,
    Event,
    Ins,
    Instant,
    KeyId,
    MailAddress,
    PatientId,
    PersonName,
    PhoneNumber,
    Revision,
    SessionId,
    whole,
)

PatientStatus = Literal["active", "closed"]
NoticeChoice = Literal["each", "digest", "none"]
Channel = Literal["email", "sms"]
Language = Annotated[str, Meta(pattern=whole(r"[a-z]{2}"))]
TimeZone = Annotated[str, Meta(min_length=1, max_length=64, description="an IANA name, e.g. Indian/Reunion")]


class PatientChanged(Event, tag="auth.patient-changed.v1", frozen=True, kw_only=True):
    """The patient as the other services need them: a full state, the highest revision wins.

    `email` is one that takes our messages, as far as is known. `notices` is how the patient wants to be told of
    letters: each by itself, once a day, or not at all.
    """

    patient_id: PatientId
    revision: Revision
    status: PatientStatus
    given_name: PersonName
    family_name: PersonName
    ins: Ins
    mailbox_address: MailAddress
    email: MailAddress | None
    phone: PhoneNumber | None
    time_zone: TimeZone = "Europe/Paris"
    language: Language = "fr"
    notices: NoticeChoice = "each"
    changed_at: Instant


class SealedCode(Event, tag="auth.sealed-code.v1", frozen=True, kw_only=True):
    """What the box of a `CodeIssued` holds; it never travels outside of it.

    `time_zone` is the patient's: the notice says until which clock time the code holds. `language` is the one
    of the page that asked for it.
    """

    challenge_id: ChallengeId
    code: Annotated[str, Meta(pattern=whole(r"[0-9]{6}"), extra={"personal": "secret"})]
    channel: Channel
    destination: MailAddress
    time_zone: TimeZone = "Europe/Paris"
    language: Language = "fr"
    expires_at: Instant


class CodeIssued(Event, tag="auth.code-issued.v1", frozen=True, kw_only=True):
    """A one-time code is to be sent. `box` is HPKE-sealed to the notifier and `signature` is auth's over it.

    `box` opens to a `SealedCode` in JSON; `signature` is Ed25519 over `challenge_id` (ASCII) + `box`.
    """

    challenge_id: ChallengeId
    box: Annotated[bytes, Meta(max_length=4096)]
    sealing_key_id: KeyId
    signature: Annotated[bytes, Meta(min_length=64, max_length=64)]
    signing_key_id: KeyId
    expires_at: Instant


class SessionEnded(Event, tag="auth.session-ended.v1", frozen=True, kw_only=True):
    """A session ended: log-out, idle for too long, or its 12 hours are over. It is refused from now on."""

    session_id: SessionId
    patient_id: PatientId
    reason: Code
    ended_at: Instant


class SigningKeyPublished(Event, tag="auth.signing-key-published.v1", frozen=True, kw_only=True):
    """The public half (Ed25519, 32 bytes) of a key with which auth signs tokens and codes."""

    key_id: KeyId
    public_key: Annotated[bytes, Meta(min_length=32, max_length=32)]
    published_at: Instant
