"""Addresses of patients and professionals: the INS and its key, letter case, domains that may be answered."""

import re

from msgspec import Struct

_INS = re.compile(r"[0-9]{6}[0-9AB][0-9]{8}")
_ADDRESS = re.compile(r"[^\s@<>\"(),:;\\\[\]\x00-\x1f\x7f]{1,64}@[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
_CORSICA = {"A": "19", "B": "18"}


def has_right_key(ins: str) -> bool:
    """Whether these 15 characters are an INS: 13, then 97 − (the 13 modulo 97); Corsica's 2A is 19, 2B 18."""
    if not _INS.fullmatch(ins):
        return False
    department = ins[5:7]
    if ins[6] in _CORSICA:
        if ins[5] != "2":
            return False
        department = _CORSICA[ins[6]]
    number = int(ins[:5] + department + ins[7:13])
    return int(ins[13:]) == 97 - number % 97


def normal(address: str) -> str:
    """An address as we compare and keep it: trimmed, lower case."""
    return address.strip().lower()


def is_address(address: str) -> bool:
    """Whether a normal address can be written to: one local part, one host name, nothing else."""
    return bool(_ADDRESS.fullmatch(address)) and ".." not in address


def domain_of(address: str) -> str:
    """What follows the last `@`, lower case; empty when there is none."""
    return address.rpartition("@")[2].lower() if "@" in address else ""


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
    if domain.lower() != patient_domain.lower() or not has_right_key(ins):
        return None
    return Recipient(ins, f"{ins.lower()}@{patient_domain.lower()}")


class Domains(Struct, frozen=True):
    """Where letters may come from and replies may go: the mail operators' domains, and the patients' own."""

    professional: frozenset[str]
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
