"""Reports that came in: they change the state of a reply for a recipient, and are never shown as letters."""

from chassis.store import Tx
from chassis.telemetry import log
from contracts.messaging import LetterTaken
from messaging.domain.consignment import Cargo, changed
from messaging.domain.letter import Service
from messaging.domain.reporting import facts_in, named_messages, tells_of
from messaging.domain.reports import Report
from messaging.letters import header_end
from messaging.letters.reports import read_report
from messaging.store import MessagingStore
from messaging.telling import state_told

SMALL = 64 * 1024
"""Bytes: what breaks the rules and is larger than this is taken for the letter it says it is."""


def report_in(raw: bytes, envelope_sender: str) -> Report | None:
    """The report in these bytes, None when they are a letter. Large letters are known by their header alone."""
    says_so = b"multipart/report" in raw[: max(header_end(raw[:SMALL]), 0)].lower()
    if envelope_sender and len(raw) > SMALL and not says_so:
        return None
    return read_report(raw, null_sender=not envelope_sender)


class Reported:
    """Matches reports with replies."""

    def __init__(self, store: MessagingStore, service: Service) -> None:
        self._store = store
        self._patient_domain = service.domains.patient
        self._relay_domain = service.relay_domain

    async def is_report(self, patient_id: str, report: Report) -> bool:
        """Whether this is no letter: what is told in words alone must tell of a reply of the patient's."""
        if not report.in_words:
            return True
        about = named_messages(report, self._patient_domain)
        return bool(about) and tells_of(report, await self._store.consignments(patient_id, about))

    async def hear(self, tx: Tx, taken: LetterTaken, report: Report) -> None:
        """Change what the report may change. One that is about nothing of ours is let go, and said in the log."""
        about = named_messages(report, self._patient_domain)
        found = await self._store.consignments(taken.patient_id, about, tx) if about else []
        replies = [one for one in found if one.cargo is Cargo.REPLY]
        facts = facts_in(report, replies, taken.taken_at, self._relay_domain)
        for before in replies:
            after = before.hearing(facts)
            if after == before:
                continue
            await self._store.save_consignment(tx, after)
            for delivery in changed(before, after):
                tx.publish(state_told(after, delivery), key=after.patient_id)
        log.info("report.heard", intake_id=taken.intake_id, kind=report.kind, found=len(replies), facts=len(facts))
