"""Documents that a page of documents names for a draft: `document` repeated, each with size, name and type.

Of a document with the id `x` these are the fields `taille-x`, `nom-x` and `type-x`.
"""

from chassis.web.forms import Fields, UnreadableFields
from messaging.attaching import UNKNOWN_TYPE, Picked
from messaging.domain.drafting import ROWS_AT_MOST
from messaging.domain.limits import REPLY_ATTACHMENT_BYTES

NAME_AT_MOST = 255
TYPE_AT_MOST = 127
ID_LENGTH = 36


def read_picked(fields: Fields) -> list[Picked]:
    """The documents named, each once. Raises `UnreadableFields`; sizes are checked again later."""
    ids = list(dict.fromkeys(fields.get("document", [])))
    if len(ids) > ROWS_AT_MOST:
        raise UnreadableFields("document")
    return [_picked(document_id, fields) for document_id in ids]


def _picked(document_id: str, fields: Fields) -> Picked:
    size = fields.get(f"taille-{document_id}", [""])[0]
    name = fields.get(f"nom-{document_id}", [""])[0].strip()[:NAME_AT_MOST]
    media_type = fields.get(f"type-{document_id}", [UNKNOWN_TYPE])[0][:TYPE_AT_MOST]
    if len(document_id) != ID_LENGTH:
        raise UnreadableFields("document")
    if not (size.isascii() and size.isdigit() and len(size) < 10) or not name:
        raise UnreadableFields(f"taille-{document_id}", f"nom-{document_id}")
    counted = min(int(size), REPLY_ATTACHMENT_BYTES + 1)
    return Picked(document_id=document_id, size=counted, filename=name, media_type=media_type)
