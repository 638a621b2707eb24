"""The rooms of the house are where they are expected, and what may be known only there is."""

import ast
from pathlib import Path

import pytest

from tests.structure.conftest import ROOT, SERVICES, sources_of

ONLY_IN = {"motor": ("store",), "pymongo": ("store",), "minio": ("objects",)}
FORBIDDEN_NAMES = {"utils", "helpers", "common", "manager", "misc"}
LONGEST = 400


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("service", SERVICES)
def test_clients_are_known_in_their_room_only(service: str) -> None:
    root = ROOT / "services" / service / service
    strays = [
        f"{path.relative_to(root)} imports {client}"
        for path in sources_of(service)
        for client in imports(path) & ONLY_IN.keys()
        if path.relative_to(root).parts[0].removesuffix(".py") not in ONLY_IN[client]
    ]
    assert strays == []


@pytest.mark.parametrize("service", SERVICES)
def test_no_service_imports_another(service: str) -> None:
    others = set(SERVICES) - {service}
    assert [(path.name, found) for path in sources_of(service) if (found := imports(path) & others)] == []


def everything() -> list[Path]:
    folders = ("contracts", "services", "deploy", "tests")
    return [
        path
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
        if not {"build", "node_modules"} & set(path.parts)
    ]


def test_no_file_is_too_long_to_be_read_at_once() -> None:
    long = {str(path.relative_to(ROOT)): count for path in everything() if (count := lines(path)) > LONGEST}
    assert long == {}


def lines(path: Path) -> int:
    return len(path.read_text().splitlines())


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in everything()
        if path.read_text().strip() and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [str(path) for path in everything() if path.stem in FORBIDDEN_NAMES] == []


@pytest.mark.parametrize("service", [*SERVICES, "chassis"])
def test_every_service_tells_what_it_is(service: str) -> None:
    root = ROOT / "services" / service
    assert (root / "pyproject.toml").is_file()
    assert (root / "README.md").is_file() or service == "chassis"
