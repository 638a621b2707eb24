"""The keys that sign tokens and codes, and those of the notifier to which codes are sealed."""

from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from auth.domain.sessions import LONGEST, Session
from auth.errors import NoSealingKey
from chassis.identity import sealing
from chassis.identity.tokens import issue, key_id_of, raw_public
from contracts.auth import CodeIssued, SealedCode, SigningKeyPublished
from contracts.notifier import SealingKeyPublished


class SealingKeys:
    """The notifier's public keys as they are published; codes are sealed to the newest."""

    def __init__(self) -> None:
        self._newest: SealingKeyPublished | None = None

    async def learn(self, event: SealingKeyPublished) -> None:
        """Take note of a key."""
        if self._newest is None or event.published_at >= self._newest.published_at:
            self._newest = event

    def newest(self) -> SealingKeyPublished:
        """The key to seal to. Raises `NoSealingKey` while none is known."""
        if self._newest is None:
            raise NoSealingKey
        return self._newest


class Signer:
    """auth's own key: it signs tokens and codes."""

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public_key = raw_public(self._key)
        self.key_id = key_id_of(self.public_key)

    def published(self, at: datetime) -> SigningKeyPublished:
        """The public half, as the others are told."""
        return SigningKeyPublished(key_id=self.key_id, public_key=self.public_key, published_at=at)

    def token(self, session: Session, at: datetime) -> str:
        """A five-minute token for a live session."""
        return issue(
            self._key,
            patient_id=session.patient_id,
            actor=session.patient_id,
            session_id=session.id,
            session_ends_at=session.started_at + LONGEST,
            at=at,
        )

    def issued(self, code: SealedCode, to: SealingKeyPublished) -> CodeIssued:
        """A code sealed to the notifier and signed by us."""
        box = sealing.seal(code, to.public_key)
        return CodeIssued(
            challenge_id=code.challenge_id,
            box=box,
            sealing_key_id=to.key_id,
            signature=sealing.sign(code.challenge_id, box, self._key),
            signing_key_id=self.key_id,
            expires_at=code.expires_at,
        )
