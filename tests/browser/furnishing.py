"""A patient whose space has something of everything: what the pages' tests and the pictures look at."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO

from PIL import Image, ImageDraw

from demo import people
from demo.catcher import Catcher, Mail
from demo.letters import File, Letter, Person
from demo.patient import Patient, log_in
from demo.professional import MailClient
from demo.visitor import Page, Visitor

SOON_S = 90.0
POLL_S = 0.2

ANGELIQUE = Person("Angélique Delaunay", "angelique.delaunay@cabinet.mssante.fr")
LALLEMAND = Person("Dr Jean-Christophe Lallemand", "jc.lallemand@hopital.mssante.fr")
KEPT = "Résultats examen juin"
LONG_SUBJECT = (
    "Vos résultats d'analyses du Dr Paul André, chef de service département de gynécologie "
    "des hôpitaux universitaires Paris Île de France"
)
ENTRIES = {
    "maladies": [{"Maladie ou sujet de santé": "Maladie de Crohn, depuis 2015"}],
    "traitements": [
        {"Nom du traitement": name, "Dose": dose, "Depuis": since} for name, dose, since in people.TREATMENTS
    ],
    "allergies": [{"Allergie": people.ALLERGY}],
    "vaccinations": [{"Vaccination": "Diphtérie, tétanos, poliomyélite : rappel en 2023"}],
}


@dataclass
class Space:
    """A patient's space and the addresses of what is in it, by what they show.

    `other` is somebody whose log-in is begun, and never finished.
    """

    patient: Patient
    other: Patient
    addresses: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        return self.addresses[name]


@dataclass
class Furnisher:
    """Fills a space by writing letters and pressing real buttons, without a browser."""

    space: Space
    visitor: Visitor
    mail_client: Callable[[Person], MailClient]
    catcher: Catcher

    @property
    def _me(self) -> Person:
        return Person(self.space.patient.name, self.space.patient.mailbox)

    def note(self, name: str, page: Page) -> Page:
        """Remember where this page is."""
        self.space.addresses[name] = page.url.removeprefix(self.visitor.origin)
        return page

    def write(self, letter: Letter) -> Page:
        """Send a letter; its conversation, as soon as it can be read."""
        self.mail_client(letter.sender).send(letter, [self._me.address])
        return self.eventually(self._conversation(letter.subject), lambda page: page.says(letter.subject))

    def _conversation(self, subject: str) -> Callable[[], Page]:
        def look() -> Page:
            mailbox = self.visitor.get("/messagerie")
            return mailbox.follow(subject) if any(subject in words for words in mailbox.links()) else mailbox

        return look

    def eventually(self, look: Callable[[], Page], holds: Callable[[Page], bool]) -> Page:
        """Look again until it holds. Raises what the page said instead after `SOON_S` seconds."""
        give_up = time.monotonic() + SOON_S
        while not holds(page := look()):
            if time.monotonic() > give_up:
                raise AssertionError(f"did not come: {page.text[:500]}")
            time.sleep(POLL_S)
        return page

    def fill_the_profile(self) -> None:
        """Entries in four sections; the fifth stays empty."""
        for section, entries in ENTRIES.items():
            for entry in entries:
                self.visitor.get(f"/profil/{section}/nouveau").press("Enregistrer", entry)
        self.note("section", self.visitor.get("/profil/traitements"))
        self.note("entry", self.visitor.get("/profil/traitements").follow("Modifier"))
        self.note("removal", self.visitor.get("/profil/traitements").follow("Retirer"))

    def end_an_exchange(self) -> None:
        """Angélique writes, is answered by a draft, and ends the exchange."""
        letter = Letter(
            sender=ANGELIQUE,
            to=[self._me],
            subject="Votre ordonnance",
            text="Bonjour Inaya,\n\nVoici votre ordonnance.\n\nBonne journée,\n\nAngélique Delaunay\n",
            files=[File(name="Ordonnance_IMichel.png", media_type="image/png", content=_prescription())],
        )
        conversation = self.note("ended", self.write(letter))
        self.note("picture", conversation.follow("Ordonnance_IMichel.png"))
        draft = conversation.press("Répondre")
        self.note("blocked-draft", draft.press("Enregistrer le brouillon", {"Mon message": "Bonjour,\n\nMerci."}))
        self.mail_client(ANGELIQUE).end_exchange(self._me)
        here = self.space["ended"]
        self.eventually(lambda: self.visitor.get(here), lambda page: page.says("a mis fin à vos échanges"))

    def answer_the_laboratory(self) -> None:
        """A letter of plain text with a text file, answered."""
        letter = Letter(
            sender=people.LABO,
            to=[self._me],
            subject="12234567890_PCR_résultats",
            text="Bonjour,\n\nVos résultats sont disponibles.\n\nLabo BioPCR Orly\n",
            files=[File(name="résultats.txt", media_type="text/plain", content="PCR : négatif\n".encode())],
        )
        conversation = self.note("answered", self.write(letter))
        self.note("text", conversation.follow("résultats.txt"))
        conversation.press("Répondre").press("Envoyer", {"Mon message": "Bonjour,\n\nMerci beaucoup.\n\nInaya"})
        self.eventually(
            lambda: self.visitor.get(self.space["answered"]), lambda page: page.says("Remis au serveur")
        )

    def write_two_versions(self) -> None:
        """A letter whose plain version says more than its HTML, and that asks for answers elsewhere."""
        letter = Letter(
            sender=people.LABO,
            to=[self._me],
            subject="Votre bilan sanguin",
            text="Bonjour,\n\nFerritine : 12 µg/L (usuel : 15 à 150)\n\nLabo BioPCR Orly\n",
            html="<p>Bonjour,</p><p>Vos résultats sont dans la version texte.</p><p>Labo BioPCR Orly</p>",
            headers=(("Reply-To", "resultats@labo.example"),),
        )
        self.note("two-versions", self.write(letter))

    def write_in_vain(self) -> None:
        """An answer to two: one read it, and asked for a receipt herself; the other's server sends it back."""
        letter = Letter(
            sender=people.MARIE,
            to=[self._me],
            cc=[LALLEMAND],
            subject="Votre prochaine consultation",
            text="Bonjour Inaya,\n\nÊtes-vous libre jeudi ?\n\nMarie Chanteau\n",
            headers=(("Disposition-Notification-To", people.MARIE.address),),
        )
        conversation = self.note("undelivered", self.write(letter))
        conversation.press("Répondre à tous").press("Envoyer", {"Mon message": "Bonjour,\n\nOui.\n\nInaya"})
        marie, lallemand = self.mail_client(people.MARIE), self.mail_client(LALLEMAND)
        lallemand.sends_back(lallemand.wait_for_answer(letter.message_id, SOON_S), self._me.address)
        marie.acknowledges(marie.wait_for_answer(letter.message_id, SOON_S), self._me.address)
        here = self.space["undelivered"]
        self.eventually(lambda: self.visitor.get(here), lambda page: page.says("Non remis") and page.says("Lu le"))

    def keep_a_document(self) -> None:
        """Christelle's letter, its PDF kept among the documents."""
        conversation = self.note("letter", self.write(people.letter_with_results()))
        pdf = self.note("pdf", conversation.follow(people.PDF_NAME))
        self.note("zip", conversation.follow("IHE_XDM.zip"))
        self.note("structured", conversation.follow("Lire"))
        dialog = self.note("keep", pdf.follow("Ajouter à mes documents santé"))
        state = dialog.press("Ajouter", {"Nom du document": KEPT, "Type de document": "biologie"})
        self.note("kept", state)
        self.eventually(lambda: self.visitor.get(self.space["kept"]), lambda page: page.says("Document ajouté"))
        self.note("document", self.visitor.get("/documents").follow(KEPT))

    def begin_an_answer(self) -> None:
        """A draft to Christelle with a document and the profile."""
        draft = self.visitor.get(self.space["letter"]).press("Répondre")
        self.note("draft", draft.press("Enregistrer le brouillon", {"Mon message": people.REPLY}))
        sources = self.note("add", self.visitor.get(self.space["draft"]).press("Ajouter un document"))
        self.note("device", sources.follow("Mon appareil"))
        picker = self.note("picker", sources.follow("Documents de santé"))
        draft = picker.press("Ajouter", {KEPT: True}).press("Ajouter mon profil médical")
        waiting = "Un document est en préparation"
        self.eventually(lambda: self.visitor.get(self.space["draft"]), lambda page: not page.says(waiting))

    def throw_away(self) -> None:
        """A conversation in the trash."""
        letter = Letter(
            sender=people.LABO, to=[self._me], subject="Rappel de rendez-vous", text="Bonjour,\n\nÀ demain.\n"
        )
        conversation = self.write(letter)
        conversation.follow("Supprimer la conversation").press("Supprimer")
        self.note("trashed", self.visitor.get("/messagerie/corbeille").follow(letter.subject))

    def leave_some_unread(self) -> None:
        """Two letters nobody has opened, one with a subject longer than its row."""
        for sender, subject in ((LALLEMAND, "Résultats analyse sanguines"), (people.DUPOND, LONG_SUBJECT)):
            text = f"Bonjour Inaya,\n\nAucune inquiétude.\n\nPassez une belle journée,\n\n{sender.name}\n"
            self.mail_client(sender).send(
                Letter(sender=sender, to=[self._me], cc=[people.CHRISTELLE], subject=subject, text=text),
                [self._me.address],
            )
            self.eventually(lambda: self.visitor.get("/messagerie"), lambda page, who=sender.name: page.says(who))

    def open_a_notice(self) -> None:
        """The browser's view of an e-mail that announced a letter."""
        mail = self.catcher.wait(self.space.patient.email, lambda mail: bool(_view_in(mail)), SOON_S)
        self.space.addresses["notice"] = f"/notifications/{_view_in(mail)}"


