"""One-time codes on the bus: sealed by auth to the notifier's key, and signed by auth.

HPKE (RFC 9180), base mode: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, CHACHA20-POLY1305. The box is the
encapsulated key (32 bytes) followed by the ciphertext. Pure functions; auth and the notifier share them.
"""

import msgspec
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from chassis.errors import PliError
from contracts.auth import CodeIssued, SealedCode

INFO = b"pli one-time code v1"

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
_DECODER = msgspec.json.Decoder(SealedCode)


class BoxUnreadable(PliError):
    """A box was not sealed to this key, was altered, or holds no `SealedCode`."""

    code = "box-unreadable"


class SignatureRefused(PliError):
    """A code was not signed by the key it names, or it was altered since."""

    code = "signature-refused"


def seal(code: SealedCode, public_key: bytes) -> bytes:
    """The code in a box that only the holder of the private half of `public_key` (32 bytes) opens."""
    return _SUITE.encrypt(msgspec.json.encode(code), X25519PublicKey.from_public_bytes(public_key), INFO)


def open_box(box: bytes, private_key: X25519PrivateKey) -> SealedCode:
    """The code in a box that was sealed to us. Raises `BoxUnreadable`."""
    try:
        return _DECODER.decode(_SUITE.decrypt(box, private_key, INFO))
    except (InvalidTag, ValueError, msgspec.DecodeError) as error:
        raise BoxUnreadable(type(error).__name__) from None


def sign(challenge_id: str, box: bytes, key: Ed25519PrivateKey) -> bytes:
    """auth's signature (64 bytes) over a box and the challenge it belongs to."""
    return key.sign(_signed_bytes(challenge_id, box))


def verify(issued: CodeIssued, public_key: bytes) -> None:
    """Check that `issued` is from the holder of `public_key` (32 bytes). Raises `SignatureRefused`."""
    try:
        key = Ed25519PublicKey.from_public_bytes(public_key)
        key.verify(issued.signature, _signed_bytes(issued.challenge_id, issued.box))
    except (InvalidSignature, ValueError) as error:
        raise SignatureRefused(type(error).__name__) from None


def open_issued(issued: CodeIssued, private_key: X25519PrivateKey, public_key: bytes) -> SealedCode:
    """What auth asks to send: signature checked first, then opened, then both must speak of one challenge.

    Raises `SignatureRefused` or `BoxUnreadable`.
    """
    verify(issued, public_key)
    sealed = open_box(issued.box, private_key)
    if sealed.challenge_id != issued.challenge_id:
        raise BoxUnreadable("the box belongs to another challenge")
    return sealed


def _signed_bytes(challenge_id: str, box: bytes) -> bytes:
    return challenge_id.encode("ascii") + box
