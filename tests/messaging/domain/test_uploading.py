"""What a file from the device is called: as it was, with an ending that says what it is."""

import pytest

from messaging.domain.uploading import named_as


@pytest.mark.parametrize(
    ("filename", "media_type", "named"),
    [
        ("Ordonnance.pdf", "application/pdf", "Ordonnance.pdf"),
        ("Ordonnance.PDF", "application/pdf", "Ordonnance.PDF"),
        ("notes.pdf", "text/plain", "notes.txt"),
        ("photo.jpeg", "image/jpeg", "photo.jpeg"),
        ("photo.HEIC", "image/jpeg", "photo.jpg"),
        ("compte rendu v1.2", "application/pdf", "compte rendu v1.2.pdf"),
        ("scan", "image/tiff", "scan.tiff"),
    ],
)
def test_a_name_ends_as_its_content_is(filename: str, media_type: str, named: str) -> None:
    assert named_as(filename, media_type) == named
