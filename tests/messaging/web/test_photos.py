"""Photos from the device: developed, reduced, joined into one PDF."""

import pytest
from msgspec.structs import replace

from messaging.domain.model import RowSource, RowState
from messaging.pictures.darkroom import Developed
from tests.messaging.web.conftest import words
from tests.messaging.web.drafting import address, form

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xd9"
HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + b"\x00" * 64


@pytest.fixture
def send(client, draft):
    def photo(name="photo.jpg", content=JPEG):
        return client.post(address(draft, "/appareil"), files=[("photo", (name, content))])

    return photo


def rows(world):
    return list(world.store.kept["draft_rows"].values())


def test_a_photo_that_is_well_as_it_is_is_sent_as_it_came(world, send):
    send()
    (row,) = rows(world)
    assert (row.state, world.objects.kept[row.object_key]) == (RowState.READY, JPEG)


def test_what_was_developed_is_sent_and_not_what_came(world, send):
    world.darkroom.makes = Developed("image/jpeg", b"upright")
    send("IMG_0001.HEIC", HEIC)
    (row,) = rows(world)
    assert (row.filename, row.media_type, row.size) == ("IMG_0001.jpg", "image/jpeg", 7)
    assert world.objects.kept[row.object_key] == b"upright"


def test_a_picture_that_cannot_be_read_is_refused_in_words(client, world, draft, send):
    world.darkroom.fails = "broken"
    send()
    assert rows(world)[0].reason == "picture-broken"
    assert "Cette image n'a pas pu être lue." in words(client.get(address(draft)))


def test_one_that_was_not_developed_in_time_waits_to_be_tried_again(world, client, draft, send):
    world.darkroom.fails = "busy"
    send()
    (row,) = rows(world)
    assert row.state is RowState.PENDING
    world.darkroom.fails = None
    client.post(address(draft, f"/pieces/{row.id}/reprise"), data=form(draft))
    assert rows(world)[0].state is RowState.READY


def test_a_photo_too_large_for_the_message_can_be_reduced(client, world, draft, send):
    world.row(draft, size=9_999_990)
    send()
    (_, row) = rows(world)
    assert (row.state, row.reason) == (RowState.REFUSED, "picture-too-large")
    assert "Réduire la photo" in words(client.get(address(draft)))
    client.post(address(draft, f"/pieces/{row.id}/reduction"), data=form(draft))
    (_, row) = rows(world)
    assert (row.state, row.size, row.upload) == (RowState.READY, 7, None)


def test_photos_become_one_pdf_in_one_press(client, world, draft, send):
    for name in ("un.jpg", "deux.jpg"):
        send(name)
    assert "Réunir les photos en un seul PDF" in words(client.get(address(draft)))
    client.post(address(draft, "/reunion"), data=form(draft))
    (row,) = rows(world)
    assert (row.filename, row.media_type, row.state) == ("Photos.pdf", "application/pdf", RowState.READY)
    assert world.objects.kept[row.object_key] == b"%PDF-" + JPEG + b"|" + JPEG


def test_a_photo_among_the_documents_is_not_joined(client, world, draft, send):
    send()
    kept = world.row(draft, media_type="image/jpeg")
    client.post(address(draft, "/reunion"), data=form(draft))
    assert {row.id for row in rows(world)} == {kept.id, rows(world)[0].id}
    assert len(rows(world)) == 2


def test_photos_that_cannot_be_joined_stay_and_it_is_said(client, world, draft, send):
    for name in ("un.jpg", "deux.jpg"):
        send(name)
    world.darkroom.fails = "broken"
    answer = client.post(address(draft, "/reunion"), data=form(draft))
    assert "Les photos n'ont pas pu être réunies." in words(answer)
    assert len(rows(world)) == 2


def test_only_what_can_be_done_with_a_file_is_done(client, world, draft):
    row = world.row(draft)
    answer = client.post(address(draft, f"/pieces/{row.id}/autre"), data=form(draft))
    assert answer.status_code == 404
    assert replace(row, source=RowSource.DOCUMENT) == rows(world)[0]
