"""What goes out to one domain in one SMTP transaction: a reply, a read receipt, or a letter's return."""

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from itertools import groupby

from msgspec import Struct, field
from msgspec.structs import replace

from contracts.base import ConversationId, DeliveryId, Instant, MessageId, PatientId
from contracts.messaging import DeliveryState, LetterTaken
from messaging.domain.addresses import domain_of
from messaging.domain.delivery import (
    GIVE_UP_AFTER,
    OPEN,
    Fact,
    Heard,
    decisive,
    needs_a_decision,
    pause_after,
    reason_of,
    state_of,
    with_fact,
)
from messaging.domain.identifiers import derived_id
from messaging.domain.model import Kept, Message, Party
from messaging.domain.reasons import DeliveryReason

JITTER = (0.75, 1.25)


class Delivery(Struct, frozen=True, kw_only=True):
    """A reply's way to one recipient: what was heard of it. `revision` grows with each change of its state."""

    id: DeliveryId
    recipient: Party
    queued_at: Instant
    facts: tuple[Heard, ...] = ()
    revision: int = 1

    @property
    def reply_state(self) -> DeliveryState:
        """What the patient reads."""
        return state_of(self.facts)

    @property
    def changed_at(self) -> Instant:
        """Since when it is in this state."""
        told = decisive(self.facts)
        return told.known_at if told else self.began_at

    @property
    def reason(self) -> str | None:
        """Why it did not arrive, as a code."""
        return reason_of(self.facts)

    @property
    def began_at(self) -> Instant:
        """When it was queued, or when the patient last had it tried again: its 48 hours begin then."""
        return max((heard.at for heard in self.facts if heard.fact is Fact.RETRIED), default=self.queued_at)

    @property
    def is_open(self) -> bool:
        """Whether the road still has to try."""
        return self.reply_state in OPEN

    @property
    def needs_a_decision(self) -> bool:
        """Whether it did not arrive, and the patient may try again or give it up."""
        return needs_a_decision(self.facts)

    def hearing(self, news: Heard) -> "Delivery":
        """The delivery that knows of this too."""
        known = replace(self, facts=with_fact(self.facts, news))
        if (known.reply_state, known.reason) == (self.reply_state, self.reason):
            return known
        return replace(known, revision=self.revision + 1)


class Cargo(StrEnum):
    """What a consignment carries."""

    REPLY = "reply"
    RECEIPT = "receipt"
    RETURN = "return"


class Consignment(Kept, frozen=True, kw_only=True):
    """A leased row of the road. `message_id` is the reply's, or that of the letter whose reading is told.

    What returns a letter to its sender has its intake id, and `original_key`, where the letter lies.
    `troubled` says that a recipient waits for the patient's decision. `state`, `due_at`, `attempts` and the
    lease belong to the queue.
    """

    id: str = field(name="_id")
    patient_id: PatientId
    conversation_id: ConversationId
    message_id: MessageId
    cargo: Cargo = Cargo.REPLY
    domain: str
    deliveries: tuple[Delivery, ...]
    queued_at: Instant
    troubled: bool = False
    original_key: str | None = None
    traceparent: str | None = None
    state: str = "queued"
    due_at: Instant
    attempts: int = 0

    @property
    def open(self) -> tuple[Delivery, ...]:
        """The recipients the road still has to reach."""
        return tuple(one for one in self.deliveries if one.is_open)

    @property
    def left_before(self) -> bool:
        """Whether it may have been composed for itself already: it was tried, or the patient retries it."""
        return self.attempts > 1 or any(one.began_at > one.queued_at for one in self.deliveries)

    @property
    def envelope_id(self) -> str:
        """What reports bring back (RFC 3461 §4.4): whose message they are about, and which round of attempts."""
        began = max(one.began_at for one in self.deliveries)
        return f"{self.message_id}.{int(began.timestamp() * 1000)}"

    def delivery(self, delivery_id: str) -> Delivery | None:
        """The way to one recipient."""
        return next((one for one in self.deliveries if one.id == delivery_id), None)

    def hearing(self, news: Mapping[str, Heard]) -> "Consignment":
        """The consignment that knows of these facts, by delivery."""
        deliveries = tuple(one.hearing(news[one.id]) if one.id in news else one for one in self.deliveries)
        troubled = self.cargo is Cargo.REPLY and any(one.needs_a_decision for one in deliveries)
        return replace(self, deliveries=deliveries, troubled=troubled)


