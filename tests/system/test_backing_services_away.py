"""A backing service away is waited for: the door says 451, pages what isn't available; all mends itself."""

import time
from collections.abc import Iterator

import pytest

from demo.visitor import Page
from stack.control import Stack
from tests.system.mail import MailServer, letter
from tests.system.observer import DEAD_LETTERS, Observer
from tests.system.outages import answered_within, frozen, is_live, is_ready, told, without
from tests.system.people import DOCTOR, NURSE, Newcomer, People
from tests.system.waiting import until
from tests.system.wire import Wire

pytestmark = pytest.mark.stack

LOWERED_S = 4
"""`max_poll_interval_ms` of the worker in these tests; the outage takes three times that."""
DOOR_ANSWERS_S = 5.0
"""The door's own limits add up to 2 s; the rest is for a busy machine."""
PAGE_ANSWERS_S = 12.0
FROZEN_ANSWERS_S = 8.0
"""The promise is two seconds; without a watch over them the store's patience is twenty, the objects' forty."""
NOT_AVAILABLE = "momentanément indisponible"
SERVICES = (
    "auth", "messaging-web", "messaging-worker", "messaging-smtp", "documents", "synthesis", "notifier",
)  # fmt: skip
NEEDS = {
    "mongodb": SERVICES,
    "kafka": ("messaging-worker", "messaging-smtp", "notifier"),
    "minio": ("messaging-smtp",),
}


@pytest.fixture
def patient(people: People) -> Newcomer:
    """Logged in, with one letter."""
    return people.newcomer()


@pytest.fixture
def server(stack: Stack) -> MailServer:
    """A professional's."""
    return MailServer(stack.ports["door"])


@pytest.fixture
def wire(stack: Stack) -> Iterator[Wire]:
    """A connection to the door."""
    with Wire(stack.ports["door"]) as found:
        yield found


def _count(observer: Observer, message_id: str) -> int:
    return observer.database("messaging")["messages"].count_documents({"message_id": message_id})


def _has_arrived(observer: Observer, message_id: str) -> None:
    until(lambda: _count(observer, message_id), lambda count: count == 1, what="the letter in its mailbox")


def test_a_store_away_for_longer_than_a_handler_may_take_is_waited_for(
    stack: Stack, observer: Observer, patient: Newcomer, server: MailServer
) -> None:
    dead_before = observer.ends(DEAD_LETTERS)
    with told(stack, "messaging-worker", PLI_MAX_POLL_INTERVAL_MS=str(LOWERED_S * 1000)):
        worker = stack.pid("messaging-worker")
        first = letter(DOCTOR, [patient], "Avant la panne")
        server.deliver(first)
        _has_arrived(observer, first.message_id)
        meanwhile = [letter(DOCTOR, [patient], f"Pendant la panne {number}") for number in range(5)]

        with without(stack, "mongodb"):
            gone = time.monotonic()
            for each in meanwhile:
                server.deliver(each, within=20.0)
            until(lambda: not is_ready(stack, "messaging-worker"), what="the worker says that it waits")
            until(lambda: time.monotonic() - gone > 3 * LOWERED_S, what="the outage")

        for each in meanwhile:
            _has_arrived(observer, each.message_id)
        until(observer.unfinished, lambda left: not left, what="everything done")
        assert stack.pid("messaging-worker") == worker
    assert observer.records(DEAD_LETTERS, dead_before) == []
    assert [_count(observer, each.message_id) for each in meanwhile] == [1] * len(meanwhile)


@pytest.mark.parametrize("away", ["kafka", "minio"])
def test_the_door_answers_451_to_a_letter_it_could_not_keep(
    stack: Stack, observer: Observer, patient: Newcomer, wire: Wire, server: MailServer, away: str
) -> None:
    refused = letter(DOCTOR, [patient], "Pas maintenant")
    with without(stack, away):
        for _ in range(2):
            wire.envelope(DOCTOR.address, [patient.mailbox])
            with answered_within(DOOR_ANSWERS_S, "451"):
                assert wire.data(refused.content.removesuffix(b"\r\n")).startswith("451")

    server.deliver(refused)
    _has_arrived(observer, refused.message_id)
    until(observer.unfinished, lambda left: not left, what="everything done")
    assert _count(observer, refused.message_id) == 1


def test_without_the_store_the_door_takes_letters_for_those_it_remembers_only(
    stack: Stack, observer: Observer, people: People, patient: Newcomer, wire: Wire, server: MailServer
) -> None:
    stranger = people.newcomer(logged_in=False)
    known, unknown = (letter(NURSE, [one], "Sans le magasin") for one in (patient, stranger))
    server.deliver(letter(NURSE, [patient], "Pour être connu"))
    with without(stack, "mongodb"):
        wire.say(f"MAIL FROM:<{NURSE.address}>")
        with answered_within(DOOR_ANSWERS_S, "451"):
            assert wire.say(f"RCPT TO:<{stranger.mailbox}>").startswith("451")
        assert wire.say(f"RCPT TO:<{patient.mailbox}>").startswith("250")
        assert wire.data(known.content.removesuffix(b"\r\n")).startswith("250")

    server.deliver(unknown)
    for each in (known, unknown):
        _has_arrived(observer, each.message_id)


@pytest.mark.parametrize("away", NEEDS)
def test_readiness_is_false_while_it_is_away_and_true_again_after(stack: Stack, away: str) -> None:
    with without(stack, away):
        for process in NEEDS[away]:
            until(lambda: not is_ready(stack, process), what=f"{process} says so")  # noqa: B023
            assert is_live(stack, process)
    for process in SERVICES:
        until(lambda: is_ready(stack, process), what=f"{process} works again")  # noqa: B023


