"""What the structural tests look at: every module of ours, and where it lies."""

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
SERVICES = ("auth", "messaging", "documents", "synthesis", "notifier")
PACKAGES = ("chassis", *SERVICES)


def modules_of(package: str) -> Iterator[ModuleType]:
    """Every module of a package, imported; command-line entries are left alone."""
    root = importlib.import_module(package)
    yield root
    for found in pkgutil.walk_packages(root.__path__, f"{package}."):
        if not found.name.endswith("__main__"):
            yield importlib.import_module(found.name)


def sources_of(package: str) -> Iterator[Path]:
    """Every source file of a service."""
    yield from sorted((ROOT / "services" / package / package).rglob("*.py"))


@pytest.fixture(scope="session")
def every_module() -> list[ModuleType]:
    return [module for package in PACKAGES for module in modules_of(package)]
