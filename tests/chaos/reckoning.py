"""What is wrong after a storm, in words: nothing may be. Read from the stores themselves, not through Pli."""

import hashlib
from collections import Counter
from collections.abc import Iterator

from demo.catcher import Catcher, Mail
from stack.control import Stack
from tests.system.observer import DEAD_LETTERS, Observer
from tests.system.storm import Storm

NOTICE = "Vous avez un nouveau message"


def complaints(storm: Storm, stack: Stack, observer: Observer) -> list[str]:
    """Everything that is lost, there twice, in a wrong mailbox or left behind."""
    catcher = Catcher(f"http://localhost:{stack.ports['mail-web']}")
    mails = [mail for mail in catcher.mails() if mail.at >= storm.began]
    catcher.close()
    return [
        *_letters(storm, observer),
        *_counters(storm, observer),
        *_replies(storm, mails),
        *_notices(storm, mails),
        *(
            f"a dead letter: {record.topic}"
            for record in observer.records(DEAD_LETTERS, storm.dead_letters_before)
        ),
        *(f"left undone: {name} {count}" for name, count in observer.unfinished().items()),
    ]


def _letters(storm: Storm, observer: Observer) -> Iterator[str]:
    """Each letter is in the mailboxes of its recipients, once, byte for byte, and in no other."""
    messages = observer.database("messaging")["messages"]
    for newcomer in storm.patients:
        sent = {letter.message_id: letter for letter in storm.letters_to(newcomer)}
        rows = list(messages.find({"patient_id": newcomer.id, "kind": "letter"}))
        found = Counter(row["message_id"] for row in rows)
        yield from (f"lost: {message_id}" for message_id in sent.keys() - found.keys())
        yield from (f"in a wrong mailbox: {message_id}" for message_id in found.keys() - sent.keys())
        yield from (f"twice: {message_id}" for message_id, times in found.items() if times > 1)
        for row in rows:
            letter = sent.get(row["message_id"])
            if letter is None:
                continue
            if observer.sha256(row["raw_key"]) != letter.sha256:
                yield f"other bytes: {letter.message_id}"
            files = [] if letter.file is None else [hashlib.sha256(letter.file).hexdigest()]
            if [observer.sha256(file["object_key"]) for file in row["attachments"]] != files:
                yield f"other files: {letter.message_id}"


def _counters(storm: Storm, observer: Observer) -> Iterator[str]:
    store = observer.database("messaging")
    for newcomer in storm.patients:
        box = store["mailboxes"].find_one({"_id": newcomer.id}) or {}
        messages = list(store["messages"].find({"patient_id": newcomer.id}, {"kind": 1, "conversation_id": 1}))
        rows = list(store["conversations"].find({"patient_id": newcomer.id}, {"messages": 1}))
        if box.get("letters") != sum(one["kind"] == "letter" for one in messages):
            yield f"letters miscounted: {newcomer.id}"
        if box.get("conversations") != len(rows):
            yield f"conversations miscounted: {newcomer.id}"
        if {one["conversation_id"] for one in messages} != {row["_id"] for row in rows}:
            yield f"a message without its conversation: {newcomer.id}"


def _replies(storm: Storm, mails: list[Mail]) -> Iterator[str]:
    """Each answer that was said to be sent arrives, once by Message-ID, from its own patient."""
    bodies = [(mail, mail.body("plain")) for mail in mails if not mail.subject.startswith(NOTICE)]
    for newcomer, text in storm.answered:
        arrived = [mail for mail, body in bodies if text in body]
        if len({mail.message_id for mail in arrived}) != 1:
            yield f"a reply arrived {len({mail.message_id for mail in arrived})} times: {text}"
        if any(newcomer.mailbox not in str(mail.message["From"]) for mail in arrived):
            yield f"a reply in another's name: {text}"


def _notices(storm: Storm, mails: list[Mail]) -> Iterator[str]:
    """Each letter is announced, once by Message-ID."""
    notices = [mail for mail in mails if mail.subject.startswith(NOTICE)]
    for newcomer in storm.patients:
        told = {mail.message_id for mail in notices if newcomer.patient.email in mail.to}
        if len(told) != len(storm.letters_to(newcomer)):
            yield f"{len(told)} notices for {len(storm.letters_to(newcomer))} letters: {newcomer.id}"
