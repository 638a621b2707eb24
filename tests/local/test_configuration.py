"""The files that the servers read: loopback only, and no secret where it needn't be."""

from pathlib import Path

import pytest
import yaml

from stack import configuration, processes
from stack.environment import Environment
from stack.instance import Instance
from stack.places import Places
from stack.ports import Ports


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(processes.kafka, "broker_command", lambda *_: ["java"])
    instance = Instance("trial", 0, Places(tmp_path / "trial"), Ports.at(0, {}))
    configuration.write_all(instance, processes.processes(instance))
    return instance.places.config


def test_no_command_holds_a_secret(config: Path) -> None:
    instance = Instance("trial", 0, Places(config.parent), Ports.at(0, {}))
    secrets = [value for name, value in Environment(instance).of("provision").items()
               if "PASSWORD" in name or "SECRET" in name]  # fmt: skip
    commands = (config / "process-compose.yaml").read_text()
    assert secrets
    assert not [secret for secret in secrets if secret in commands]


def test_configuration_is_private(config: Path) -> None:
    assert {file.stat().st_mode & 0o777 for file in config.iterdir()} == {0o600}


def test_services_wait_for_the_provisioning_and_not_for_one_another(config: Path) -> None:
    declared = yaml.safe_load((config / "process-compose.yaml").read_text())["processes"]
    for name in processes.SERVICE_COMMANDS:
        assert set(declared[name]["depends_on"]) == {"provision", *processes.STORES}


def test_everything_that_ends_is_started_again(config: Path) -> None:
    declared = yaml.safe_load((config / "process-compose.yaml").read_text())["processes"]
    assert {each["availability"]["restart"] for name, each in declared.items() if name != "provision"} == {
        "always"
    }


def test_the_gateway_has_no_route_to_what_is_for_operators(config: Path) -> None:
    routes = yaml.safe_load((config / "routes.yaml").read_text())["http"]
    targets = str(routes["services"])
    ports = Ports.at(0, {})
    for hidden in ("console", "metrics", "messaging-worker", "messaging-smtp", "gateway-admin"):
        assert f":{ports[hidden]}" not in targets
    assert not [name for name, router in routes["routers"].items() if "/health" in router["rule"]]


def test_every_page_of_the_site_has_its_error_page(config: Path) -> None:
    routers = yaml.safe_load((config / "routes.yaml").read_text())["http"]["routers"]
    own = {"gateway-pages", "nowhere"}
    assert all("pages" in router["middlewares"] for name, router in routers.items() if name not in own)


def test_every_process_listens_on_the_loopback_only(config: Path) -> None:
    everything = "".join(file.read_text() for file in config.iterdir())
    assert "0.0.0.0" not in everything
    assert '":80' not in everything
