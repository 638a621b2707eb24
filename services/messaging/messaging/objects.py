"""Where letters and replies lie in messaging's bucket. The only module that knows the object store.

`incoming/<intake>` raw letters at the door, expiring by themselves, like `incoming/operators/<intake>`, those to
postmaster · `letters/<patient>/<message>/…` a
letter's evidence, HTML and parts · `drafts/<patient>/<draft>/<row>/<arrival>` files of drafts ·
`temporary/uploads/<row>/<piece>` those on their way from a device · `sent/<patient>/<message>` replies as
they left.
"""

from chassis.objects import AlreadyThere, Objects, StoredObject, Stream

__all__ = ["AlreadyThere", "Objects", "StoredObject", "Stream"]


def incoming_key(intake_id: str) -> str:
    """A letter as the door took it."""
    return f"incoming/{intake_id}"


OPERATORS = "incoming/operators/"
"""Letters to who runs the house; they expire with all that came in."""


def operators_key(intake_id: str) -> str:
    """A letter to postmaster or abuse, for an operator to read."""
    return f"{OPERATORS}{intake_id}"


def letter_prefix(patient_id: str, message_id: str) -> str:
    """All that is kept of a letter."""
    return f"letters/{patient_id}/{message_id}/"


def raw_key(patient_id: str, message_id: str) -> str:
    """The untouched letter: evidence, given to the patient with other patients masked."""
    return f"{letter_prefix(patient_id, message_id)}raw"


def html_key(patient_id: str, message_id: str) -> str:
    """The sanitised HTML body."""
    return f"{letter_prefix(patient_id, message_id)}html"


def part_key(patient_id: str, message_id: str, part_id: str) -> str:
    """An attachment of a letter."""
    return f"{letter_prefix(patient_id, message_id)}{part_id}"


def row_prefix(patient_id: str, draft_id: str, row_id: str) -> str:
    """All that came for one file of a draft."""
    return f"drafts/{patient_id}/{draft_id}/{row_id}/"


def row_key(patient_id: str, draft_id: str, row_id: str, arrival_id: str) -> str:
    """A file of a draft, and of the reply it becomes.

    Each arrival has a key of its own: what was let go is deleted a little later, whatever came for the row since.
    """
    return f"{row_prefix(patient_id, draft_id, row_id)}{arrival_id}"


def piece_key(row_id: str, piece_id: str) -> str:
    """A piece of a file on its way from a device; what is forgotten there expires by itself."""
    return f"temporary/uploads/{row_id}/{piece_id}"


def sent_key(patient_id: str, message_id: str) -> str:
    """A reply as it left."""
    return f"sent/{patient_id}/{message_id}"


def keys_of(patient_id: str, message_id: str) -> tuple[str, ...]:
    """All that is kept of a message, or of a draft, which becomes the message of the same id.

    A key that ends in `/` stands for all below it.
    """
    return (
        letter_prefix(patient_id, message_id),
        f"drafts/{patient_id}/{message_id}/",
        sent_key(patient_id, message_id),
    )
