"""The whole exchange with real bytes: each step does what a person does, and looks at what came of it."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from demo import people
from demo.catcher import Catcher, Mail
from demo.letters import Person
from demo.patient import Patient, log_in
from demo.professional import MailClient
from demo.visitor import Page, Visitor
from stack.control import Stack

SOON = 30.0
POLL_S = 0.1

Tell = Callable[[str], None]


class StoryFailed(AssertionError):
    """A step did not come out as promised."""


@dataclass
class Scene:
    """What the steps share: the running stack, the people's tools, and what has come so far."""

    stack: Stack
    inaya: Patient
    visitor: Visitor
    catcher: Catcher
    tell: Tell
    pdf_sha256: str = ""
    letter_id: str = ""
    told_before: set[str] = field(default_factory=set)
    sent_at: float = 0.0

    @classmethod
    def on(cls, stack: Stack, inaya: Patient, tell: Tell) -> "Scene":
        """Everything the steps need, on this stack."""
        return cls(
            stack=stack,
            inaya=inaya,
            visitor=Visitor(f"http://localhost:{stack.ports['gateway']}"),
            catcher=Catcher(f"http://localhost:{stack.ports['mail-web']}"),
            tell=tell,
        )

    def mail_client(self, person: Person) -> MailClient:
        """A professional's mail client, pointed at the door."""
        web = self.stack.ports["mail-web"]
        return MailClient(person, door_port=self.stack.ports["door"], catcher=f"http://localhost:{web}")

    def open_conversation(self) -> Page:
        """Christelle's conversation, from the list."""
        return self.visitor.get("/messagerie").follow(people.CHRISTELLE.name)


def play(scene: Scene) -> None:
    """All seven steps. Raises what a step found wrong."""
    for number, step in enumerate(STEPS, start=1):
        scene.tell(f"[bold]{number}.[/bold] {step.__doc__}")
        step(scene)


def a_letter_arrives(scene: Scene) -> None:
    """Christelle Thomas, a medical secretary, sends a letter over SMTP."""
    letter = people.letter_with_results()
    scene.letter_id = letter.message_id
    scene.told_before = {mail.id for mail in scene.catcher.mails(scene.inaya.email)}
    scene.sent_at = time.monotonic()
    scene.pdf_sha256 = hashlib.sha256(letter.files[0].content).hexdigest()
    answer = scene.mail_client(people.CHRISTELLE).send(letter, [scene.inaya.mailbox])
    files = ", ".join(f"{file.name} ({len(file.content)} bytes)" for file in letter.files)
    scene.tell(f"   the door answered 250: {answer}")
    scene.tell(f"   with {files}")


def inaya_is_told(scene: Scene) -> None:
    """Inaya is told by e-mail, without any health data."""
    mail = scene.catcher.wait(
        scene.inaya.email, lambda mail: _is_notice(mail) and mail.id not in scene.told_before, SOON
    )
    waited = time.monotonic() - scene.sent_at
    for word in (people.CHRISTELLE.name, "rendez-vous", "examen", "Résultats"):
        _expect(word not in mail.body("plain") + mail.body("html") + mail.subject, f"the notice holds {word!r}")
    _expect("ME CONNECTER A MON ESPACE SANTE" in mail.body("html"), "the notice has no button")
    scene.tell(f"   « {mail.subject} », {waited:.1f} s after the letter was sent")


def she_logs_in(scene: Scene) -> None:
    """She logs in: identifier, password, a code by e-mail."""
    home = log_in(scene.visitor, scene.inaya, scene.catcher)
    _expect(home.says(f"Bonjour {scene.inaya.given_name},"), f"no greeting: {home.text[:200]}")
    scene.tell("   « Bonjour Inaya, »")


def she_reads_and_keeps(scene: Scene) -> None:
    """She reads the letter, downloads the PDF, and keeps it among her documents."""
    page = _until(scene.open_conversation, lambda page: page.says(people.SUBJECT), "the letter")
    file = page.follow(people.PDF_NAME)
    downloaded = file.follow("Télécharger")
    _expect(hashlib.sha256(downloaded.content).hexdigest() == scene.pdf_sha256, "the PDF has changed on its way")
    scene.tell(f"   {people.PDF_NAME} downloaded, the same byte for byte")
    dialog = file.follow("Ajouter à mes documents santé")
    state = dialog.press("Ajouter", {"Nom du document": "Résultats examen juin", "Type de document": "biologie"})
    state = _until(lambda: scene.visitor.get(state.url), lambda page: page.says("Document ajouté"), "the document")
    documents = scene.visitor.get("/documents")
    _expect(documents.says("Résultats examen juin"), "the document is not in the list")
    scene.tell("   « Document ajouté », and it is in her list")


