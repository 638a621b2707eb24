"""Where letters and replies lie in messaging's bucket. The only module that knows the object store.

`incoming/<intake>` raw letters at the door, expiring by themselves · `letters/<patient>/<message>/…` a
letter's evidence, patient's copy, HTML and parts · `drafts/<patient>/<draft>/<row>` files of drafts ·
`sent/<patient>/<message>` replies as they left.
"""

from io import BytesIO
from typing import cast

from minio.datatypes import Part
from minio.helpers import DictType

from chassis.feed import Feed
from chassis.objects import PART, Objects, StoredObject, Stream

__all__ = ["LetterObjects", "Objects", "StoredObject", "Stream"]


class LetterObjects(Objects):
    """Objects for the door: a letter of any size passes through one buffer of 5 MiB.

    The client's own `put_object` holds three of them when the length isn't known before.
    """

    def _upload(self, key: str, feed: Feed, media_type: str) -> None:
        part = _filled(feed)
        if len(part) < PART:
            self._client.put_object(self.bucket, key, BytesIO(part), len(part), media_type)
            return
        client, headers = self._client, cast(DictType, {"Content-Type": media_type})
        upload = client._create_multipart_upload(self.bucket, key, headers)
        try:
            parts: list[Part] = []
            while part:
                etag = client._upload_part(self.bucket, key, part, None, upload, len(parts) + 1)
                parts.append(Part(len(parts) + 1, etag))
                part = b""  # the next one is filled only once this one is let go
                part = _filled(feed)
            client._complete_multipart_upload(self.bucket, key, upload, parts)
        except BaseException:
            client._abort_multipart_upload(self.bucket, key, upload)
            raise


def _filled(feed: Feed) -> bytes:
    """The next 5 MiB, or what is left."""
    buffer = BytesIO()
    while (room := PART - buffer.tell()) and (chunk := feed.read(room)):
        buffer.write(chunk)
    return buffer.getvalue()


def incoming_key(intake_id: str) -> str:
    """A letter as the door took it."""
    return f"incoming/{intake_id}"


def raw_key(patient_id: str, message_id: str) -> str:
    """The untouched letter: evidence, never given to the patient."""
    return f"letters/{patient_id}/{message_id}/raw"


def original_key(patient_id: str, message_id: str) -> str:
    """The patient's copy of the letter, other patients masked."""
    return f"letters/{patient_id}/{message_id}/original"


def html_key(patient_id: str, message_id: str) -> str:
    """The sanitised HTML body."""
    return f"letters/{patient_id}/{message_id}/html"


def part_key(patient_id: str, message_id: str, part_id: str) -> str:
    """An attachment of a letter."""
    return f"letters/{patient_id}/{message_id}/{part_id}"


def row_key(patient_id: str, draft_id: str, row_id: str) -> str:
    """A file of a draft, and of the reply it becomes."""
    return f"drafts/{patient_id}/{draft_id}/{row_id}"


def sent_key(patient_id: str, message_id: str) -> str:
    """A reply as it left."""
    return f"sent/{patient_id}/{message_id}"
