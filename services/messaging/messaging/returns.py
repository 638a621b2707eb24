"""Reports on our own notices: what the door took for `retour+…@` becomes *notice returned*, when it says so."""

from msgspec import Struct

from chassis.bus import Origin
from chassis.errors import NotFound
from chassis.objects import Objects
from chassis.store import Tx
from chassis.telemetry import log
from contracts.messaging import NoticeReturned, NoticeReturnTaken
from messaging.domain.errors import LetterGone
from messaging.domain.reports import Fate, Report, ReportKind
from messaging.letters.reports import LONGEST_REPORT, read_report


class Final(Struct, frozen=True):
    """A failure for good; `status` is RFC 3463's, None where the report has none."""

    status: str | None


class Returns:
    """Reads what comes back to our notices."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    async def prepare(self, taken: NoticeReturnTaken, origin: Origin) -> Final | None:
        """What the report says, None if nothing failed for good. Raises `LetterGone`."""
        if not taken.size:
            return None
        try:
            async with self._objects.open(taken.object_key, length=LONGEST_REPORT) as stream:
                raw = b"".join([chunk async for chunk in stream.chunks()])
        except NotFound as error:
            raise LetterGone(f"intake {taken.intake_id}") from error
        return final_failure(read_report(raw, null_sender=True))

    async def apply(self, tx: Tx, taken: NoticeReturnTaken, final: Final | None) -> None:
        """Tell that the notice did not arrive."""
        log.info("notice.returned", notice_id=taken.notice_id, failed=final is not None)
        if final is not None:
            returned = NoticeReturned(
                notice_id=taken.notice_id, proof=taken.proof, status=final.status, returned_at=taken.taken_at
            )
            tx.publish(returned, key=taken.notice_id)


def final_failure(report: Report | None) -> Final | None:
    """The failure that a report tells: a delay, an absence or a receipt is none.

    A notice has one recipient, so whichever the report names it is about them.
    """
    if report is None or report.kind is not ReportKind.DELIVERY:
        return None
    failed = next((told for told in report.told if told.fate is Fate.FAILED), None)
    return Final(failed.status or None) if failed else None
