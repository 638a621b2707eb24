"""What notifier tells: notices that left or could not (`notifier.events`), and its public sealing keys."""

from typing import Annotated

from msgspec import Meta

from contracts.auth import Channel
from contracts.base import Code, Event, Instant, KeyId, NoticeId, PatientId


class NoticeSent(Event, tag="notifier.notice-sent.v1", frozen=True, kw_only=True):
    """A notice was taken by the mail relay or the SMS provider. `patient_id` is absent for a code."""

    notice_id: NoticeId
    patient_id: PatientId | None
    kind: Code
    channel: Channel
    sent_at: Instant


ADDRESS_REFUSED = "address-refused"
"""The reason of a failure that speaks against the address: the patient's mail server does not know it any more."""


class NoticeFailed(Event, tag="notifier.notice-failed.v1", frozen=True, kw_only=True):
    """A notice did not reach the patient by this channel and will not be tried there again."""

    notice_id: NoticeId
    patient_id: PatientId | None
    kind: Code
    channel: Channel
    reason: Code
    failed_at: Instant


class SealingKeyPublished(Event, tag="notifier.sealing-key-published.v1", frozen=True, kw_only=True):
    """The public half (X25519, 32 bytes) of a key to which one-time codes are sealed.

    HPKE suite: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, CHACHA20-POLY1305; info `pli one-time code v1`.
    """

    key_id: KeyId
    public_key: Annotated[bytes, Meta(min_length=32, max_length=32)]
    published_at: Instant