def _view_in(mail: Mail) -> str | None:
    found = re.search(r"/notifications/([^\"\s]+)", mail.body("html"))
    return found[1] if found else None


def furnish(space: Space, origin: str, catcher: Catcher, mail_client: Callable[[Person], MailClient]) -> Space:
    """Fill this patient's space."""
    with Visitor(origin, timeout=60.0) as visitor:
        log_in(visitor, space.patient, catcher)
        furnisher = Furnisher(space, visitor, mail_client, catcher)
        furnisher.note("welcome", visitor.get("/messagerie").follow("Bienvenue dans votre messagerie"))
        furnisher.fill_the_profile()
        furnisher.end_an_exchange()
        furnisher.answer_the_laboratory()
        furnisher.write_two_versions()
        furnisher.write_in_vain()
        furnisher.keep_a_document()
        furnisher.begin_an_answer()
        furnisher.throw_away()
        furnisher.leave_some_unread()
        furnisher.open_a_notice()
    return space


def _prescription() -> bytes:
    sheet = Image.new("L", (900, 1200), 255)
    pen = ImageDraw.Draw(sheet)
    pen.text((80, 80), "A. Delaunay\nSage-femme\n\nOrdonnance", fill=0, font_size=32)
    pen.text((80, 420), "Vitamine D : une ampoule par trimestre", fill=0, font_size=28)
    kept = BytesIO()
    sheet.save(kept, "PNG", optimize=True)
    return kept.getvalue()
