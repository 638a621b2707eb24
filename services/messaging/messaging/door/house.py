"""Addresses that are nobody's mailbox: notices that come back, the sender nobody reads, postmaster."""

import re

from msgspec import Struct

from messaging.domain.addresses import domain_of

_RETURN = re.compile(r"retour\+([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})@")
REPORTS_ONLY = "550 5.7.1 Only delivery reports come here, with the null sender"


class ReturnOf(Struct, frozen=True):
    """A recipient that stands for one of our notices: what is sent there says what became of it."""

    notice_id: str


class House(Struct, frozen=True):
    """What the house answers at its own addresses. `write_to` is where people who need us may write."""

    notice_domain: str
    patient_domain: str
    site: str
    write_to: str

    def find(self, address: str, sender: str) -> ReturnOf | str | None:
        """The notice that comes back, a reply, or None when the address is not one of the house's."""
        plain, domain = address.lower(), domain_of(address)
        if domain == self.notice_domain:
            return self._at_notices(plain, sender)
        if plain in ("postmaster", "abuse") or (domain == self.patient_domain and _is_for_postmaster(plain)):
            return self._postmaster()
        return None

    def _at_notices(self, plain: str, sender: str) -> ReturnOf | str:
        if returned := _RETURN.match(plain):
            return ReturnOf(returned[1]) if not sender else REPORTS_ONLY
        if plain.startswith("ne-pas-repondre@"):
            return (
                f"550 5.7.1 Personne ne lit cette adresse : ecrivez depuis {self.site}"
                f" (nobody reads this address, write from the site)"
            )
        return self._postmaster() if _is_for_postmaster(plain) else "550 5.1.1 No such mailbox"

    def _postmaster(self) -> str:
        """RFC 5321 §3.4: not here, and the address that is."""
        return f"551 5.1.6 Please write to <{self.write_to}>"


def _is_for_postmaster(address: str) -> bool:
    return address.partition("@")[0] in ("postmaster", "abuse")
