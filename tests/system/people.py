"""Patients of these tests: invented anew for each, so that tests run in any order and any number of times."""

import random
import secrets
from dataclasses import dataclass

from demo.catcher import Catcher
from demo.letters import Person
from demo.patient import Patient, activate, another, invite, log_in
from demo.visitor import Page, Visitor
from stack.control import Stack
from tests.system.observer import Observer
from tests.system.waiting import until

DOCTOR = Person("Dr Élodie Lefèvre", "elodie.lefevre@cabinet.mssante.fr")
SURGEON = Person("Pr Jean-Noël Müller", "jn.muller@hopital.mssante.fr")
SECRETARY = Person("Agnès Garçon", "agnes.garcon@cabinet.mssante.fr")
LAB = Person("Laboratoire de l'Île", "resultats@labo.mssante.fr")
NURSE = Person("Aïcha Benoît", "aicha.benoit@hopital.mssante.fr")
PROFESSIONALS = (DOCTOR, SURGEON, SECRETARY, LAB, NURSE)


@dataclass(frozen=True)
class Newcomer:
    """A patient who has just activated their space, with a browser of their own."""

    patient: Patient
    id: str
    visitor: Visitor
    catcher: Catcher

    @property
    def mailbox(self) -> str:
        """Where professionals write to."""
        return self.patient.mailbox

    def log_in(self) -> Page:
        """Identifier, password, and the code that arrives by e-mail."""
        page = log_in(self.visitor, self.patient, self.catcher)
        assert page.says(f"Bonjour {self.patient.given_name}"), page.text[:400]
        return page


class People:
    """Invites patients, and closes their browsers in the end."""

    def __init__(self, stack: Stack, observer: Observer) -> None:
        self._stack = stack
        self._observer = observer
        self._catcher = Catcher(f"http://localhost:{stack.ports['mail-web']}")
        self._visitors: list[Visitor] = []

    def newcomer(self, *, logged_in: bool = True) -> Newcomer:
        """A patient nobody has seen before, whose mailbox is open."""
        patient = another(random.randrange(10, 100_000), f"Pli-{secrets.token_urlsafe(9)}")
        code = invite(patient, self._stack.env("auth"))
        visitor = self.browser()
        activate(visitor, patient, code)
        found = Newcomer(patient, self._known(patient), visitor, self._catcher)
        if logged_in:
            found.log_in()
        return found

    def browser(self) -> Visitor:
        """A browser without any cookie."""
        visitor = Visitor(f"http://localhost:{self._stack.ports['gateway']}", timeout=30.0)
        self._visitors.append(visitor)
        return visitor

    def _known(self, patient: Patient) -> str:
        """The patient's id, once messaging and the notifier know them."""
        rows = self._observer.database("messaging")["patients"]
        row = until(lambda: rows.find_one({"mailbox_address": patient.mailbox}), what="the patient in messaging")
        assert row is not None
        notifier = self._observer.database("notifier")["patients"]
        until(lambda: notifier.find_one({"_id": row["_id"]}), what="the patient in the notifier")
        return str(row["_id"])

    def close(self) -> None:
        """Close every browser."""
        for visitor in self._visitors:
            visitor.__exit__()
        self._catcher.close()
