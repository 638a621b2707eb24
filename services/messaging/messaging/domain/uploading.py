"""Files from the patient's device: what is announced, what arrives, and what may come of it (journeys §6)."""

from collections.abc import Sequence
from pathlib import PurePosixPath

from msgspec import Struct

from chassis.formats import HEIC, Format, media_type_of
from chassis.i18n import mark as _
from messaging.domain.errors import AttachmentsTooLarge, MessagingError
from messaging.domain.limits import REPLY_ATTACHMENT_BYTES, counted
from messaging.domain.model import DraftRow, RowSource, RowState, Upload

FILE_BYTES = 30_000_000
"""A file as it comes from the device; a picture may be larger than what a message carries: it can be reduced."""
PIECE_BYTES = 4 * 1024 * 1024
"""One piece, held in memory while it comes."""
PIECES_AT_MOST = 1_000
TOO_LARGE_PICTURE = "picture-too-large"
"""The reason of a picture that the patient can have reduced."""
_PICTURES = frozenset({Format.JPEG.value, Format.PNG.value, Format.TIFF.value, HEIC})
_SENDABLE = frozenset({*(form.value for form in Format), HEIC})
_PICTURE_ENDINGS = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff", ".heic", ".heif"})
_ENDINGS = _PICTURE_ENDINGS | {".pdf", ".rtf", ".txt"}


class EmptyFile(MessagingError):
    """The file holds nothing."""

    code = "empty-file"
    sentence = _("Ce fichier est vide. Choisissez-en un autre.")


class FileTooLarge(MessagingError):
    """No file of this size is taken."""

    code = "file-too-large"
    status = 413
    sentence = _("Ce fichier est trop volumineux. Un fichier ne peut pas dépasser 30 Mo.")


class OffsetMismatch(MessagingError):
    """A piece does not begin where the last one ended: the sender asks where to go on."""

    code = "offset-mismatch"
    sentence = _("L'envoi a été interrompu. Il reprend où il s'était arrêté.")


class UploadEnded(MessagingError):
    """Nothing more is expected for this file."""

    code = "upload-ended"
    sentence = _("Ce fichier est déjà arrivé ou n'est plus attendu.")


class PhotosNotJoined(MessagingError):
    """No PDF could be made of the photos."""

    code = "photos-not-joined"
    sentence = _("Les photos n'ont pas pu être réunies. Elles restent jointes une par une.")


class Announced(Struct, frozen=True, kw_only=True):
    """A file that the device is about to send. `mark` tells the same file chosen again."""

    filename: str
    size: int
    mark: str


def declared_size(announced: Announced, rows: Sequence[DraftRow]) -> int:
    """What the file counts for until it is here: nothing for a picture that will have to be reduced.

    Raises `EmptyFile`, `FileTooLarge`, `AttachmentsTooLarge`.
    """
    if announced.size == 0:
        raise EmptyFile("0 bytes")
    if announced.size > FILE_BYTES:
        raise FileTooLarge(f"{announced.size} bytes")
    total = counted(rows) + announced.size
    if total <= REPLY_ATTACHMENT_BYTES:
        return announced.size
    if PurePosixPath(announced.filename.lower()).suffix in _PICTURE_ENDINGS:
        return 0
    raise AttachmentsTooLarge(total, REPLY_ATTACHMENT_BYTES)


def same_upload(announced: Announced, rows: Sequence[DraftRow]) -> DraftRow | None:
    """The row of the same file, if it is still on its way."""
    for row in rows:
        coming = row.upload if row.state is RowState.PENDING and row.source is RowSource.UPLOAD else None
        known = coming and (coming.mark, coming.size) == (announced.mark, announced.size)
        if known and row.filename == announced.filename:
            return row
    return None


def check_piece(row: DraftRow, offset: int) -> Upload:
    """What has come of the file so far. Raises `OffsetMismatch`, `UploadEnded` if no piece is due at `offset`."""
    if row.upload is None or row.state is not RowState.PENDING:
        raise UploadEnded(f"row {row.id} waits for nothing")
    if offset != row.upload.received:
        raise OffsetMismatch(f"{row.upload.received} bytes are here, not {offset}")
    if len(row.upload.pieces) >= PIECES_AT_MOST:
        raise UploadEnded(f"row {row.id} came in {PIECES_AT_MOST} pieces")
    return row.upload


def sendable_type(head: bytes) -> str | None:
    """What a file is, by its first bytes: one of the formats that may be sent, HEIC to be converted, or None."""
    kind = media_type_of(head)
    return kind if kind in _SENDABLE else None


def is_picture(media_type: str) -> bool:
    """Whether it is developed before it is sent: turned upright, without the place where it was taken."""
    return media_type in _PICTURES


def photos_among(rows: Sequence[DraftRow]) -> list[DraftRow]:
    """The photos from the device that one PDF could hold."""
    ready = [row for row in rows if row.state is RowState.READY and row.source is RowSource.UPLOAD]
    return [row for row in ready if row.media_type in _PICTURES]


def named_as(filename: str, media_type: str) -> str:
    """The file's name with an ending that fits what it is, instead of one that says something else of it."""
    form = Format(media_type)
    fitting = {Format.JPEG: (".jpg", ".jpeg"), Format.TIFF: (".tif", ".tiff")}.get(form, (form.extension,))
    if filename.lower().endswith(fitting):
        return filename
    path = PurePosixPath(filename)
    stem = path.stem if path.suffix.lower() in _ENDINGS else filename
    return f"{stem}{form.extension}"
