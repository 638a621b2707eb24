"""A patient with one thing of every kind, made by pressing the buttons: what others must not reach."""

from collections.abc import Mapping
from dataclasses import dataclass

from demo import people
from demo.visitor import Page
from tests.system.mail import MailServer, letter
from tests.system.observer import Observer, Row
from tests.system.people import DOCTOR, Newcomer
from tests.system.waiting import until

TREATMENT = "Lévothyrox"
TITLE = "Compte rendu de juin"


@dataclass(frozen=True)
class Belongings:
    """Whose, and the ids of their things by kind."""

    owner: Newcomer
    ids: Mapping[str, str]


def belongings_of(owner: Newcomer, server: MailServer, observer: Observer) -> Belongings:
    """A letter with a file, the document it was kept as, a draft that waits with it, a treatment."""
    sent = letter(DOCTOR, [owner], "Votre compte rendu", file=people.REPORT.pdf())
    server.deliver(sent)
    store = observer.database("messaging")
    row = until(lambda: store["messages"].find_one({"message_id": sent.message_id}), what="the letter")
    assert row is not None
    ids = {
        "message": row["_id"],
        "conversation": row["conversation_id"],
        "attachment": row["attachments"][0]["id"],
    }
    _keep(owner, ids)
    _draft(owner, ids)
    owner.visitor.get("/profil/traitements/nouveau").press("Enregistrer", {"Nom du traitement": TREATMENT})
    return Belongings(owner, {**ids, **_kept(observer, owner)})


def _kept(observer: Observer, owner: Newcomer) -> dict[str, str]:
    """The ids of what the buttons made, as the stores have them."""
    places = {"keep": "messaging.keeps", "draft": "messaging.drafts", "row": "messaging.draft_rows"}
    found = {kind: _one(observer, place, {"patient_id": owner.id})["_id"] for kind, place in places.items()}
    found["document"] = _one(observer, "documents.documents", {"patient_id": owner.id})["_id"]
    found["entry"] = _one(observer, "synthesis.profiles", {"_id": owner.id})["entry_ids"][0]
    return found


def _one(observer: Observer, place: str, key: Row) -> Row:
    service, _, collection = place.partition(".")
    row = observer.database(service)[collection].find_one(key)
    assert row is not None, place
    return row


def _keep(owner: Newcomer, ids: Mapping[str, str]) -> None:
    dialog = owner.visitor.get(f"/messagerie/pieces/{ids['message']}/{ids['attachment']}/ajouter")
    state = dialog.press("Ajouter", {"Nom du document": TITLE, "Type de document": "biologie"})
    until(lambda: owner.visitor.get(state.url), lambda page: page.says("Document ajouté"), what="the document")


def _draft(owner: Newcomer, ids: Mapping[str, str]) -> None:
    draft = owner.visitor.get(f"/messagerie/conversations/{ids['conversation']}").press("Répondre")
    draft = draft.press("Ajouter un document").follow("Documents de santé").press("Ajouter", {TITLE: True})

    def arrived(page: Page) -> bool:
        return not page.says("Un document est en préparation")

    until(lambda: owner.visitor.get(draft.url), arrived, what="the draft's document")
