"""auth's database: accounts, invitations, challenges, sessions, and what slows guessing down."""

from auth.store.accounts import Accounts, AlreadyInvited, IdentifierTaken
from auth.store.challenges import Challenges
from auth.store.guesses import Browsers, Guesses
from auth.store.invitations import Invitations
from auth.store.keys import Keys
from auth.store.sessions import Sessions
from auth.store.store import AuthStore

__all__ = [
    "Accounts",
    "AlreadyInvited",
    "AuthStore",
    "Browsers",
    "Challenges",
    "Guesses",
    "IdentifierTaken",
    "Invitations",
    "Keys",
    "Sessions",
]