def she_answers(scene: Scene) -> None:
    """She fills in her medical profile, and answers with a document and the profile's PDF."""
    _fill_in_profile(scene)
    draft = scene.open_conversation().press("Répondre")
    draft = draft.press("Enregistrer le brouillon", {"Mon message": people.REPLY})
    _expect(draft.says("Brouillon enregistré"), "the draft was not saved")
    picker = draft.press("Ajouter un document").follow("Documents de santé")
    draft = picker.press("Ajouter", {"Résultats examen juin": True})
    draft = draft.press("Ajouter mon profil médical")
    draft = _until(
        lambda: scene.visitor.get(draft.url),
        lambda page: not page.says("Un document est en préparation"),
        "the attachments",
    )
    _expect(draft.says("Profil médical_InayaMichel.pdf"), "the profile is not attached")
    sent = draft.press("Envoyer")
    _expect(sent.says("Message envoyé"), f"not sent: {sent.text[:300]}")
    scene.tell("   « Message envoyé »")


def christelle_is_answered(scene: Scene) -> None:
    """Christelle's mailbox receives one threaded reply, both attachments intact."""
    mail = scene.mail_client(people.CHRISTELLE).wait_for_answer(scene.letter_id, SOON)
    _expect(scene.letter_id in str(mail.message["References"]), "the reply has no References")
    hashes = {hashlib.sha256(content).hexdigest() for content in mail.files.values()}
    _expect(scene.pdf_sha256 in hashes, "the PDF has changed on its way back")
    _expect(any(name.startswith("Profil médical") for name in mail.files), f"no profile among {list(mail.files)}")
    scene.tell(f"   from {mail.message['From']}, with {' and '.join(mail.files)}")


def the_exchange_ends(scene: Scene) -> None:
    """Christelle sends [FIN]: nothing can be answered any more. Then Docteur Dupond writes."""
    conversation = scene.open_conversation()
    scene.mail_client(people.CHRISTELLE).end_exchange(people.INAYA_AS_WRITTEN_TO)
    ended = f"{people.CHRISTELLE.name} a mis fin à vos échanges"
    page = _until(scene.open_conversation, lambda page: page.says(ended), "the end of the exchange")
    _expect(not page.has_button("Répondre"), "there still is a button to answer")
    forced = conversation.press("Répondre")
    _expect(not forced.has_button("Envoyer"), "a hand-made request still answers")
    scene.tell(f"   « {ended} »; a hand-made request is refused too")
    scene.mail_client(people.DUPOND).send(people.letter_left_unread())
    _until(
        lambda: scene.visitor.get("/messagerie"),
        lambda page: page.says(people.DUPOND.name),
        "Docteur Dupond's letter",
    )
    scene.tell("   a letter from Docteur Dupond is unread, for you to answer")


STEPS = (
    a_letter_arrives,
    inaya_is_told,
    she_logs_in,
    she_reads_and_keeps,
    she_answers,
    christelle_is_answered,
    the_exchange_ends,
)


def _fill_in_profile(scene: Scene) -> None:
    profile = scene.visitor.get("/profil")
    for name, dose, since in people.TREATMENTS:
        if not profile.says(name):
            form = scene.visitor.get("/profil/traitements/nouveau")
            profile = form.press("Enregistrer", {"Nom du traitement": name, "Dose": dose, "Depuis": since})
    if not scene.visitor.get("/profil").says(people.ALLERGY):
        scene.visitor.get("/profil/allergies/nouveau").press("Enregistrer", {"Allergie": people.ALLERGY})


def _is_notice(mail: Mail) -> bool:
    return mail.subject.startswith("Vous avez un nouveau message")


def _until(look: Callable[[], Page], holds: Callable[[Page], bool], what: str) -> Page:
    """Look again until the page shows it. Raises `StoryFailed` after `SOON` seconds."""
    give_up = time.monotonic() + SOON
    while True:
        page = look()
        if holds(page):
            return page
        if time.monotonic() > give_up:
            raise StoryFailed(f"{what} did not come within {SOON:.0f} s; the page says: {page.text[:500]}")
        time.sleep(POLL_S)


def _expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise StoryFailed(otherwise)
