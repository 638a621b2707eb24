"""The patient's address as it is given to a professional: easy to read out, to copy from a screen, to scan."""

from collections.abc import Sequence

from msgspec import Struct

_INS_GROUPS = (1, 2, 2, 2, 3, 3, 2)
"""How French people read their number: sex, year, month, department, commune, order, key."""


class AddressCard(Struct, frozen=True, kw_only=True):
    """An address in parts. `groups` together are what stands before the `@`, grouped for the eye only."""

    groups: Sequence[str]
    domain: str

    @property
    def local(self) -> str:
        """What stands before the `@`."""
        return "".join(self.groups)

    @property
    def spelled(self) -> str:
        """The same, one character after the other, as it is read out."""
        return " ".join(self.local)

    @property
    def address(self) -> str:
        """The whole address, as it is typed."""
        return f"{self.local}@{self.domain}"

    @property
    def link(self) -> str:
        """What the QR code holds: a device that scans it begins a letter to the address (RFC 6068)."""
        return f"mailto:{self.address}"


def card_of(address: str) -> AddressCard:
    """The card of a patient's address. Only a number of 15 places is grouped; anything else is one group."""
    local, _, domain = address.partition("@")
    return AddressCard(groups=_grouped(local), domain=domain)


def _grouped(local: str) -> Sequence[str]:
    if len(local) != sum(_INS_GROUPS) or not (local.isascii() and local.isalnum()):
        return (local,)
    rest = iter(local)
    return tuple("".join(next(rest) for _ in range(size)) for size in _INS_GROUPS)
