"""What a report may change: the rules by which it is believed, and the facts that it tells (mail.md, "In")."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from contracts.base import Instant
from messaging.domain.addresses import domain_of
from messaging.domain.consignment import Consignment, Delivery
from messaging.domain.delivery import Fact, Heard
from messaging.domain.reasons import DeliveryReason, reason_for
from messaging.domain.reports import Fate, Report, ReportKind, Told

_FACTS = {
    Fate.FAILED: Fact.FAILED,
    Fate.DELIVERED: Fact.DELIVERED,
    Fate.EXPANDED: Fact.DELIVERED,
    Fate.DISPLAYED: Fact.READ,
    Fate.DELETED: Fact.DELIVERED,
}
"""A delay and a relaying change nothing: the message is still on its way. What is deleted unread had arrived."""


def named_messages(report: Report, patient_domain: str) -> tuple[str, ...]:
    """The ids of our messages that a report may be about, the most certain first."""
    named = [one.strip("<>").rpartition("@") for one in report.message_ids]
    ours = [local for local, _, domain in named if domain.lower() == patient_domain.lower()]
    if report.envelope_id:
        ours.append(report.envelope_id.partition(".")[0])
    return tuple(dict.fromkeys(one for one in ours if one))


def facts_in(
    report: Report, consignments: Iterable[Consignment], at: Instant, trusted_domain: str | None = None
) -> Mapping[str, Heard]:
    """The fact that the report, taken at `at`, tells of each delivery. Nothing of a recipient it doesn't name,
    nor of one whose domain it doesn't come from; `trusted_domain`, our own relay's, may speak for all."""
    facts: dict[str, Heard] = {}
    for consignment in consignments:
        for delivery in consignment.deliveries:
            told = _told_of(report, delivery)
            if told is not None and _may_speak(report, delivery, trusted_domain) and told.fate in _FACTS:
                facts[delivery.id] = _heard(report, told, consignment, at)
    return facts


def tells_of(report: Report, consignments: Iterable[Consignment]) -> bool:
    """Whether it names a recipient of one of these."""
    return any(_told_of(report, delivery) for each in consignments for delivery in each.deliveries)


def _told_of(report: Report, delivery: Delivery) -> Told | None:
    """What it says of this recipient; a receipt is also known by who sent it."""
    address = delivery.recipient.address
    named = next((told for told in report.told if address in told.addresses), None)
    if named is None and report.kind is ReportKind.DISPOSITION and report.sender == address:
        return next(iter(report.told), None)
    return named


def _may_speak(report: Report, delivery: Delivery, trusted_domain: str | None) -> bool:
    speaker, domain = domain_of(report.sender), domain_of(delivery.recipient.address)
    return bool(speaker) and (speaker in (domain, trusted_domain) or speaker.endswith(f".{domain}"))


def _heard(report: Report, told: Told, consignment: Consignment, at: Instant) -> Heard:
    """A failure belongs to the round of attempts whose ENVID comes back with it; else to when it was taken."""
    fact = _FACTS[told.fate]
    if fact is not Fact.FAILED:
        return Heard(fact=fact, at=at)
    reason = DeliveryReason.TOO_LATE if told.status.startswith("4") else reason_for(told.status)
    return Heard(fact=fact, at=min(_round_in(report, consignment) or at, at), reason=reason, told_at=at)


def _round_in(report: Report, consignment: Consignment) -> Instant | None:
    message_id, _, milliseconds = report.envelope_id.partition(".")
    if message_id != consignment.message_id or not (milliseconds.isascii() and milliseconds.isdigit()):
        return None
    return datetime.fromtimestamp(int(milliseconds[:14]) / 1000, UTC)
