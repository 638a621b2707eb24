"""Files from the device: sent by a form, or in pieces that may be cut and go on."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from chassis.clock import now
from messaging.domain.model import RowState
from tests.messaging.web.conftest import HTMX, words
from tests.messaging.web.drafting import address

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n%%EOF\n"
FETCH = {"sec-fetch-mode": "cors", "accept": "application/json"}


def rows(world):
    return list(world.store.kept["draft_rows"].values())


class TestTheForm:
    def send(self, client, draft, *files):
        return client.post(address(draft, "/appareil"), files=[("fichier", file) for file in files])

    def test_its_page_says_what_may_be_sent(self, client, world, draft):
        world.row(draft, size=9_000_000)
        page = words(client.get(address(draft, "/appareil")))
        assert "Prendre une photo" in page
        assert "Formats acceptés\N{NO-BREAK SPACE}: jpeg, jpg, png, pdf, rtf, tif, tiff, txt" in page
        assert "Il reste 1\N{NO-BREAK SPACE}Mo" in page

    def test_a_file_that_is_not_what_its_name_says_is_renamed_and_that_is_said(self, client, world, draft):
        self.send(client, draft, ("notes.pdf", b"Bonjour"), ("bilan.pdf", PDF))
        assert [(row.filename, row.renamed_from) for row in rows(world)] == [
            ("notes.txt", "notes.pdf"),
            ("bilan.pdf", None),
        ]
        page = words(client.get(address(draft)))
        assert "Vous aviez choisi «\N{NO-BREAK SPACE}notes.pdf\N{NO-BREAK SPACE}»" in page

    def test_several_files_are_joined_at_once(self, client, world, draft):
        answer = self.send(client, draft, ("a.pdf", PDF), ("note.txt", b"Bonjour"))
        assert answer.headers["location"] == address(draft)
        assert "Sélection ajoutée" in client.get(answer.headers["location"]).text
        assert [(row.filename, row.state, row.size) for row in rows(world)] == [
            ("a.pdf", RowState.READY, len(PDF)),
            ("note.txt", RowState.READY, 7),
        ]
        assert world.objects.kept[rows(world)[0].object_key] == PDF

    def test_what_is_refused_is_said_file_by_file_and_the_others_are_joined(self, client, world, draft):
        answer = self.send(client, draft, ("a.pdf", PDF), ("vide.txt", b""))
        assert answer.status_code == 409
        assert "vide.txt – Ce fichier est vide. Choisissez-en un autre." in words(answer)
        assert [row.filename for row in rows(world)] == ["a.pdf"]

    def test_a_format_is_told_by_the_bytes_and_not_by_the_name(self, client, world, draft):
        self.send(client, draft, ("rapport.pdf", b"MZ\x90\x00\x03\x00\x00\x00"), ("lettre", PDF))
        assert [(row.filename, row.state, row.reason) for row in rows(world)] == [
            ("rapport.pdf", RowState.REFUSED, "format"),
            ("lettre.pdf", RowState.READY, None),
        ]
        assert "Ce format de fichier ne peut pas être joint." in words(client.get(address(draft)))

    def test_nothing_chosen_is_said(self, client, world, draft):
        answer = client.post(address(draft, "/appareil"), files=[("autre", (None, "x"))])
        assert "Choisissez un fichier sur votre appareil." in words(answer)

    def test_more_than_ten_million_bytes_are_refused_whole(self, client, world, draft):
        world.row(draft, size=9_999_990)
        answer = self.send(client, draft, ("a.pdf", PDF))
        assert "ne doit pas excéder 10" in words(answer)
        assert len(rows(world)) == 1

    def test_a_name_is_only_a_name(self, client, world, draft):
        self.send(client, draft, ("../../etc/passwd\u202efdp.txt", b"Bonjour"))
        assert rows(world)[0].filename == "passwdfdp.txt"

    def test_another_patient_cannot_send_into_it(self, client, world, draft, as_other):
        as_other()
        assert self.send(client, draft, ("a.pdf", PDF)).status_code == 404
        assert client.get(address(draft, "/appareil")).status_code == 404
        assert rows(world) == []


class TestPieces:
    @pytest.fixture
    def announce(self, client, draft):
        def say(nom="a.pdf", taille=len(PDF), marque="1"):
            fields = {"nom": nom, "taille": str(taille), "marque": marque}
            return client.post(address(draft, "/envois"), data=fields, headers=FETCH)

        return say

    @pytest.fixture
    def send(self, client):
        def piece(where, offset, data):
            headers = FETCH | {"upload-offset": str(offset)}
            return client.patch(where["adresse"], content=data, headers=headers)

        return piece

    def test_a_file_comes_piece_by_piece(self, client, world, announce, send):
        where = announce().json()
        assert (where["recu"], where["etat"]) == (0, "pending")
        assert send(where, 0, PDF[:10]).json()["recu"] == 10
        assert client.get(where["adresse"]).json()["recu"] == 10
        last = send(where, 10, PDF[10:])
        assert (last.json()["etat"], last.cookies["pli-toast"]) == ("ready", "selection-added")
        (row,) = rows(world)
        assert world.objects.kept[row.object_key] == PDF
        assert set(world.store.kept["discards"]) == {key for key in world.objects.kept if "temporary/" in key}

    def test_the_page_shows_how_far_it_is(self, client, draft, announce, send):
        send(announce(taille=100).json(), 0, b"x" * 45)
        assert "Envoi en cours\N{NO-BREAK SPACE}: 45" in words(client.get(address(draft, "/pieces"), headers=HTMX))

    def test_the_same_file_chosen_again_goes_on_where_it_was_cut(self, world, announce, send):
        send(announce().json(), 0, PDF[:10])
        again = announce()
        assert (again.status_code, again.json()["recu"], len(rows(world))) == (201, 10, 1)
        assert announce(marque="2").json()["recu"] == 0

    def test_a_piece_at_another_place_is_told_where_to_go_on(self, announce, send):
        where = announce().json()
        send(where, 0, PDF[:10])
        for offset in (0, 5, 11):
            answer = send(where, offset, b"x")
            assert (answer.status_code, answer.json()["recu"]) == (409, 10)

    def test_more_than_was_announced_is_not_taken(self, client, announce, send):
        where = announce().json()
        assert send(where, 0, PDF + b"x").status_code == 409
        assert client.get(where["adresse"]).json()["recu"] == 0

    def test_a_last_piece_sent_twice_makes_one_file(self, world, announce, send):
        where = announce().json()
        send(where, 0, PDF)
        assert send(where, 0, PDF).status_code == 409
        assert [row.state for row in rows(world)] == [RowState.READY]

    def test_one_that_is_whole_but_was_not_made_is_made_by_asking_again(
        self, client, world, draft, announce, send
    ):
        send(announce().json(), 0, PDF[:10])
        (row,) = rows(world)
        key = "temporary/rest"
        world.objects.kept[key] = PDF[10:]
        whole = replace(row.upload, received=len(PDF), pieces=(*row.upload.pieces, key))
        late = now() - timedelta(seconds=61)
        world.store.put("draft_rows", replace(row, upload=replace(whole, touched_at=late)))
        page = words(client.get(address(draft, "/pieces"), headers=HTMX))
        assert "Réessayer" in page
        client.post(address(draft, f"/pieces/{row.id}/reprise"), data={"revision": "1", "page": "one"})
        assert rows(world)[0].state is RowState.READY

    def test_one_that_stopped_says_how_to_go_on(self, client, world, draft, announce):
        announce()
        (row,) = rows(world)
        late = replace(row.upload, touched_at=now() - timedelta(seconds=61))
        world.store.put("draft_rows", replace(row, upload=late))
        page = words(client.get(address(draft, "/pieces"), headers=HTMX))
        assert "Choisissez de nouveau ce fichier pour le reprendre" in page
        assert "Réessayer" not in page

    def test_pieces_that_expired_are_said_to_be_lost(self, world, announce, send):
        where = announce().json()
        send(where, 0, PDF[:10])
        world.objects.kept.clear()
        assert send(where, 10, PDF[10:]).json()["etat"] == "refused"
        assert rows(world)[0].reason == "upload-lost"

    def test_it_holds_back_the_message_and_is_named(self, client, draft, announce):
        announce(nom="scanner.pdf")
        fields = {"revision": "1", "page": "one", "texte": "Bonjour"}
        answer = client.post(address(draft, "/envoi"), data=fields)
        assert answer.status_code == 409

    def test_taken_off_while_it_comes_it_leaves_nothing(self, client, world, draft, announce, send):
        where = announce().json()
        send(where, 0, PDF[:10])
        (row,) = rows(world)
        client.post(address(draft, f"/pieces/{row.id}/retrait"), data={"revision": "1", "page": "one"})
        assert send(where, 10, PDF[10:]).status_code == 404
        assert set(world.store.kept["discards"]) >= set(row.upload.pieces)

    @pytest.mark.parametrize(
        ("fields", "status"),
        [({"taille": 0}, 409), ({"taille": 30_000_001}, 413), ({"taille": 10_000_001}, 409), ({"nom": ""}, 400)],
    )
    def test_what_may_not_come_is_said_before_it_does(self, world, announce, fields, status):
        answer = announce(**fields)
        assert answer.status_code == status
        assert answer.json()["title"]
        assert rows(world) == []

    def test_a_large_picture_may_come_for_it_can_be_reduced(self, world, announce):
        assert announce(nom="photo.JPG", taille=12_000_000).status_code == 201
        assert rows(world)[0].size == 0

    @pytest.mark.parametrize("offset", ["", "-1", "x", "9" * 40])
    def test_an_offset_that_cannot_be_read_is_refused(self, client, announce, offset):
        where = announce().json()
        answer = client.patch(where["adresse"], content=b"x", headers=FETCH | {"upload-offset": offset})
        assert answer.status_code == 400

    def test_a_piece_over_its_limit_is_refused_by_what_was_read(self, client, announce, send):
        where = announce(nom="photo.jpg", taille=9_000_000).json()
        assert send(where, 0, b"x" * (4 * 1024 * 1024 + 1)).status_code == 413

    def test_another_patient_s_is_not_found_and_that_is_recorded(self, client, world, announce, send, as_other):
        where = announce().json()
        as_other()
        assert send(where, 0, PDF).status_code == 404
        assert client.get(where["adresse"]).status_code == 404
        assert announce().status_code == 404
        assert world.store.audited[-1]["outcome"] == "refused"
