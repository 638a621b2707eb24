"""A letter as its patient gets it, in one piece."""

from messaging.letters import header_end, masked_header

OWN = "288056938312340@patient.mssante.fr"
DOMAIN = "patient.mssante.fr"


def copy(raw: bytes) -> bytes:
    """The masked header block with the body."""
    end = header_end(raw)
    return masked_header(raw[:end], OWN, DOMAIN) + raw[end:] if end >= 0 else b""
