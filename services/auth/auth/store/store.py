"""The database and its indexes; one small class for each collection."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from pymongo import ASCENDING, IndexModel

from auth.settings import AuthSettings
from auth.store.accounts import Accounts
from auth.store.challenges import Challenges
from auth.store.guesses import Browsers, Guesses
from auth.store.invitations import Invitations
from auth.store.keys import Keys
from auth.store.sessions import Sessions
from chassis.store import Store, Tx


def _forgotten() -> IndexModel:
    return IndexModel([("forget_at", ASCENDING)])


class AuthStore(Store[Tx]):
    """auth's own database."""

    INDEXES: ClassVar[Mapping[str, Sequence[IndexModel]]] = {
        "accounts": (
            IndexModel([("ins", ASCENDING)], unique=True),
            IndexModel(
                [("identifier", ASCENDING)],
                unique=True,
                partialFilterExpression={"identifier": {"$type": "string"}},
            ),
        ),
        "invitations": (IndexModel([("code_digest", ASCENDING)]), IndexModel([("holder", ASCENDING)])),
        "challenges": (IndexModel([("browser", ASCENDING)]), _forgotten()),
        "sessions": (
            IndexModel([("secret", ASCENDING)], unique=True),
            IndexModel([("ended_at", ASCENDING), ("ends_at", ASCENDING)]),
            IndexModel([("patient_id", ASCENDING), ("ended_at", ASCENDING), ("ends_at", ASCENDING)]),
            _forgotten(),
        ),
        "guesses": (_forgotten(),),
        "browsers": (_forgotten(),),
        "keys": (),
    }
    EXPIRING: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("challenges", "sessions", "guesses", "browsers"), "forget_at"
    )

    def __init__(self, settings: AuthSettings) -> None:
        super().__init__(settings)
        self.accounts = Accounts(self.collection("accounts"))
        self.invitations = Invitations(self.collection("invitations"))
        self.challenges = Challenges(self.collection("challenges"))
        self.sessions = Sessions(self.collection("sessions"))
        self.guesses = Guesses(self.collection("guesses"))
        self.browsers = Browsers(self.collection("browsers"))
        self.keys = Keys(self.collection("keys"))
