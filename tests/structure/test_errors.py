"""Every error that can reach a person has a stable code and a sentence for them."""

import re
from types import ModuleType

import pytest

from chassis.errors import Kind, PliError


def errors(root: type[PliError] = PliError) -> list[type[PliError]]:
    return [root, *(found for child in root.__subclasses__() for found in errors(child))]


@pytest.fixture
def ours(every_module: list[ModuleType]) -> list[type[PliError]]:
    packages = {module.__name__.split(".")[0] for module in every_module}
    return [error for error in errors() if error.__module__.split(".")[0] in packages]


def test_every_error_says_something_to_the_patient(ours: list[type[PliError]]) -> None:
    silent = [error.__name__ for error in ours if not re.match(r"[A-ZÀ-Ý].{10,}[.?]$", error.sentence, re.DOTALL)]
    assert silent == []


def test_every_code_is_stable_and_names_one_thing(ours: list[type[PliError]]) -> None:
    own = [error for error in ours if "code" in vars(error)]
    assert [error.__name__ for error in own if not re.fullmatch(r"[a-z][a-z0-9-]{2,60}", error.code)] == []
    by_code: dict[str, set[str]] = {}
    for error in own:
        by_code.setdefault(f"{error.__module__.split('.')[0]}:{error.code}", set()).add(error.__name__)
    assert {code: names for code, names in by_code.items() if len(names) > 1} == {}


def test_every_error_is_an_answer(ours: list[type[PliError]]) -> None:
    wrong = [error.__name__ for error in ours if not (400 <= error.status < 600 and isinstance(error.kind, Kind))]
    assert wrong == []
