"""The keys around a code: auth's public ones that sign it, and our own that opens it."""

import hashlib
from contextlib import suppress
from datetime import datetime
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from joserfc.jwk import OKPKey

from chassis.errors import BackingServiceAway
from chassis.identity import sealing
from contracts.auth import CodeIssued, SealedCode
from contracts.notifier import SealingKeyPublished
from notifier.domain.returns import return_key
from notifier.domain.views import view_key
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
    """One of our private keys, and how the others know it."""

    def __init__(self, secret: bytes) -> None:
        self.private = X25519PrivateKey.from_private_bytes(secret)
        self.public_key = self.private.public_key().public_bytes_raw()
        self.key_id = hashlib.sha256(self.public_key).hexdigest()[:KEY_ID_LENGTH]

    def published(self, at: datetime) -> SealingKeyPublished:
        """The public half, as the others are told."""
        return SealingKeyPublished(key_id=self.key_id, public_key=self.public_key, published_at=at)


class KeyRing:
    """Our keys: one that is current, and while it is changed another, with which nothing new is made.

    Codes are opened with them, for as short as sending one takes. `view_keys` and `return_keys` are drawn from
    them (`domain/views.py`, `domain/returns.py`), the current one first.
    """

    def __init__(self, current: bytes, *others: bytes) -> None:
        secrets = (current, *others)
        self._all = [SealingKey(secret) for secret in secrets]
        self.current = self._all[0]
        self.view_keys = tuple(view_key(secret) for secret in secrets)
        self.return_keys = tuple(return_key(secret) for secret in secrets)

    def open_issued(self, issued: CodeIssued, keys: SigningKeys) -> SealedCode:
        """What auth asks to send, its signature checked first.

        Raises `SigningKeyUnknown`, `SealedToAnother`, `SignatureRefused` or `BoxUnreadable`.
        """
        public_key = public_key_of(keys, issued.signing_key_id)
        for ours in self._all:
            if ours.key_id == issued.sealing_key_id:
                return sealing.open_issued(issued, ours.private, public_key)
        raise SealedToAnother(issued.sealing_key_id)

    def open_box(self, box: bytes) -> SealedCode:
        """A code whose signature was checked when it was queued. Raises `BoxUnreadable`."""
        *others, last = self._all
        for ours in others:
            with suppress(sealing.BoxUnreadable):
                return sealing.open_box(box, ours.private)
        return sealing.open_box(box, last.private)
