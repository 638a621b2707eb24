"""The operators' commands: tables, JSON, and what they say when something is wrong."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from console import cli
from contracts import golden
from tests.console.fakes import FakeBus, letter, snapshot_of

PATIENT = "auth.patient-changed.v1"
LETTER = letter(golden.payload_file(PATIENT).read_bytes(), PATIENT)
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def bus() -> FakeBus:
    return FakeBus(snapshot_of({"synthesis.events": (0, 7), "documents.dead-letters": (0, 1)}), [LETTER])


@pytest.fixture
def run(bus: FakeBus, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """A command over the fake bus: exit code, output, errors."""

    @asynccontextmanager
    async def connected(_: Any) -> AsyncIterator[FakeBus]:
        yield bus

    monkeypatch.setattr(cli, "connected", connected)
    for name in ("BOOTSTRAP", "USERNAME", "PASSWORD"):
        monkeypatch.setenv(f"PLI_KAFKA_{name}", "x")
    monkeypatch.setenv("COLUMNS", "240")

    def command(*words: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            cli.app(words)
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return command


def test_topics_are_listed_with_what_they_hold(run: Run) -> None:
    code, out, _ = run("topics")
    assert code == 0
    row = next(line for line in out.splitlines() if line.startswith("synthesis.events"))
    assert row.split()[-3:] == ["7", "7", "7"]


def test_topics_can_be_read_by_a_program(run: Run) -> None:
    _, out, _ = run("topics", "--topic", "synthesis.events", "--json")
    (topic,) = json.loads(out)
    assert (topic["written"], topic["kept"], topic["lag"], topic["ends"]) == (7, 7, 7, {"0": 7})


def test_lag_names_the_partitions_that_wait(run: Run) -> None:
    _, out, _ = run("lag", "--topic", "synthesis.events")
    assert "messaging" in out
    assert "0: 7" in out
    assert "documents.commands" not in out


def test_dead_letters_are_listed_without_their_values(run: Run) -> None:
    code, out, _ = run("dead-letters")
    assert code == 0
    for fact in ("undecodable", PATIENT, "auth.patients/3/17", "0af7651916cd43dd8448eb211c80319c", " 4 "):
        assert fact in out
    assert "patient_id" not in out


def test_values_are_shown_when_asked_with_personal_fields_masked(run: Run) -> None:
    _, out, _ = run("dead-letters", "--values")
    assert '"family_name": "[name]"' in out
    assert "288077505600121" not in out


def test_dead_letters_can_be_read_by_a_program(run: Run) -> None:
    _, out, _ = run("dead-letters", "--json")
    (one,) = json.loads(out)
    assert one["reason"] == "undecodable"
    assert "value" not in one
    _, out, _ = run("dead-letters", "--json", "--values")
    assert json.loads(out)[0]["value"]["ins"] == "[ins]"


def test_dead_letters_of_one_service_can_be_named_in_short(run: Run, bus: FakeBus) -> None:
    run("dead-letters", "--topic", "messaging", "--limit", "3")
    assert bus.asked == [(["messaging.dead-letters"], 3)]


@pytest.mark.parametrize(
    "words",
    [
        ("topics", "--topic", "nope"),
        ("lag", "--topic", "nope"),
        ("dead-letters", "--topic", "nope"),
        ("dead-letters", "--limit", "0"),
    ],
)
def test_a_wrong_call_says_what_there_is(run: Run, words: tuple[str, ...]) -> None:
    code, out, err = run(*words)
    assert code == cli.BAD_CALL
    assert out == ""
    assert err


def test_a_bus_that_is_away_is_said_clearly(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    @asynccontextmanager
    async def connected(_: Any) -> AsyncIterator[FakeBus]:
        yield FakeBus()

    monkeypatch.setattr(cli, "connected", connected)
    code, _, err = run("lag")
    assert code == cli.BUS_AWAY
    assert "the bus at nowhere:1 does not answer" in err
    assert "Traceback" not in err


def test_missing_settings_are_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PLI_KAFKA_PASSWORD")
    code, _, err = run("topics")
    assert code == cli.BAD_CALL
    assert "PLI_KAFKA_PASSWORD is not set" in err


@pytest.mark.parametrize("command", [(), ("topics",), ("lag",), ("dead-letters",), ("serve",)])
def test_help_needs_no_settings(run: Run, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]) -> None:
    monkeypatch.delenv("PLI_KAFKA_BOOTSTRAP")
    code, out, _ = run(*command, "--help")
    assert code == 0
    assert "Usage" in out
