"""Addresses that are nobody's mailbox: notices that come back, the sender nobody reads, postmaster."""

import re

from msgspec import Struct

from messaging.domain.addresses import domain_of

_RETURN = re.compile(
    r"retour\+(?P<notice>[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})"
    r"(?:\.(?P<proof>[0-9a-f]{16}))?@"
)
_ROLES = ("postmaster", "abuse")
"""RFC 5321 §4.5.1 and RFC 2142 §2: whoever runs a domain can be written to."""
REPORTS_ONLY = "550 5.7.1 Only delivery reports come here, with the null sender"


class ReturnOf(Struct, frozen=True):
    """A recipient that stands for one of our notices: what is sent there says what became of it.

    Whether the `proof` in the address is one, the notifier knows: here it is carried on.
    """

    notice_id: str
    proof: str | None


class Operators(Struct, frozen=True):
    """A recipient that stands for who runs the house: what is sent there is kept for them to read."""


class House(Struct, frozen=True):
    """What the house answers at its own addresses; `site` is where patients write."""

    notice_domain: str
    patient_domain: str
    site: str

    def find(self, address: str, sender: str) -> ReturnOf | Operators | str | None:
        """Whom the house's address stands for, a reply, or None when it is not one of the house's."""
        plain, domain = address.lower(), domain_of(address)
        if plain in _ROLES or (domain == self.patient_domain and _is_role(plain)):
            return Operators()
        return self._at_notices(plain, sender) if domain == self.notice_domain else None

    def _at_notices(self, plain: str, sender: str) -> ReturnOf | Operators | str:
        if returned := _RETURN.match(plain):
            return ReturnOf(returned["notice"], returned["proof"]) if not sender else REPORTS_ONLY
        if plain.startswith("ne-pas-repondre@"):
            return (
                f"550 5.7.1 Personne ne lit cette adresse : ecrivez depuis {self.site}"
                f" (nobody reads this address, write from the site)"
            )
        return Operators() if _is_role(plain) else "550 5.1.1 No such mailbox"


def _is_role(address: str) -> bool:
    return address.partition("@")[0] in _ROLES
