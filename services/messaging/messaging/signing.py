"""DKIM signatures (RFC 6376): `rsa-sha256`, header fields relaxed, body simple, hashed as it streams by.

Why not a DKIM library: ADR 0061.
"""

import re
from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

SIGNED = (
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "in-reply-to",
    "references",
    "mime-version",
    "content-type",
    "disposition-notification-to",
    "auto-submitted",
)
"""Each is signed once more than it is there: nobody can add a second one (RFC 6376 §8.15)."""
LINE = 70
_FOLD = re.compile(rb"\r\n(?=[ \t])")
_SPACE = re.compile(rb"[ \t]+")


class BodyHash:
    """The SHA-256 of a body in simple canonical form: empty lines at its end don't count (RFC 6376 §3.4.3)."""

    def __init__(self) -> None:
        self._digest = sha256()
        self._ends = b""

    def feed(self, block: bytes) -> None:
        """More of the body, cut anywhere."""
        words = block.rstrip(b"\r\n")
        if words:
            self._digest.update(self._ends + words)
            self._ends = b""
        self._ends += block[len(words) :]

    def digest(self) -> bytes:
        """Of all that was fed."""
        whole = self._digest.copy()
        whole.update(b"\r\n")
        return whole.digest()


class Seal:
    """Signs for one domain with one key, published as `<selector>._domainkey.<domain>`."""

    def __init__(self, key: rsa.RSAPrivateKey, selector: str, domain: str) -> None:
        self._key = key
        self._selector = selector
        self._domain = domain

    @classmethod
    def read(cls, path: Path, selector: str, domain: str) -> "Seal":
        """With the RSA key in this PEM file. Raises `OSError`, `ValueError`."""
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise ValueError("a DKIM key must be an RSA key")
        return cls(key, selector, domain)

    @property
    def record(self) -> tuple[str, str]:
        """The name of the DNS record, and the text it must have."""
        public = self._key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        name = f"{self._selector}._domainkey.{self._domain}"
        return name, f"v=DKIM1; k=rsa; p={b64encode(public).decode()}"

    def field(self, head: bytes, body: BodyHash, at: datetime) -> bytes:
        """The signature's own header field, to be put before `head`. The same for the same message."""
        there = _fields(head)
        present = [name for name in SIGNED if name in there]
        unsigned = (
            f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/simple; d={self._domain};\r\n"
            f" s={self._selector}; t={int(at.timestamp())};\r\n"
            f" h={_wrapped([*present, *SIGNED], ':')};\r\n"
            f" bh={b64encode(body.digest()).decode()};\r\n"
            " b="
        ).encode()
        data = b"".join(there[name] + b"\r\n" for name in present) + _relaxed(unsigned)
        signature = b64encode(self._key.sign(data, padding.PKCS1v15(), hashes.SHA256())).decode()
        pieces = [signature[start : start + LINE] for start in range(0, len(signature), LINE)]
        return unsigned + "\r\n ".join(pieces).encode() + b"\r\n"


def _fields(head: bytes) -> dict[str, bytes]:
    """The fields of a header block by lower-case name, in relaxed form; each of ours is there once."""
    lines = _FOLD.sub(b"", head.rstrip(b"\r\n")).split(b"\r\n")
    return {line.partition(b":")[0].strip().lower().decode(): _relaxed(line) for line in lines}


def _relaxed(field: bytes) -> bytes:
    """RFC 6376 §3.4.2: name in lower case, unfolded, runs of white space as one, none around the colon."""
    name, _, value = _FOLD.sub(b"", field).partition(b":")
    return name.strip().lower() + b":" + _SPACE.sub(b" ", value).strip()


def _wrapped(names: Sequence[str], separator: str) -> str:
    """Names in lines of reasonable length."""
    lines, line = [], ""
    for name in names:
        if len(line) + len(name) > LINE:
            lines.append(line)
            line = ""
        line += f"{name}{separator}"
    return "\r\n ".join([*lines, line]).removesuffix(separator)