@pytest.mark.parametrize("path", ["/messagerie", "/documents", "/profil"])
def test_pages_without_the_store_say_so_and_come_back_by_themselves(
    stack: Stack, patient: Newcomer, path: str
) -> None:
    assert patient.visitor.get(path).status == 200
    with without(stack, "mongodb"):
        with answered_within(PAGE_ANSWERS_S, path):
            page = patient.visitor.get(path)
        assert page.status == 503
        assert page.says(NOT_AVAILABLE)
        with answered_within(PAGE_ANSWERS_S, "the home page"):
            assert patient.visitor.get("/").status in (200, 503)
    until(lambda: patient.visitor.get(path).status, lambda status: status == 200, what=f"{path} again")


def test_nobody_waits_for_a_store_that_holds_its_connections_and_says_nothing(
    stack: Stack, observer: Observer, people: People, patient: Newcomer, server: MailServer
) -> None:
    sent = letter(DOCTOR, [patient], "Répondez-moi")
    server.deliver(sent)
    _has_arrived(observer, sent.message_id)
    conversation = patient.visitor.get("/messagerie").follow(DOCTOR.name)
    draft, stranger = conversation.press("Répondre"), people.browser()
    paths = ("/messagerie", conversation.url, draft.url, "/", "/compte/preferences", "/documents", "/profil")
    known = {"Mon identifiant": patient.patient.identifier, "Mon mot de passe": patient.patient.password}
    with frozen(stack, "mongodb"):
        for path in paths:
            with answered_within(FROZEN_ANSWERS_S, path):
                page = patient.visitor.get(path)
            assert (page.status, page.says(NOT_AVAILABLE)) == (503, True)
        with answered_within(FROZEN_ANSWERS_S, "the log-in"):
            log_in = stranger.get("/connexion")
            refused = log_in.press("Continuer", known)
        assert (log_in.status, refused.status, refused.says(NOT_AVAILABLE)) == (200, 503, True)
        with answered_within(FROZEN_ANSWERS_S, "an answer"):
            assert draft.press("Envoyer", {"Mon message": f"Reçu {sent.token}"}).status == 503
    for path in paths:
        until(lambda: patient.visitor.get(path).status, lambda status: status == 200, what=f"{path} again")  # noqa: B023
    assert draft.press("Envoyer", {"Mon message": f"Reçu {sent.token}"}).says("Message envoyé")
    until(observer.unfinished, lambda left: not left, what="everything done")
    assert observer.database("messaging")["consignments"].count_documents({"patient_id": patient.id}) == 1


def test_without_the_objects_letters_are_read_and_only_files_are_not_available(
    stack: Stack, observer: Observer, patient: Newcomer, server: MailServer
) -> None:
    sent = letter(DOCTOR, [patient], "Avec une pièce", file=b"0123456789" * 1000)
    server.deliver(sent)
    _has_arrived(observer, sent.message_id)
    file = patient.visitor.get("/messagerie").follow(DOCTOR.name).follow("relevé.bin")
    with without(stack, "minio"):
        conversation = patient.visitor.get("/messagerie").follow(DOCTOR.name)
        assert conversation.says(sent.token)
        for download in (file.address("Télécharger"), conversation.address("Télécharger le message d'origine")):
            with answered_within(PAGE_ANSWERS_S, "the download"):
                refused = patient.visitor.get(download)
            assert refused.status == 503
            assert refused.says(NOT_AVAILABLE)
    until(lambda: file.follow("Télécharger").content, lambda given: given == sent.file, what="the file again")


def test_without_the_bus_pages_work_and_an_answer_leaves_once_it_is_back(
    stack: Stack, observer: Observer, patient: Newcomer, server: MailServer
) -> None:
    sent = letter(DOCTOR, [patient], "Répondez-moi")
    server.deliver(sent)
    _has_arrived(observer, sent.message_id)
    with without(stack, "kafka"):
        for path in ("/", "/messagerie", "/documents", "/profil"):
            with answered_within(PAGE_ANSWERS_S, path):
                assert patient.visitor.get(path).status == 200
        draft = patient.visitor.get("/messagerie").follow(DOCTOR.name).press("Répondre")
        assert draft.press("Envoyer", {"Mon message": f"Reçu {sent.token}"}).says("Message envoyé")
    patient.catcher.wait(DOCTOR.address, lambda mail: sent.token in mail.body("plain"), 60.0)
    until(observer.unfinished, lambda left: not left, what="everything done")


@pytest.mark.parametrize(
    ("process", "path", "others"),
    [
        ("messaging-web", "/messagerie", ("/documents", "/profil")),
        ("documents", "/documents", ("/messagerie", "/profil")),
        ("synthesis", "/profil", ("/messagerie", "/documents")),
    ],
)
def test_a_service_away_is_told_by_the_gateway_and_the_others_work(
    stack: Stack, patient: Newcomer, process: str, path: str, others: tuple[str, ...]
) -> None:
    with without(stack, process):
        with answered_within(PAGE_ANSWERS_S, path):
            page: Page = patient.visitor.get(path)
        assert page.status in (502, 503)
        assert page.says("indisponible")
        assert [patient.visitor.get(other).status for other in others] == [200, 200]
    until(lambda: patient.visitor.get(path).status, lambda status: status == 200, what=f"{path} again")
