"""Passwords: hashed with Argon2id in a bounded pool, the same work for an account that doesn't exist."""

import secrets
from typing import Protocol

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from auth.domain import credentials
from chassis.threads import BoundedPool


class Hasher(Protocol):
    """A slow password hash; both calls block."""

    def hash(self, password: str) -> str:
        """A salted hash."""
        ...

    def verify(self, hashed: str, password: str) -> bool:
        """Whether the password is the one hashed."""
        ...


class Argon2id:
    """Argon2id with the second recommended parameters of RFC 9106 §4: 64 MiB, three passes."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()

    def hash(self, password: str) -> str:
        """A salted hash in the PHC format."""
        return self._hasher.hash(password)

    def verify(self, hashed: str, password: str) -> bool:
        """Whether the password is the one hashed."""
        try:
            return self._hasher.verify(hashed, password)
        except VerificationError:
            return False


class Passwords:
    """Passwords judged, hashed and compared, without blocking the event loop."""

    def __init__(self, hasher: Hasher, pool: BoundedPool) -> None:
        self._hasher = hasher
        self._pool = pool
        self._nobody = hasher.hash(secrets.token_urlsafe(32))

    async def matches(self, hashed: str | None, typed: str) -> bool:
        """Whether this is the password; without a hash, the same work for the answer no."""
        shortened = credentials.password(typed[: credentials.PASSWORD_MAX + 1])
        right = await self._pool.run(self._hasher.verify, hashed or self._nobody, shortened)
        return right and hashed is not None

    async def hash(self, chosen: str) -> str:
        """The hash to keep of a chosen password."""
        return await self._pool.run(self._hasher.hash, credentials.password(chosen))

    async def is_common(self, chosen: str, about_the_person: tuple[str, ...]) -> bool:
        """Whether the password is soon guessed, knowing these words."""
        return await self._pool.run(credentials.is_common, chosen, about_the_person)

    def close(self) -> None:
        """Let the threads go."""
        self._pool.close()
