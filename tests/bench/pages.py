"""What a patient waits for: log-in, mailbox, the profile's PDF, draft and send; one visitor at a time."""

import secrets
import smtplib
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from argon2 import PasswordHasher
from pymongo import MongoClient

from chassis.ids import new_id
from demo.catcher import Catcher
from demo.patient import activate, another, invite, log_in
from demo.people import ALLERGY
from demo.visitor import Page, Visitor
from tests.bench.figures import Figure
from tests.bench.floors import COLLECTIONS, DURABLE
from tests.bench.ground import Ground, helper, until
from tests.bench.letters import SENDER, Mould, report

FIRST_NUMBER = 90_000
"""The patients of this module have numbers from here on."""
LETTERS = 60
_LOG_INS = 8
_VIEWS = 30
_REPLIES = 12
_TEXT = "Bonjour,\n\nMerci pour ces résultats. Je viendrai au rendez-vous.\n\nBien à vous"


class Visit:
    """One patient of flesh and blood, invited, activated, with a mailbox that fills a page."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._site = f"http://localhost:{ground.stack.ports['gateway']}"
        self._visitor = Visitor(self._site, timeout=60.0)
        number = FIRST_NUMBER + secrets.randbelow(9_000)
        self._patient = another(number, f"Pli-{secrets.token_urlsafe(12)}")
        self._store: MongoClient[dict[str, Any]] = _store(ground)
        self._database = self._store[ground.stores().database]

    def enter(self, letters: int = LETTERS) -> None:
        """Become a patient with letters, logged in."""
        code = invite(self._patient, self._ground.stack.env("auth"))
        activate(self._visitor, self._patient, code)
        until(self._gets_a_letter, what="the mailbox's opening")
        self._ground.send(letters=letters, recipients=[self._patient.mailbox])
        until(lambda: self._count() > letters, what="the last letter")
        log_in(self._visitor, self._patient, self._catcher())

    def _catcher(self) -> Catcher:
        return Catcher(f"http://localhost:{self._ground.stack.ports['mail-web']}")

    def _gets_a_letter(self) -> bool:
        try:
            self._ground.send(letters=1, connections=1, recipients=[self._patient.mailbox])
        except RuntimeError:
            return False
        return True

    def patient_id(self) -> str:
        """The patient whose visit this is."""
        found = self._database["patients"].find_one({"mailbox_address": self._patient.mailbox})
        assert found is not None
        return str(found["_id"])

    def _count(self) -> int:
        return int(self._database["mailboxes"].find_one({"_id": self.patient_id()})["letters"])  # type: ignore[index]

    def mailbox(self) -> Figure:
        """The list of conversations, its first page."""
        first_page = {"patient_id": self.patient_id()}
        conversations = self._database["conversations"]

        def query() -> None:
            found = list(conversations.find(first_page).sort([("last_activity_at", -1), ("_id", -1)]).limit(51))
            assert len(found) == 51

        pages = timed(_VIEWS, lambda: self.shows("/messagerie", SENDER.name))
        return _figure("mailbox page", pages, timed(_VIEWS, query), "one indexed query")

    def shows(self, path: str, words: str = "") -> Page:
        """A page that is there and says this."""
        page = self._visitor.get(path)
        assert page.status == 200 and page.says(words), page.text[:300]
        return page

    def answers(self, path: str) -> int:
        """The status of a page."""
        return self._visitor.get(path).status

    def conversations(self, most: int) -> list[str]:
        """The addresses of conversations of the first page that a professional began."""
        links = self._visitor.get("/messagerie").links().items()
        return [url for words, url in links if "Docteur" in words and "/messagerie/conversations/" in url][:most]

    def large_letter(self, size: int) -> str:
        """Get a letter of this size; where its original is downloaded."""
        before = self._count()
        self._ground.send(letters=1, connections=1, size=size, recipients=[self._patient.mailbox])
        until(lambda: self._count() > before, what="the large letter")
        found = self._database["messages"].find_one({"patient_id": self.patient_id(), "size": {"$gt": size // 2}})
        assert found is not None
        return f"/messagerie/messages/{found['_id']}/lettre.eml"

    def begin_reply(self) -> str:
        """Press "Répondre" in a conversation; where the draft is."""
        (address,) = self.conversations(1)
        return urlsplit(self._visitor.get(address).press("Répondre").url).path

    def cookies(self) -> str:
        """What a browser of this visit sends, as a header."""
        return self._visitor.cookies.for_path("/messagerie")

    def profile(self) -> Figure:
        """The PDF of the profile."""
        form = self._visitor.get("/profil/allergies/nouveau")
        form.press("Enregistrer", {"Allergie": ALLERGY})

        def pdf() -> None:
            assert self._visitor.get("/profil/synthese").content.startswith(b"%PDF-")

        return _figure("profile as PDF", timed(_VIEWS, pdf), timed(_VIEWS, report), "Typst on a fixed file")

    def replies(self, notes: Path) -> Figure:
        """An answer: "Répondre", then "Envoyer" with a text."""
        addresses = self.conversations(_REPLIES)
        conversations = iter([self._visitor.get(address) for address in addresses])

        def reply() -> None:
            sent = next(conversations).press("Répondre").press("Envoyer", {"Mon message": _TEXT})
            assert sent.says("Message envoyé"), sent.text[:300]

        replies = timed(len(addresses), reply)
        with helper("sink", str(notes)) as (port, _):
            client = smtplib.SMTP("127.0.0.1", port)
            bare = Mould.of(self._patient.mailbox, 4_000).content
            floors = timed(len(replies) + 1, lambda: self._bare(client, bare))
        return _figure("draft and send", replies, floors, "two documents + SMTP sink")

    def _bare(self, client: smtplib.SMTP, content: bytes) -> None:
        with self._store.start_session() as session, session.start_transaction(write_concern=DURABLE):
            for name in COLLECTIONS:
                self._database[name].insert_one({"_id": new_id(), "size": len(content)}, session=session)
        client.sendmail(SENDER.address, [self._patient.mailbox], content)

    def log_ins(self) -> Figure:
        """Identifier and password; the code is waited for by people."""
        hasher = PasswordHasher()
        known = hasher.hash(self._patient.password)
        headers = {"Origin": self._site, "Sec-Fetch-Site": "same-origin", "Accept": "text/html"}
        form = {"identifier": self._patient.identifier, "password": self._patient.password}
        with httpx.Client(base_url=self._site, headers=headers, timeout=60.0) as client:

            def identify() -> None:
                answer = client.post("/connexion", data=form)
                assert answer.status_code == 303, answer.status_code

            times = timed(_LOG_INS, identify)
        floors = timed(_LOG_INS, lambda: hasher.verify(known, self._patient.password))
        return _figure("log-in", times, floors, "Argon2id alone")


def pages(ground: Ground) -> list[Figure]:
    """All of them."""
    (ground.folder / "replies.txt").touch()
    visit = Visit(ground)
    visit.enter()
    return [visit.log_ins(), visit.mailbox(), visit.profile(), visit.replies(ground.folder / "replies.txt")]


def timed(times: int, act: Callable[[], object]) -> list[float]:
    """How long it takes each time, in ms; the first time doesn't count where there are several."""
    found = []
    for _ in range(times):
        began = time.monotonic()
        act()
        found.append(1000 * (time.monotonic() - began))
    return found[1:] if len(found) > 1 else found


def _figure(name: str, values: Sequence[float], floors: Sequence[float], floor_name: str) -> Figure:
    return Figure(name=f"{name}, p50", unit="ms", values=values, floors=floors, floor_name=floor_name)


def _store(ground: Ground) -> "MongoClient[dict[str, Any]]":
    stores = ground.stores()
    return MongoClient(
        stores.mongo, username=stores.mongo_username, password=stores.mongo_password, authSource="admin"
    )
