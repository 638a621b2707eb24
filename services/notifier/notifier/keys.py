"""The keys around a code: auth's public ones that sign it, and our own that opens it."""

import hashlib
from datetime import datetime
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from joserfc.jwk import OKPKey

from chassis.errors import BackingServiceAway
from chassis.identity import sealing
from contracts.auth import CodeIssued, SealedCode
from contracts.notifier import SealingKeyPublished
from notifier.errors import SealedToAnother, SigningKeyUnknown

KEY_ID_LENGTH = 32


class SigningKeys(Protocol):
    """auth's public keys as the identity guard follows them."""

    @property
    def keys_loaded(self) -> bool:
        """Whether everything published so far has been heard."""
        ...

    def signing_key(self, key_id: str) -> OKPKey | None:
        """One of the keys, if it is known."""
        ...


def public_key_of(keys: SigningKeys, key_id: str) -> bytes:
    """The 32 bytes of one of auth's keys.

    Raises `BackingServiceAway` until all keys have been heard, then `SigningKeyUnknown` for a strange one.
    """
    found = keys.signing_key(key_id)
    if found is not None:
        return found.public_key.public_bytes_raw()
    if not keys.keys_loaded:
        raise BackingServiceAway("bus")
    raise SigningKeyUnknown(key_id)


class SealingKey:
    """Our private key. Codes are opened with it, for as short as sending one takes."""

    def __init__(self, secret: bytes) -> None:
        self._key = X25519PrivateKey.from_private_bytes(secret)
        self.public_key = self._key.public_key().public_bytes_raw()
        self.key_id = hashlib.sha256(self.public_key).hexdigest()[:KEY_ID_LENGTH]

    def published(self, at: datetime) -> SealingKeyPublished:
        """The public half, as the others are told."""
        return SealingKeyPublished(key_id=self.key_id, public_key=self.public_key, published_at=at)

    def open_issued(self, issued: CodeIssued, keys: SigningKeys) -> SealedCode:
        """What auth asks to send, its signature checked first.

        Raises `SigningKeyUnknown`, `SealedToAnother`, `SignatureRefused` or `BoxUnreadable`.
        """
        public_key = public_key_of(keys, issued.signing_key_id)
        if issued.sealing_key_id != self.key_id:
            raise SealedToAnother(issued.sealing_key_id)
        return sealing.open_issued(issued, self._key, public_key)

    def open_box(self, box: bytes) -> SealedCode:
        """A code whose signature was checked when it was queued. Raises `BoxUnreadable`."""
        return sealing.open_box(box, self._key)
