"""Secrets: generated, kept, one file a process, readable by the owner only."""

import stat
from pathlib import Path

import pytest

from stack.environment import Environment, read, write
from stack.instance import Instance
from stack.places import Places
from stack.ports import Ports


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    return Instance("trial", 0, Places(tmp_path / "trial"), Ports.at(0, {}))


@pytest.fixture
def environment(instance: Instance) -> Environment:
    made = Environment(instance)
    made.write()
    return made


def test_only_the_owner_can_read_a_secret(environment: Environment, instance: Instance) -> None:
    files = list(instance.places.env.iterdir())
    assert files
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE(instance.places.env.stat().st_mode) == 0o700


def test_secrets_stay_when_written_again(environment: Environment, instance: Instance) -> None:
    before = {file.name: read(file) for file in instance.places.env.iterdir()}
    Environment(instance).write()
    assert {file.name: read(file) for file in instance.places.env.iterdir()} == before


def test_two_instances_share_no_secret(environment: Environment, tmp_path: Path) -> None:
    other = Environment(Instance("other", 0, Places(tmp_path / "other"), Ports.at(0, {})))
    other.write()
    mine, theirs = environment.of("auth"), other.of("auth")
    for name in ("PLI_CODE_KEY", "PLI_SIGNING_KEY", "PLI_KAFKA_PASSWORD", "PLI_MONGO_PASSWORD"):
        assert mine[name] != theirs[name]


def test_no_service_knows_the_secret_of_another(environment: Environment) -> None:
    secret_names = ("PLI_KAFKA_PASSWORD", "PLI_MONGO_PASSWORD", "PLI_OBJECTS_SECRET_KEY", "PLI_SIGNING_KEY")
    services = ("auth", "messaging-worker", "documents", "synthesis", "notifier")
    secrets = [environment.of(service)[name] for service in services for name in secret_names
               if name in environment.of(service)]  # fmt: skip
    assert len(secrets) == len(set(secrets))


def test_the_door_has_a_bus_user_of_its_own(environment: Environment) -> None:
    assert environment.of("messaging-smtp")["PLI_KAFKA_USERNAME"] == "messaging-door"
    assert environment.of("messaging-web")["PLI_KAFKA_USERNAME"] == "messaging"


def test_only_who_keeps_objects_has_a_bucket(environment: Environment) -> None:
    assert "PLI_OBJECTS_BUCKET" not in environment.of("auth")
    assert "PLI_OBJECTS_BUCKET" not in environment.of("notifier")
    assert environment.of("documents")["PLI_OBJECTS_BUCKET"] == "documents"


def test_the_store_address_holds_no_password(environment: Environment) -> None:
    assert "@" not in environment.of("auth")["PLI_MONGO_URI"]


def test_an_env_file_survives_any_character(tmp_path: Path) -> None:
    file = tmp_path / "odd.env"
    settings = {"A": "with space", "B": "quote ' and \" and $HOME", "C": ""}
    write(file, settings)
    assert read(file) == settings
