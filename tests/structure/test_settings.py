"""Every setting is documented, and no secret has a default."""

from types import ModuleType

import pytest
from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo

from chassis.settings import Settings, of_demonstration


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


GIVEN = {
    "kafka_bootstrap": "127.0.0.1:1",
    "kafka_username": "u",
    "kafka_password": "x",
    "mongo_uri": "mongodb://127.0.0.1:1",
    "mongo_database": "d",
    "mongo_username": "u",
    "mongo_password": "x",
    "http_port": 1,
}


class Answered(Settings):
    """Settings with one field that answers for the demonstration."""

    who: str = of_demonstration("la démonstration", "who answers")


@pytest.mark.parametrize("origin", ["https://espace.example", "http://10.0.0.7:8080"])
def test_a_site_that_others_reach_does_not_start_with_the_demonstration_s_words(origin: str) -> None:
    with pytest.raises(ValidationError, match="PLI_WHO"):
        Answered(**GIVEN, public_origin=origin)
    assert Answered(**GIVEN, public_origin=origin, who="l'hôpital").who == "l'hôpital"


@pytest.mark.parametrize("origin", ["http://localhost:8080", "http://127.0.0.1:8080"])
def test_the_demonstration_starts_with_them(origin: str) -> None:
    assert Answered(**GIVEN, public_origin=origin).who == "la démonstration"
