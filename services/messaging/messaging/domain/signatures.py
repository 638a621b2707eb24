"""What a letter's electronic signature (S/MIME, RFC 8551) is worth, as far as we can tell."""

from enum import StrEnum

from msgspec import Struct


class SignatureState(StrEnum):
    """Whether the words are those that were signed. Who signed is not vouched for by anybody here."""

    INTACT = "intact"
    ALTERED = "altered"
    UNCHECKED = "unchecked"
    """There is a signature that we cannot check."""


class Signature(Struct, frozen=True, kw_only=True):
    """`by` is the name in the certificate, empty when there is none."""

    state: SignatureState
    by: str = ""
