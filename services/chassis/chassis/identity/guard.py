"""The guard: verifies tokens on its own and refuses sessions that ended, from what the bus tells."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from joserfc.jwk import OKPKey

from chassis.bus.follower import Follower
from chassis.clock import Clock, now
from chassis.identity.identity import Identity, SessionOver, TokenExpired, TokenMissing
from chassis.identity.tokens import verify, verifying_key
from chassis.settings import Settings
from contracts.auth import SessionEnded, SigningKeyPublished

LONGEST_SESSION = timedelta(hours=12)
ALIVE_KNOWN_WITHIN = timedelta(seconds=10)


class Guard:
    """Follows `auth.keys` and `auth.sessions`; answers who a token speaks for."""

    def __init__(self, settings: Settings, clock: Clock = now) -> None:
        self._clock = clock
        self._keys: dict[str, OKPKey] = {}
        self._ended: dict[str, datetime] = {}
        self._keys_follower = Follower(
            settings, "auth.keys", [SigningKeyPublished], self.learn_key, from_beginning=True
        )
        self._sessions_follower = Follower(
            settings, "auth.sessions", [SessionEnded], self.learn_end, from_beginning=True
        )

    @property
    def followers(self) -> Sequence[Follower]:
        """The parts that must run for this guard to know anything."""
        return (self._keys_follower, self._sessions_follower)

    @property
    def keys_loaded(self) -> bool:
        """Whether tokens can be verified at all."""
        return self._keys_follower.caught_up and self._sessions_follower.caught_up

    async def learn_key(self, event: SigningKeyPublished) -> None:
        """Accept tokens signed by this key from now on."""
        self._keys[event.key_id] = verifying_key(event.public_key)

    async def learn_end(self, event: SessionEnded) -> None:
        """Refuse this session from now on; forget those that no token can name any more."""
        self._ended[event.session_id] = event.ended_at
        oldest = self._clock() - LONGEST_SESSION
        if len(self._ended) % 1000 == 0:
            self._ended = {session: at for session, at in self._ended.items() if at > oldest}

    def signing_key(self, key_id: str) -> OKPKey | None:
        """One of auth's public keys, for what else it signs."""
        return self._keys.get(key_id)

    def identify(self, token: str | None, *, unsafe: bool) -> Identity:
        """Who asks. `unsafe` requests with an expired token pass while the session is known to be alive.

        Raises `TokenMissing`, `TokenForged`, `TokenExpired` or `SessionOver`.
        """
        if not token:
            raise TokenMissing("no token")
        identity = verify(token, self._keys.get)
        self._check_session(identity)
        if self._clock() >= identity.expires_at and not (unsafe and self._known_alive()):
            raise TokenExpired("expired", patient_id=identity.patient_id)
        return identity

    def still_alive(self, identity: Identity) -> bool:
        """Whether this session has not ended, as far as is known: event streams ask at each event."""
        at = self._clock()
        return identity.session_id not in self._ended and at < identity.session_ends_at

    def _check_session(self, identity: Identity) -> None:
        if not self.still_alive(identity):
            raise SessionOver("ended", patient_id=identity.patient_id)

    def _known_alive(self) -> bool:
        return self._sessions_follower.fresh(ALIVE_KNOWN_WITHIN)
