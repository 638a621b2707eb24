"""Another patient's ids, in every address and form: the answer is that of nothing at all, and it is audited."""

from collections.abc import Mapping

import msgspec
import pytest

from contracts.audit import AccessRecorded
from demo.visitor import Page
from stack.control import Stack
from tests.structure.test_routes import app_of, routes
from tests.system.belongings import Belongings, belongings_of
from tests.system.mail import MailServer
from tests.system.observer import Ends, Observer
from tests.system.people import Newcomer, People
from tests.system.waiting import until

pytestmark = pytest.mark.stack

DRAFT = {"revision": "1", "texte": "à moi", "page": "essai"}
KEEP = {"nom": "Pris", "date": "2026-06-08", "type": "biologie", "confidentialite": "visible"}
TREATMENT = {"revision": "1", "name": "Doliprane"}
PICKED = {"document": "{document}", "taille-{document}": "10", "nom-{document}": "pris.pdf"}

ADDRESSES: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("GET", "/messagerie/conversations/{conversation}", {}),
    ("POST", "/messagerie/conversations/{conversation}/reponse", {"a": "expediteur"}),
    ("GET", "/messagerie/conversations/{conversation}/arrivees?apres=0.{message}", {}),
    ("GET", "/messagerie/conversations/{conversation}/entete", {}),
    ("GET", "/messagerie/conversations/{conversation}/imprimer", {}),
    ("GET", "/messagerie/conversations/{conversation}/export.zip", {}),
    ("GET", "/messagerie/conversations/{conversation}/export.pdf", {}),
    ("POST", "/messagerie/conversations/{conversation}/non-lue", {}),
    ("GET", "/messagerie/conversations/{conversation}/suppression", {}),
    ("POST", "/messagerie/conversations/{conversation}/suppression", {}),
    ("GET", "/messagerie/corbeille/{conversation}", {}),
    ("POST", "/messagerie/corbeille/{conversation}/restauration", {}),
    ("GET", "/messagerie/messages/{message}/corps", {}),
    ("GET", "/messagerie/messages/{message}/lettre.eml", {}),
    ("GET", "/messagerie/messages/{message}/etats", {}),
    ("GET", "/messagerie/messages/{message}/imprimer", {}),
    ("POST", "/messagerie/messages/{message}/lu", {}),
    ("GET", "/messagerie/messages/{message}/ecarter", {}),
    ("POST", "/messagerie/messages/{message}/ecarter", {}),
    ("POST", "/messagerie/messages/{message}/reprendre", {}),
    ("POST", "/messagerie/messages/{message}/destinataires/{recipient}", {"choix": "reprise"}),
    ("POST", "/messagerie/messages/{message}/destinataires/{recipient}", {"choix": "abandon"}),
    ("GET", "/messagerie/pieces/{message}/{attachment}", {}),
    ("GET", "/messagerie/pieces/{message}/{attachment}/fichier", {}),
    ("GET", "/messagerie/pieces/{message}/{attachment}/apercu", {}),
    ("GET", "/messagerie/pieces/{message}/{attachment}/pages/{number}", {}),
    ("GET", "/messagerie/pieces/{message}/{attachment}/document", {}),
    ("GET", "/messagerie/pieces/{message}/{attachment}/ajouter", {}),
    ("POST", "/messagerie/pieces/{message}/{attachment}/ajouter", KEEP),
    ("GET", "/messagerie/ajouts/{keep}", {}),
    ("GET", "/messagerie/brouillons/{draft}", {}),
    ("POST", "/messagerie/brouillons/{draft}", DRAFT),
    ("POST", "/messagerie/brouillons/{draft}/envoi", DRAFT),
    ("POST", "/messagerie/brouillons/{draft}/suppression", DRAFT),
    ("GET", "/messagerie/brouillons/{draft}/pieces", {}),
    ("POST", "/messagerie/brouillons/{draft}/choisir", DRAFT),
    ("GET", "/messagerie/brouillons/{draft}/ajouter", {}),
    ("POST", "/messagerie/brouillons/{draft}/retour", DRAFT),
    ("POST", "/messagerie/brouillons/{draft}/depart", {}),
    ("POST", "/messagerie/brouillons/{draft}/reprise", DRAFT),
    ("GET", "/messagerie/brouillons/{draft}/appareil", {}),
    ("POST", "/messagerie/brouillons/{draft}/appareil", {}),
    ("POST", "/messagerie/brouillons/{draft}/envois", {"nom": "a.pdf", "taille": "5"}),
    ("GET", "/messagerie/brouillons/{draft}/envois/{row}", {}),
    ("PATCH", "/messagerie/brouillons/{draft}/envois/{row}", {}),
    ("POST", "/messagerie/brouillons/{draft}/reunion", DRAFT),
    ("POST", "/messagerie/brouillons/{draft}/profil-seul", {}),
    ("POST", "/messagerie/brouillons/{draft}/documents", PICKED),
    ("POST", "/messagerie/brouillons/{draft}/profil", DRAFT),
    ("POST", "/messagerie/brouillons/{draft}/pieces/{row}/retrait", DRAFT),
    ("POST", "/messagerie/brouillons/{draft}/pieces/{row}/reprise", DRAFT),
    ("POST", "/messagerie/brouillons/{draft}/pieces/{row}/{mending}", DRAFT),
    ("GET", "/documents/{document}", {}),
    ("GET", "/documents/{document}/telecharger", {}),
    ("GET", "/documents/{document}/apercu", {}),
    ("GET", "/documents/{document}/pages/{number}", {}),
    ("GET", "/profil/traitements/{entry}", {}),
    ("POST", "/profil/traitements/{entry}", TREATMENT),
    ("GET", "/profil/traitements/{entry}/retirer", {}),
    ("POST", "/profil/traitements/{entry}/retirer", {"revision": "1"}),
)
PLAIN = {"number": "1", "mending": "reduction", "recipient": "01990000-0000-7000-8000-000000000000"}
"""What stands in an address beside ids; a recipient is looked for only in a message that is one's own."""
SERVICE_OF = {"messagerie": "messaging", "documents": "documents", "profil": "synthesis"}
WITHOUT_IDS = {"/profil/{slug}", "/profil/{slug}/nouveau"}
"""Their parameter is a section's name."""


