"""Every setting is documented, and no secret has a default."""

from types import ModuleType

import pytest
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from chassis.settings import Settings


def settings_classes() -> list[type[Settings]]:
    found, pending = [], [Settings]
    while pending:
        one = pending.pop()
        found.append(one)
        pending.extend(one.__subclasses__())
    return [one for one in found if not one.__module__.startswith("tests")]


@pytest.fixture
def fields(every_module: list[ModuleType]) -> list[tuple[str, FieldInfo]]:
    assert every_module
    return [
        (f"{one.__name__}.{name}", field) for one in settings_classes() for name, field in one.model_fields.items()
    ]


def test_every_setting_says_what_it_is(fields: list[tuple[str, FieldInfo]]) -> None:
    undocumented = {name for name, field in fields if not field.description and not name.endswith(".log_level")}
    assert undocumented == set()


def test_no_secret_has_a_default(fields: list[tuple[str, FieldInfo]]) -> None:
    secrets = [(name, field) for name, field in fields if "SecretStr" in str(field.annotation)]
    assert any(field.annotation is SecretStr for _, field in secrets)
    assert [name for name, field in secrets if field.default not in (None, ...) and not field.is_required()] == []
