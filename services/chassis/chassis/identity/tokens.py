"""Five-minute EdDSA tokens: auth signs them, every service verifies them alone (RFC 9864)."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from chassis.identity.identity import Identity, TokenForged

TOKEN_LIFE = timedelta(minutes=5)
ISSUER = "pli-auth"
ALGORITHMS = ["Ed25519"]
REQUIRED = ("iss", "sub", "act", "sid", "exp", "end")

KeyLookup = Callable[[str], OKPKey | None]


def key_id_of(public_key: bytes) -> str:
    """The id of a key: the first 128 bits of its SHA-256, in hexadecimal."""
    return hashlib.sha256(public_key).hexdigest()[:32]


def raw_public(key: Ed25519PrivateKey | Ed25519PublicKey) -> bytes:
    """The 32 bytes of the public half."""
    public = key.public_key() if isinstance(key, Ed25519PrivateKey) else key
    return public.public_bytes(Encoding.Raw, PublicFormat.Raw)


def verifying_key(public_key: bytes) -> OKPKey:
    """A key for `verify` from its 32 raw bytes."""
    from_raw = Ed25519PublicKey.from_public_bytes(public_key)
    return OKPKey.import_key(from_raw.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def issue(
    key: Ed25519PrivateKey,
    *,
    patient_id: str,
    actor: str,
    session_id: str,
    session_ends_at: datetime,
    at: datetime,
) -> str:
    """A token for five minutes from `at`, never past the session's own end."""
    expires = min(at + TOKEN_LIFE, session_ends_at)
    claims = {
        "iss": ISSUER,
        "sub": patient_id,
        "act": actor,
        "sid": session_id,
        "iat": int(at.timestamp()),
        "exp": int(expires.timestamp()),
        "end": int(session_ends_at.timestamp()),
    }
    header = {"alg": ALGORITHMS[0], "kid": key_id_of(raw_public(key))}
    return jwt.encode(header, claims, _signing_key(key), algorithms=ALGORITHMS)


def verify(token: str, keys: KeyLookup) -> Identity:
    """Who the token speaks for, expired or not: the guard decides about time.

    Raises `TokenForged` for an unknown key, a wrong signature, or claims of the wrong shape.
    """
    try:
        decoded = jwt.decode(token, lambda made: _key_for(made.headers(), keys), algorithms=ALGORITHMS)
        return _identity(decoded.claims)
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise TokenForged(type(error).__name__) from error


def _signing_key(key: Ed25519PrivateKey) -> OKPKey:
    return OKPKey.import_key(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def _key_for(header: dict[str, Any], keys: KeyLookup) -> OKPKey:
    key = keys(str(header.get("kid", "")))
    if key is None:
        raise TokenForged("unknown key")
    return key


def _identity(claims: dict[str, Any]) -> Identity:
    if claims["iss"] != ISSUER:
        raise TokenForged("issuer")
    return Identity(
        patient_id=str(claims["sub"]),
        actor=str(claims["act"]),
        session_id=str(claims["sid"]),
        expires_at=datetime.fromtimestamp(int(claims["exp"]), UTC),
        session_ends_at=datetime.fromtimestamp(int(claims["end"]), UTC),
    )
