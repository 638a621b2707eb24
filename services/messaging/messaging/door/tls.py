"""TLS at the door: 1.2 or later, forward secrecy, the peer's certificate verified; files read again on change."""

import hashlib
import ssl
from pathlib import Path
from typing import Any

from messaging.domain.operators import Certificate
from messaging.reloading import Reloaded

CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""For TLS 1.2; those of 1.3 are all sane."""
HANDSHAKE_WITHIN = 30.0


class DoorTls:
    """The door's certificate, key, and who signs mail operators' certificates, as the files are now."""

    def __init__(self, certificate: Path, key: Path, client_ca: Path) -> None:
        paths = (certificate, key, client_ca)
        self._context = Reloaded("door-certificate", paths, lambda: _context(*paths))

    def context(self) -> ssl.SSLContext:
        """For the next handshake."""
        return self._context.current()


def _context(certificate: Path, key: Path, client_ca: Path) -> ssl.SSLContext:
    """Who presents no certificate is let in and told why at MAIL; who presents a wrong one isn't."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(client_ca))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_OPTIONAL
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    context.set_ciphers(CIPHERS)
    context.load_cert_chain(certificate, key)
    return context


def presented(connection: ssl.SSLObject) -> Certificate | None:
    """The verified certificate of a peer, None if it presented none."""
    raw, said = connection.getpeercert(binary_form=True), connection.getpeercert()
    if raw is None or not said:
        return None
    alternatives: Any = said.get("subjectAltName", ())
    names = frozenset(str(value).lower() for kind, value in alternatives if kind == "DNS")
    return Certificate(names, hashlib.sha256(raw).hexdigest())
