"""The operators' commands: what they are told, and how a failure is said. Reads only; changes nothing."""

import asyncio
import json
import logging
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any, Never, TypeVar

import cyclopts
from pydantic import ValidationError
from rich.console import Console, RenderableType

from console import tables
from console.bus import Bus, BusAway, connected
from console.domain.figures import Snapshot
from console.domain.letters import DeadLetter, shown
from console.settings import ConsoleSettings
from contracts.topics import BY_NAME, TOPICS

T = TypeVar("T")

BAD_CALL = 2
BUS_AWAY = 3

app = cyclopts.App(
    name="console",
    help="What the bus holds: topics, consumer lag, dead letters.\n\n"
    "The bus and the console's user come from the environment: PLI_KAFKA_BOOTSTRAP, PLI_KAFKA_USERNAME, "
    "PLI_KAFKA_PASSWORD, and PLI_KAFKA_TLS=true for a broker behind TLS. "
    f"Exit codes: 0 done, {BAD_CALL} wrong call or settings, {BUS_AWAY} the bus does not answer.",
    version_flags=[],
)

TopicOption = Annotated[
    str | None, cyclopts.Parameter(name="--topic", help="Only this topic, e.g. messaging.events.")
]
JsonOption = Annotated[
    bool, cyclopts.Parameter(name="--json", negative="", help="One JSON document instead of a table.")
]


@app.command
def topics(*, topic: TopicOption = None, as_json: JsonOption = False) -> None:
    """List the topics: what each says, who writes it, how much it holds, what waits."""
    _check_topic(topic)
    snapshot = _ask(_snapshot)
    found = [one for one in snapshot.topics if topic in (None, one.topic.name)]
    _show(as_json, tables.topics_as_data(found, snapshot), tables.topics_as_table(found, snapshot))


@app.command
def lag(*, topic: TopicOption = None, as_json: JsonOption = False) -> None:
    """Show, for each consumer group, how many records wait for it."""
    _check_topic(topic)
    snapshot = _ask(_snapshot)
    found = [group for group in snapshot.groups if topic in (None, group.topic)]
    _show(as_json, tables.lag_as_data(found), tables.lag_as_table(found))


@app.command(name="dead-letters")
def dead_letters(
    *,
    topic: Annotated[
        str | None,
        cyclopts.Parameter(name="--topic", help="Only this one: messaging.dead-letters, or messaging for short."),
    ] = None,
    limit: Annotated[int, cyclopts.Parameter(help="At most so many, the newest first.")] = 50,
    values: Annotated[
        bool, cyclopts.Parameter(negative="", help="Show the values too, personal fields masked.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """List the newest dead letters: why, where from, how often tried, in which trace. No values unless asked."""
    names = _dead_letter_topics(topic)
    if not 1 <= limit <= 10_000:
        _fail(f"--limit is {limit}; it may be 1 to 10000", BAD_CALL)
    letters = _ask(lambda bus: bus.dead_letters(names, limit))
    _show(as_json, tables.letters_as_data(letters, _values(letters, values)), _letters_table(letters, values))


@app.command
def serve() -> None:
    """Answer on PLI_HTTP_HOST:PLI_HTTP_PORT: the page `/`, `/metrics`, `/health/live`, `/health/ready`."""
    from console.app import run

    run(_settings())


async def _snapshot(bus: Bus) -> Snapshot:
    return await bus.snapshot()


def _ask(question: Callable[[Bus], Awaitable[T]]) -> T:
    settings = _settings()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # a failure is said once, by us

    async def asked() -> T:
        async with connected(settings) as bus:
            return await question(bus)

    try:
        return asyncio.run(asked())
    except BusAway as away:
        _fail(f"{away}\nIs it up (make status), and is PLI_KAFKA_PASSWORD this user's?", BUS_AWAY)


def _settings() -> ConsoleSettings:
    try:
        return ConsoleSettings.model_validate({})
    except ValidationError as wrong:
        _fail("\n".join(_wrong_setting(error) for error in wrong.errors()), BAD_CALL)


def _wrong_setting(error: Any) -> str:
    name = "PLI_" + "_".join(str(part) for part in error["loc"]).upper()
    return f"{name} is not set" if error["type"] == "missing" else f"{name}: {error['msg']}"


def _check_topic(topic: str | None) -> None:
    if topic is not None and topic not in BY_NAME:
        _fail(f"no topic is called {topic!r}; there are: {', '.join(BY_NAME)}", BAD_CALL)


def _dead_letter_topics(topic: str | None) -> list[str]:
    every = [one.name for one in TOPICS if one.name.endswith(".dead-letters")]
    if topic is None:
        return every
    name = topic if topic.endswith(".dead-letters") else f"{topic}.dead-letters"
    if name not in every:
        _fail(f"no dead letters are kept in {name!r}; there are: {', '.join(every)}", BAD_CALL)
    return [name]


def _values(letters: Sequence[DeadLetter], wanted: bool) -> list[dict[str, Any] | None] | None:
    return [shown(letter) for letter in letters] if wanted else None


def _letters_table(letters: Sequence[DeadLetter], wanted: bool) -> RenderableType:
    return tables.letters_as_table(letters, _values(letters, wanted))


def _show(as_json: bool, data: Any, table: RenderableType) -> None:
    if as_json:
        print(json.dumps(data, ensure_ascii=False, indent=2))
    else:
        Console().print(table)


def _fail(what: str, code: int) -> Never:
    Console(stderr=True).print(what, style="red", highlight=False, markup=False)
    sys.exit(code)
