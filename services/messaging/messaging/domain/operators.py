"""Mail operators: the listed peers of the door, how their certificates are told, the domains each answers for."""

import re
from collections.abc import Iterable, Iterator
from typing import Self

import msgspec
from msgspec import Struct

from messaging.domain.addresses import domain_of, is_mail_program

_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+")
_FINGERPRINT = re.compile(r"sha256:[0-9a-f]{64}")


class ListUnreadable(ValueError):
    """A list of mail operators that cannot be used; the message names what is to be mended."""


class Certificate(Struct, frozen=True):
    """What a peer's verified certificate says: its DNS names (SAN) and the SHA-256 of its bytes in hexadecimal."""

    names: frozenset[str]
    sha256: str

    def marks(self) -> frozenset[str]:
        """By what a list may name this certificate."""
        return self.names | {f"sha256:{self.sha256}"}


class MailOperator(Struct, frozen=True):
    """A listed peer. One without domains may only bring reports back, with the null sender."""

    name: str
    certificates: frozenset[str]
    domains: frozenset[str] = frozenset()

    def answers_for(self, address: str) -> bool:
        """Whether this operator may hand over letters from that address: it answers for its own users only."""
        return domain_of(address) in self.domains

    def may_report_as(self, address: str) -> bool:
        """Whether it may hand over a report from there: a user's, or a mail program's on a host of its domains.

        One without domains, as our own relay, brings those of any mail program.
        """
        on_a_host = not self.domains or any(domain_of(address).endswith(f".{domain}") for domain in self.domains)
        return self.answers_for(address) or (is_mail_program(address) and on_a_host)


class MailOperators(Struct, frozen=True):
    """The whole list, at one moment. `together` speaks for all: whoever comes over the loopback without TLS."""

    operators: tuple[MailOperator, ...]
    together: MailOperator

    @classmethod
    def of(cls, *operators: MailOperator) -> Self:
        """The list of these."""
        domains = frozenset(_each(operator.domains for operator in operators))
        return cls(operators, MailOperator("loopback", frozenset(), domains))

    @property
    def domains(self) -> frozenset[str]:
        """Every domain that one of them answers for."""
        return self.together.domains

    def presenting(self, certificate: Certificate) -> MailOperator | None:
        """The operator whose certificate this is."""
        marks = certificate.marks()
        return next((operator for operator in self.operators if operator.certificates & marks), None)


class _Entry(Struct, forbid_unknown_fields=True):
    name: str
    certificates: list[str]
    domains: list[str] = []


class _List(Struct, forbid_unknown_fields=True):
    operator: list[_Entry]


def read_operators(text: str) -> MailOperators:
    """The list out of its TOML: `[[operator]]` with `name`, `certificates` and `domains`.

    A certificate is named by a DNS name it carries, or by `sha256:` and its fingerprint. A domain and a
    certificate belong to one operator. Raises `ListUnreadable`.
    """
    try:
        entries = msgspec.toml.decode(text, type=_List).operator
    except msgspec.DecodeError as error:
        raise ListUnreadable(str(error)) from error
    if not entries:
        raise ListUnreadable("no operator is listed")
    operators = tuple(_operator(entry) for entry in entries)
    _refuse_shared("domain", _each(operator.domains for operator in operators))
    _refuse_shared("certificate", _each(operator.certificates for operator in operators))
    return MailOperators.of(*operators)


def _operator(entry: _Entry) -> MailOperator:
    certificates = frozenset(mark.strip().lower() for mark in entry.certificates)
    domains = frozenset(domain.strip().lower() for domain in entry.domains)
    for mark in certificates:
        if not _HOST.fullmatch(mark) and not _FINGERPRINT.fullmatch(mark):
            raise ListUnreadable(f"{entry.name!r}: {mark!r} is neither a DNS name nor sha256: and 64 digits")
    for domain in domains:
        if not _HOST.fullmatch(domain):
            raise ListUnreadable(f"{entry.name!r}: {domain!r} is no domain")
    return MailOperator(entry.name, certificates, domains)


def _each(sets: Iterable[frozenset[str]]) -> Iterator[str]:
    for one in sets:
        yield from one


def _refuse_shared(what: str, named: Iterable[str]) -> None:
    seen: set[str] = set()
    for each in named:
        if each in seen:
            raise ListUnreadable(f"the {what} {each!r} is listed twice")
        seen.add(each)
