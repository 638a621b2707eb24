"""A letter as its patient gets it: made here in one piece, and as the service streams it."""

from messaging.letters import header_end, masked_header
from messaging.originals import Originals
from tests.messaging.fake_objects import FakeObjects

OWN = "288056938312340@patient.mssante.fr"
DOMAIN = "patient.mssante.fr"


def copy(raw: bytes) -> bytes:
    """The masked header block with the body."""
    end = header_end(raw)
    return masked_header(raw[:end], OWN, DOMAIN) + raw[end:] if end >= 0 else b""


async def original(raw: bytes, offset: int = 0, length: int | None = None) -> bytes:
    """What its patient has of a letter, all or a range of it; the untouched one stays as it was."""
    objects = FakeObjects()
    objects.kept["raw"] = raw
    originals = Originals(objects, DOMAIN)
    found = await originals.of("raw", OWN)
    wanted = found.size - offset if length is None else length
    given = b"".join([chunk async for chunk in originals.chunks(found, offset, wanted)])
    assert objects.kept["raw"] == raw
    return given
