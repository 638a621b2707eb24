"""Addresses of patients and professionals: letter case, sub-tags, domains that may be answered."""

import re
from collections.abc import Collection

from msgspec import Struct

from contracts.ins import is_valid

_MAIL_PROGRAMS = frozenset({"mailer-daemon", "postmaster"})
_ADDRESS = re.compile(r"[^\s@<>\"(),:;\\\[\]\x00-\x1f\x7f]{1,64}@[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")


def normal(address: str) -> str:
    """An address as we compare and keep it: trimmed, lower case."""
    return address.strip().lower()


def is_address(address: str) -> bool:
    """Whether a normal address can be written to: one local part, one host name, nothing else."""
    return bool(_ADDRESS.fullmatch(address)) and ".." not in address


def domain_of(address: str) -> str:
    """What follows the last `@`, lower case; empty when there is none."""
    return address.rpartition("@")[2].lower() if "@" in address else ""


def is_mail_program(address: str) -> bool:
    """Whether mail programs send reports under that name, on whatever host."""
    return address.partition("@")[0].lower() in _MAIL_PROGRAMS


class Recipient(Struct, frozen=True):
    """A recipient at the door: whose INS, and the mailbox's address without sub-tag."""

    ins: str
    address: str


def read_recipient(address: str, patient_domain: str) -> Recipient | None:
    """The patient that `RCPT TO` names, None when it isn't an INS at our domain.

    Letter case does not matter, nor a `+tag` behind the number.
    """
    local, _, domain = address.strip().rpartition("@")
    ins = local.partition("+")[0].upper()
    if domain.lower() != patient_domain.lower() or not is_valid(ins):
        return None
    return Recipient(ins, f"{ins.lower()}@{patient_domain.lower()}")


class Domains(Struct, frozen=True):
    """Where letters may come from and replies may go: the mail operators' domains, and the patients' own."""

    professional: Collection[str]
    patient: str

    def may_write(self, address: str) -> bool:
        """Whether an address belongs to a listed mail operator."""
        return domain_of(address) in self.professional

    def may_be_answered(self, address: str) -> bool:
        """Whether a reply may go there: a well-formed address of a listed operator, never a patient's."""
        return is_address(address) and self.may_write(address) and not self.is_patient(address)

    def is_patient(self, address: str) -> bool:
        """Whether an address is one of our patients'."""
        return domain_of(address) == self.patient.lower()
