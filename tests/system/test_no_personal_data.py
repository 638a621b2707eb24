"""After a whole journey, logs, figures and envelopes hold no name, subject, address, file name or secret."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import httpx
import pytest

from contracts.topics import TOPICS
from demo import people as demo_people
from demo.catcher import Catcher
from demo.patient import INAYA, code_in, sms_box
from stack.control import Stack
from tests.system.observer import Observer

pytestmark = pytest.mark.stack

PROFESSIONALS = (demo_people.CHRISTELLE, demo_people.MARIE, demo_people.DUPOND)
MEASURED = (
    "auth", "messaging-web", "messaging-worker", "messaging-smtp", "documents", "synthesis", "notifier", "console",
    "gateway-admin", "kafka-jmx",
)  # fmt: skip
NUMBERS = re.compile(r"(?<![0-9A-Za-z.:\-])[0-9]{6}(?![0-9A-Za-z:\-])")
"""Six digits that stand alone: instants, ids and sizes in them don't count."""


@pytest.fixture(scope="module")
def began() -> datetime:
    """When the journey began."""
    return datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(scope="module")
def secrets(stack: Stack, began: datetime) -> list[str]:
    """What must not be seen, once the demonstration has been played: log-in, letters, documents, answer, end."""
    environ = {**os.environ, "PLI_INSTANCE": stack.instance.name}
    played = subprocess.run(
        [sys.executable, "-m", "demo"], env=environ, capture_output=True, text=True, check=False
    )
    assert played.returncode == 0, played.stdout[-2000:] + played.stderr[-2000:]
    kept = json.loads((stack.instance.places.root / "demo.json").read_text())
    return [*_of_the_patient(), *_of_the_letters(), *_of_the_others(), kept["password"]]


def _of_the_patient() -> Iterator[str]:
    yield from (INAYA.given_name, INAYA.family_name, INAYA.ins, INAYA.ins[:13], INAYA.email, INAYA.phone)
    yield from (INAYA.phone.removeprefix("+33"), INAYA.identifier, INAYA.mailbox, "14/06/1988", "1988-06-14")


def _of_the_letters() -> Iterator[str]:
    yield from (demo_people.SUBJECT, "Préparation", "rendez-vous", "Évry", demo_people.PDF_NAME, "IHE_XDM")
    yield from (
        "Résultats",
        "Profil médical",
        "InayaMichel",
        "Lévothyrox",
        "Vitamine D",
        "Pénicilline",
        "biologie",
    )
    yield from ("traitements en cours", "solliciter", "Secrétaire")


def _of_the_others() -> Iterator[str]:
    for person in PROFESSIONALS:
        yield person.address
        yield from (word for word in person.name.split() if len(word) > 3)


@pytest.fixture(scope="module")
def codes(stack: Stack, secrets: list[str], began: datetime) -> set[str]:
    """The one-time codes that were sent meanwhile."""
    catcher = Catcher(f"http://localhost:{stack.ports['mail-web']}")
    mails = [*catcher.mails(INAYA.email), *catcher.mails(sms_box(INAYA.phone))]
    catcher.close()
    found = {code for mail in mails if mail.at >= began and (code := code_in(mail))}
    assert found
    return found


def _seen_in(text: str, secrets: Iterable[str]) -> list[str]:
    folded = text.lower()
    return [secret for secret in secrets if secret.lower() in folded or _escaped(secret) in folded]


def _escaped(secret: str) -> str:
    """As JSON without its accents writes it."""
    return json.dumps(secret)[1:-1].lower()


def test_the_search_finds_what_is_there(observer: Observer, secrets: list[str]) -> None:
    values = [
        (record.value or b"").decode() for record in observer.records(["messaging.intake", "auth.patients"], {})
    ]
    assert {INAYA.mailbox, INAYA.family_name, demo_people.CHRISTELLE.address} <= set(
        _seen_in("\n".join(values), secrets)
    )


def test_logs_hold_nothing_personal(stack: Stack, secrets: list[str], codes: set[str]) -> None:
    logs = sorted(stack.instance.places.logs.glob("*"))
    assert {"access.log", "auth.log", "messaging-smtp.log", "notifier.log", "kafka.log"} <= {
        log.name for log in logs
    }
    for log in logs:
        text = log.read_text(errors="replace")
        assert _seen_in(text, secrets) == [], log.name
        assert codes & set(NUMBERS.findall(text)) == set(), log.name


@pytest.mark.parametrize("process", MEASURED)
def test_metrics_hold_nothing_personal(stack: Stack, secrets: list[str], codes: set[str], process: str) -> None:
    answer = httpx.get(f"http://127.0.0.1:{stack.ports[process]}/metrics", timeout=60.0)
    assert answer.status_code == 200
    assert _seen_in(answer.text, secrets) == []
    assert codes & set(re.findall(r'"([0-9]{6})"', answer.text)) == set()


def test_envelopes_on_the_bus_hold_nothing_personal(
    observer: Observer, secrets: list[str], codes: set[str]
) -> None:
    ends = dict.fromkeys(observer.ends([topic.name for topic in TOPICS]), 0)
    for record in observer.records([topic.name for topic in TOPICS], ends):
        outside = [record.key or b"", *record.headers.values(), *(name.encode() for name in record.headers)]
        text = b"\n".join(outside).decode(errors="replace")
        assert _seen_in(text, secrets) == [], record.topic
        assert not any(code in outside for code in map(str.encode, codes))


def test_audit_events_hold_ids_only(observer: Observer, secrets: list[str], codes: set[str]) -> None:
    audits = [topic.name for topic in TOPICS if topic.name.endswith(".audit")]
    records = observer.records(audits, {})
    assert records
    for record in records:
        text = (record.value or b"").decode()
        assert _seen_in(text, secrets) == [], record.topic
        assert not any(f'"{code}"' in text for code in codes)


def test_codes_are_sealed_on_the_bus(observer: Observer, codes: set[str]) -> None:
    for record in observer.records(["auth.codes"], {}):
        assert not any(code.encode() in (record.value or b"") for code in codes)


def test_notices_and_their_addresses_name_nobody(stack: Stack, secrets: list[str], began: datetime) -> None:
    catcher = Catcher(f"http://localhost:{stack.ports['mail-web']}")
    notices = [
        mail for mail in catcher.mails(INAYA.email) if mail.at >= began and "nouveau message" in mail.subject
    ]
    catcher.close()
    assert notices
    medical = [*_of_the_letters(), *_of_the_others(), INAYA.ins, INAYA.identifier]
    for notice in notices:
        words = "\n".join((notice.subject, notice.body("plain"), notice.body("html")))
        assert _seen_in(words, medical) == []