def consigned(
    message: Message, recipients: Iterable[Party], at: Instant, cargo: Cargo = Cargo.REPLY
) -> tuple[Consignment, ...]:
    """One consignment for each domain of the recipients; the same ids however often they are made."""
    by_domain = sorted(recipients, key=lambda party: domain_of(party.address))
    return tuple(
        _consignment(
            domain,
            list(parties),
            at,
            cargo,
            patient_id=message.patient_id,
            conversation_id=message.conversation_id,
            message_id=message.id,
            traceparent=message.traceparent,
        )
        for domain, parties in groupby(by_domain, key=lambda party: domain_of(party.address))
    )


def returned(taken: LetterTaken, traceparent: str | None) -> Consignment | None:
    """What tells the sender that a letter could not be delivered; None for one that wants no answer (`<>`)."""
    sender = taken.envelope_sender.lower()
    if not sender:
        return None
    return _consignment(
        domain_of(sender),
        [Party(name=sender, address=sender)],
        taken.taken_at,
        Cargo.RETURN,
        patient_id=taken.patient_id,
        conversation_id=taken.intake_id,
        message_id=taken.intake_id,
        original_key=taken.object_key,
        traceparent=traceparent,
    )


def _consignment(
    domain: str,
    parties: Sequence[Party],
    at: Instant,
    cargo: Cargo,
    *,
    patient_id: str,
    conversation_id: str,
    message_id: str,
    traceparent: str | None,
    original_key: str | None = None,
) -> Consignment:
    def delivery(party: Party) -> Delivery:
        delivery_id = derived_id(patient_id, "delivery", cargo, message_id, party.address)
        return Delivery(id=delivery_id, recipient=party, queued_at=at)

    return Consignment(
        id=derived_id(patient_id, "consignment", cargo, message_id, domain),
        patient_id=patient_id,
        conversation_id=conversation_id,
        message_id=message_id,
        cargo=cargo,
        domain=domain,
        deliveries=tuple(delivery(party) for party in parties),
        queued_at=at,
        original_key=original_key,
        traceparent=traceparent,
        due_at=at,
    )


class Verdict(Struct, frozen=True):
    """How an attempt ended for one recipient: taken, refused for good with a reason, or neither."""

    fact: Fact
    reason: str | None = None


TAKEN = Verdict(Fact.ACCEPTED)
NOT_NOW = Verdict(Fact.TRIED)


def refused(reason: DeliveryReason) -> Verdict:
    """For good."""
    return Verdict(Fact.FAILED, reason)


def after_attempt(consignment: Consignment, verdicts: Mapping[str, Verdict], at: Instant) -> Consignment:
    """The consignment after an attempt that ended at `at`, with a verdict for each delivery that was tried."""
    ways = {one.id: one for one in consignment.deliveries}
    news = {
        delivery_id: _heard(ways[delivery_id], verdict, at)
        for delivery_id, verdict in verdicts.items()
        if delivery_id in ways
    }
    return consignment.hearing(news)


def _heard(delivery: Delivery, verdict: Verdict, at: Instant) -> Heard:
    if verdict.fact is Fact.TRIED and at - delivery.began_at >= GIVE_UP_AFTER:
        return Heard(fact=Fact.EXPIRED, at=at, reason=DeliveryReason.TOO_LATE)
    return Heard(fact=verdict.fact, at=at, reason=verdict.reason)


def next_try(
    consignment: Consignment,
    tried: Iterable[str],
    at: Instant,
    jitter: Callable[[float, float], float] = random.uniform,
) -> Instant:
    """When to try the open deliveries again; at once when one was queued anew during the attempt.

    At the latest a minute after the first of them has had its 48 hours.
    """
    if {one.id for one in consignment.open} - set(tried):
        return at
    pause = pause_after(consignment.attempts) * jitter(*JITTER)
    last = min(one.began_at for one in consignment.open) + GIVE_UP_AFTER + timedelta(minutes=1)
    return min(at + pause, max(last, at))


def changed(before: Consignment, after: Consignment) -> Sequence[Delivery]:
    """The deliveries whose state is another now."""
    was = {one.id: one.revision for one in before.deliveries}
    return [one for one in after.deliveries if one.revision != was.get(one.id)]


def deliveries_of(message: Message, consignments: Iterable[Consignment]) -> tuple[Delivery, ...]:
    """A reply's way to each of its recipients, in their order."""
    ours = [each for each in consignments if each.message_id == message.id]
    ways = {one.recipient.address: one for each in ours for one in each.deliveries}
    return tuple(ways[party.address] for party in message.recipients if party.address in ways)
