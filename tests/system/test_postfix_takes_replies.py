"""Debian's Postfix as the server of professionals: what leaves over TLS, and the reports that come back."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from chassis.clock import now
from chassis.effects import Done, Judged
from messaging.domain.consignment import Consignment, consigned
from messaging.domain.model import Message, Party
from messaging.domain.reporting import facts_in, named_messages
from messaging.reported import report_in
from messaging.road import LEASE, Road
from messaging.store.rows import row_of, struct_of
from tests.certificates import Authority
from tests.messaging.fakes import FakeStore
from tests.messaging.mail.road_house import PATIENT, Bucket, reply
from tests.messaging.mail.test_door import settings
from tests.system.postfix import Postfix
from tests.system.waiting import until

pytestmark = pytest.mark.stack

CHRISTELLE = Party(name="Christelle Thomas", address="christelle@chu.mssante.fr")
NOBODY = Party(name="Personne", address="personne@chu.mssante.fr")
GONE = Party(name="Dr Parti", address="parti@ancien.mssante.fr")


@pytest.fixture(scope="module")
def authority() -> Iterator[Authority]:
    """Postfix's daemons must be able to read its folder."""
    with tempfile.TemporaryDirectory(prefix="pli-authority-") as folder:
        Path(folder).chmod(0o755)
        yield Authority(Path(folder))


@pytest.fixture(scope="module")
def postfix(authority: Authority) -> Iterator[Postfix]:
    """It keeps what is for one domain, bounces what is for another, and keeps its own reports to patients."""
    serving = Postfix(
        keeps=("chu.mssante.fr", "patient.mssante.fr"),
        routes={"ancien.mssante.fr": "error:5.1.1 nobody here any more"},
        serves=authority.issue("localhost", "server"),
        authority=authority.file,
        settings={
            "myhostname": "mx.chu.mssante.fr",
            "smtpd_tls_security_level": "encrypt",
            "smtpd_reject_unlisted_recipient": "no",
            "smtpd_recipient_restrictions": (
                "check_recipient_access inline:{ { personne@chu.mssante.fr = 550 5.1.1 no such user } }, permit"
            ),
        },
    )
    with serving:
        yield serving


@pytest.fixture
def road(postfix: Postfix, authority: Authority) -> Road:
    """To Postfix as the relay of all domains, over verified TLS."""
    told = settings(
        door_loopback_without_tls=True,
        road_smtp_host="localhost",
        road_smtp_port=postfix.port,
        road_tls="required",
        road_ca=authority.file,
    )
    store = FakeStore()
    store.put("patients", PATIENT)
    bucket: Any = Bucket()
    return Road(told, store, bucket, now)


async def sent(road: Road, message: Message, *recipients: Party) -> Consignment:
    """The consignment after one attempt."""
    road._contents._store.put("messages", message)  # type: ignore[attr-defined]
    (consignment,) = consigned(message, recipients, message.at)
    row = row_of(replace(consignment, attempts=1)) | {"due_at": now() + LEASE}
    outcome = await road.perform(row)
    await road._peers.close()
    assert isinstance(outcome, Judged)
    decided = outcome.by(row)
    assert isinstance(decided, Done), decided
    return struct_of(Consignment, row | dict(decided.fields))


def states(consignment: Consignment) -> list[tuple[str, str | None]]:
    return [(one.reply_state, one.reason) for one in consignment.deliveries]


def after_reports(postfix: Postfix, consignment: Consignment, expected: str) -> Consignment:
    """What the reports that Postfix sent back make of it, once it is in this state."""

    def heard() -> Consignment:
        found = consignment
        for mail in postfix.kept():
            report = report_in(mail.as_bytes(), "")
            if report and consignment.message_id in named_messages(report, "patient.mssante.fr"):
                found = found.hearing(facts_in(report, [found], now(), "mx.chu.mssante.fr"))
        return found

    return until(heard, lambda found: found.deliveries[0].reply_state == expected, what=f"a report: {expected}")


async def test_a_reply_leaves_over_verified_tls_and_its_delivery_is_reported(road: Road, postfix: Postfix) -> None:
    message = reply(now())
    consignment = await sent(road, message, CHRISTELLE, NOBODY)
    assert states(consignment) == [("accepted", None), ("failed", "no-such-address")]
    (kept,) = [mail for mail in postfix.waits_for(1) if str(mail["Message-ID"]).strip() == message.message_id]
    assert kept["Delivered-To"] == CHRISTELLE.address
    plain = kept.get_body(("plain",))
    assert plain is not None and plain.get_content().replace("\r\n", "\n").strip() == message.text
    assert "TLSv1.3" in postfix.says("TLS connection established from")
    assert states(after_reports(postfix, consignment, "delivered"))[0] == ("delivered", None)


async def test_a_bounce_after_the_250_is_told_with_its_reason(road: Road, postfix: Postfix) -> None:
    consignment = await sent(road, reply(now()), GONE)
    assert states(consignment) == [("accepted", None)]
    assert states(after_reports(postfix, consignment, "failed")) == [("failed", "no-such-address")]