@pytest.fixture(scope="module")
def theirs(stack: Stack, people: People, observer: Observer) -> Belongings:
    """Someone's, with one thing of every kind."""
    stack.wait_ready()
    return belongings_of(people.newcomer(), MailServer(stack.ports["door"]), observer)


@pytest.fixture(scope="module")
def curious(people: People) -> Newcomer:
    """Another patient, logged in."""
    return people.newcomer()


def _ask(curious: Newcomer, method: str, address: str, form: Mapping[str, str], ids: Mapping[str, str]) -> Page:
    path = address.format(**ids, **PLAIN)
    if method == "GET":
        return curious.visitor.get(path)
    fields = [(name.format(**ids), value.format(**ids)) for name, value in form.items()]
    return curious.visitor.post(path, fields, method)


def _refusals(observer: Observer, service: str, since: Ends, curious: Newcomer) -> set[str]:
    """The ids of the things that this patient was refused."""
    records = observer.records([f"{service}.audit"], since)
    told = [msgspec.json.decode(record.value or b"", type=AccessRecorded) for record in records]
    return {one.object_id or "" for one in told if one.outcome == "refused" and one.actor == curious.id}


@pytest.mark.parametrize(("method", "address", "form"), ADDRESSES, ids=[f"{one[0]} {one[1]}" for one in ADDRESSES])
def test_another_patients_thing_is_not_there_and_the_attempt_is_audited(
    theirs: Belongings, curious: Newcomer, observer: Observer, method: str, address: str, form: dict[str, str]
) -> None:
    service = SERVICE_OF[address.split("/")[1]]
    before = observer.ends([f"{service}.audit"])

    answer = _ask(curious, method, address, form, theirs.ids)

    assert answer.status == 404
    asked_for = {thing for kind, thing in theirs.ids.items() if f"{{{kind}}}" in address}
    refused = until(lambda: _refusals(observer, service, before, curious), what="the audit of the attempt")
    assert refused & asked_for


def test_nothing_of_another_patient_changed(theirs: Belongings, observer: Observer) -> None:
    draft = theirs.owner.visitor.get(f"/messagerie/brouillons/{theirs.ids['draft']}")
    assert draft.status == 200
    assert draft.value("Mon message") == ""
    assert theirs.owner.visitor.get("/profil/traitements").says("Lévothyrox")
    assert observer.database("messaging")["draft_rows"].find_one({"_id": theirs.ids["row"]}) is not None


@pytest.mark.parametrize("what", ["retrait", "reprise"])
def test_another_patients_file_cannot_be_named_in_ones_own_draft(
    stack: Stack, theirs: Belongings, people: People, observer: Observer, what: str
) -> None:
    mine = belongings_of(people.newcomer(), MailServer(stack.ports["door"]), observer)
    before = observer.ends(["messaging.audit"])

    path = f"/messagerie/brouillons/{mine.ids['draft']}/pieces/{theirs.ids['row']}/{what}"
    answer = mine.owner.visitor.post(path, list(DRAFT.items()))

    assert answer.status == 404
    refused = until(lambda: _refusals(observer, "messaging", before, mine.owner), what="the audit of the attempt")
    assert theirs.ids["row"] in refused


def test_another_patients_document_cannot_be_added_to_ones_own_draft(
    stack: Stack, theirs: Belongings, people: People, observer: Observer
) -> None:
    mine = belongings_of(people.newcomer(), MailServer(stack.ports["door"]), observer)
    before = observer.ends(["documents.audit"])
    fields = [(name.format(**theirs.ids), value.format(**theirs.ids)) for name, value in PICKED.items()]

    mine.owner.visitor.post(f"/messagerie/brouillons/{mine.ids['draft']}/documents", fields)

    rows = observer.database("messaging")["draft_rows"]
    asked = {"patient_id": mine.owner.id, "document_id": theirs.ids["document"]}
    until(lambda: rows.find_one({**asked, "state": "refused"}), what="the refusal in the draft")
    refused = until(lambda: _refusals(observer, "documents", before, mine.owner), what="the audit of the attempt")
    assert refused == {theirs.ids["document"]}


@pytest.mark.parametrize("service", ["messaging", "documents", "synthesis"])
def test_no_address_with_an_id_in_it_is_forgotten_here(service: str) -> None:
    there = {(method, path) for method, path, _ in routes(app_of(service)) if "{" in path and "/_" not in path}
    tried = {(method, _plain(address)) for method, address, _ in ADDRESSES}
    missing = {(method, path) for method, path in there if (method, _plain(path)) not in tried}
    assert {path for _, path in missing} - WITHOUT_IDS == set()


def _plain(address: str) -> str:
    """Ids and sections as one placeholder."""
    parts = address.partition("?")[0].replace("traitements", "{slug}").split("/")
    return "/".join("{}" if part.startswith("{") else part for part in parts)
