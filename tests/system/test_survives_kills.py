"""Every process is killed in turn under traffic. What was promised is kept, and nothing needs a hand."""

import hashlib
from collections import Counter
from collections.abc import Iterator

import pytest

from demo.catcher import Catcher, Mail
from demo.visitor import Page
from stack.control import Stack
from tests.system.mail import Letter
from tests.system.observer import DEAD_LETTERS, Observer
from tests.system.people import Newcomer, People
from tests.system.storm import ANSWERS_EACH, LETTERS, PATIENTS, Storm, rage
from tests.system.waiting import until

pytestmark = pytest.mark.stack

OLDER = "Messages plus anciens"


@pytest.fixture(scope="module")
def storm(stack: Stack, people: People, observer: Observer) -> Storm:
    """Once for all these tests: it takes minutes."""
    stack.wait_ready()
    return rage(stack, people, observer)


def test_every_letter_and_every_answer_was_taken_in_the_end(storm: Storm) -> None:
    assert len(storm.taken) == LETTERS
    assert len(storm.answered) == PATIENTS * ANSWERS_EACH


def test_every_letter_answered_250_is_in_its_mailbox_exactly_once(storm: Storm, observer: Observer) -> None:
    for newcomer in storm.patients:
        rows = observer.database("messaging")["messages"].find({"patient_id": newcomer.id, "kind": "letter"})
        found = Counter(row["message_id"] for row in rows)
        assert found == Counter(letter.message_id for letter in storm.letters_to(newcomer))


def test_every_letter_is_kept_byte_for_byte(storm: Storm, observer: Observer) -> None:
    for newcomer in storm.patients:
        sent = {letter.message_id: letter for letter in storm.letters_to(newcomer)}
        for row in observer.database("messaging")["messages"].find({"patient_id": newcomer.id, "kind": "letter"}):
            expected = sent[row["message_id"]]
            assert observer.sha256(row["raw_key"]) == expected.sha256
            hashes = [observer.sha256(file["object_key"]) for file in row["attachments"]]
            assert hashes == _hashes_of_files(expected)


def _hashes_of_files(letter: Letter) -> list[str]:
    return [hashlib.sha256(letter.file).hexdigest()] if letter.file is not None else []


def test_the_site_shows_every_letter_once_and_nobody_elses(storm: Storm) -> None:
    for newcomer in storm.patients:
        text = _everything_shown_to(newcomer)
        for letter in storm.taken:
            expected = 1 if newcomer in letter.patients else 0
            assert text.count(letter.token) == expected


def _everything_shown_to(newcomer: Newcomer) -> str:
    """The text of every conversation of the list, to its oldest page."""
    links = newcomer.visitor.get("/messagerie").links().values()
    urls = {url for url in links if "/messagerie/conversations/" in url}
    pages = [page for url in sorted(urls) for page in _pages_from(newcomer.visitor.get(url))]
    assert all(page.status == 200 for page in pages)
    return "\n".join(page.text for page in pages)


def _pages_from(page: Page) -> Iterator[Page]:
    yield page
    while OLDER in page.links():
        page = page.follow(OLDER)
        yield page


def test_the_site_gives_out_the_letter_that_was_sent(storm: Storm, observer: Observer) -> None:
    for newcomer in storm.patients:
        letters = [letter for letter in storm.letters_to(newcomer) if letter.patients == (newcomer,)]
        for letter in letters[::10]:
            row = observer.database("messaging")["messages"].find_one(
                {"patient_id": newcomer.id, "message_id": letter.message_id}
            )
            assert row is not None
            original = newcomer.visitor.get(f"/messagerie/messages/{row['_id']}/lettre.eml")
            assert original.content == letter.content


def test_the_counters_say_what_is_there(storm: Storm, observer: Observer) -> None:
    store = observer.database("messaging")
    for newcomer in storm.patients:
        mailbox = store["mailboxes"].find_one({"_id": newcomer.id})
        messages = list(store["messages"].find({"patient_id": newcomer.id}))
        conversations = list(store["conversations"].find({"patient_id": newcomer.id}))
        assert mailbox is not None
        assert mailbox["letters"] == sum(one["kind"] == "letter" for one in messages)
        assert mailbox["conversations"] == len(conversations)
        assert mailbox["unread"] == sum(one["kind"] != "reply" and one["read_at"] is None for one in messages)
        assert sum(one["messages"] for one in conversations) == len(messages)
        assert {one["conversation_id"] for one in messages} == {one["_id"] for one in conversations}


@pytest.fixture(scope="module")
def mails(storm: Storm, stack: Stack) -> Iterator[list[Mail]]:
    """All that the catcher took since."""
    catcher = Catcher(f"http://localhost:{stack.ports['mail-web']}")
    yield [mail for mail in catcher.mails() if mail.at >= storm.began]
    catcher.close()


def test_every_message_envoye_arrives_once_by_message_id(storm: Storm, mails: list[Mail]) -> None:
    answers = [(mail, mail.body("plain")) for mail in mails if not _is_notice(mail)]
    for newcomer, text in storm.answered:
        arrived = [mail for mail, body in answers if text in body]
        assert len({mail.message_id for mail in arrived}) == 1, text
        assert all(newcomer.mailbox in str(mail.message["From"]) for mail in arrived)


def test_every_letter_is_announced_once_by_message_id(storm: Storm, mails: list[Mail]) -> None:
    for newcomer in storm.patients:
        announced = [mail for mail in mails if newcomer.patient.email in mail.to and _is_notice(mail)]
        assert len({mail.message_id for mail in announced}) == len(storm.letters_to(newcomer))


def _is_notice(mail: Mail) -> bool:
    return mail.subject.startswith("Vous avez un nouveau message")


def test_nothing_landed_in_dead_letters(storm: Storm, observer: Observer) -> None:
    assert observer.records(DEAD_LETTERS, storm.dead_letters_before) == []


def test_nothing_is_left_undone(storm: Storm, observer: Observer) -> None:
    until(observer.unfinished, lambda left: not left, what="everything done")
