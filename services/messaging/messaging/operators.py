"""The list of mail operators as a file: read by each process of messaging, and again when it changes."""

from collections.abc import Iterator
from pathlib import Path

from messaging.domain.addresses import Domains
from messaging.domain.operators import MailOperators, read_operators
from messaging.reloading import Reloaded


class OperatorsFile:
    """The listed operators as of now, out of one TOML file. Raises `ListUnreadable` or `OSError` at first."""

    def __init__(self, path: Path) -> None:
        self._file = Reloaded("mail-operators", (path,), lambda: read_operators(path.read_text("utf-8")))

    def current(self) -> MailOperators:
        """The list as it stands in the file, or as it last could be read."""
        return self._file.current()

    def domains(self, patient_domain: str) -> Domains:
        """Whose letters are let in and who may be answered, following the file."""
        return Domains(_ListedDomains(self), patient_domain.lower())


class _ListedDomains:
    """The domains of all operators, as a collection that follows the file."""

    def __init__(self, file: OperatorsFile) -> None:
        self._file = file

    def __contains__(self, domain: object) -> bool:
        return domain in self._file.current().domains

    def __iter__(self) -> Iterator[str]:
        return iter(self._file.current().domains)

    def __len__(self) -> int:
        return len(self._file.current().domains)
