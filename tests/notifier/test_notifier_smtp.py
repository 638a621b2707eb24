"""The kept connections to the relay: reused, renewed, never trusted after an error."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

import aiosmtplib
import pytest
from aiosmtplib.errors import (
    SMTPConnectError,
    SMTPDataError,
    SMTPReadTimeoutError,
    SMTPRecipientRefused,
    SMTPSenderRefused,
    SMTPServerDisconnected,
)

from chassis.errors import BackingServiceAway
from notifier.errors import NoticeDelayed, NoticeRefused, NoticeUnanswered
from notifier.mail import Mail, address_of
from notifier.smtp import IDLE_AT_MOST, PATIENCE_WHEN_URGENT, AioConnection, SmtpMailer
from tests.notifier.fakes import AT


@dataclass
class FakeConnection:
    """A connection that fails where it is told to, once."""

    fail: dict[str, Exception] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    closed: bool = False
    patience: list[float] = field(default_factory=list)

    async def mail(self, sender: str) -> None:
        self._step("mail")

    async def rcpt(self, recipient: str) -> None:
        self._step("rcpt")

    async def data(self, message: bytes, patience: float) -> None:
        self.patience.append(patience)
        self._step("data")

    def _step(self, name: str) -> None:
        assert not self.closed
        self.done.append(name)
        if error := self.fail.pop(name, None):
            raise error

    def close(self) -> None:
        self.closed = True


PATIENCE = 300.0


class Network:
    """What a relay would be: every connection made, and a clock."""

    def __init__(self) -> None:
        self.made: list[FakeConnection] = []
        self.next: list[FakeConnection | Exception] = []
        self.at = 0.0
        self.mailer = SmtpMailer(self._connect, lambda: self.at, PATIENCE)

    async def _connect(self) -> FakeConnection:
        made = self.next.pop(0) if self.next else FakeConnection()
        if isinstance(made, Exception):
            raise made
        self.made.append(made)
        return made


@pytest.fixture
def network() -> Network:
    return Network()


def mail(*, urgent: bool = False) -> Mail:
    return Mail(
        sender=address_of("Mon espace santé", "ne-pas-repondre@n.example"),
        recipient=address_of("Inaya Michel", "inaya@yahoo.example"),
        envelope_sender="retour+1@n.example",
        message_id="<1@n.example>",
        subject="Objet",
        text="Texte\n",
        written_at=AT,
        urgent=urgent,
    )


async def test_a_connection_is_kept_for_the_next_e_mail(network: Network) -> None:
    for _ in range(3):
        await network.mailer.send(mail())
    assert [connection.done for connection in network.made] == [["mail", "rcpt", "data"] * 3]


async def test_a_connection_that_was_idle_for_long_is_not_trusted(network: Network) -> None:
    await network.mailer.send(mail())
    network.at = IDLE_AT_MOST + 1
    await network.mailer.send(mail())
    await asyncio.sleep(0)
    assert [connection.closed for connection in network.made] == [True, False]


async def test_a_kept_connection_that_died_costs_nothing_but_a_new_one(network: Network) -> None:
    await network.mailer.send(mail())
    network.made[0].fail["mail"] = SMTPServerDisconnected("gone")
    await network.mailer.send(mail())
    assert [connection.closed for connection in network.made] == [True, False]
    assert network.made[1].done == ["mail", "rcpt", "data"]


@pytest.mark.parametrize(
    ("step", "error", "ours"),
    [
        ("mail", SMTPSenderRefused(550, "no", "x"), NoticeRefused),
        ("rcpt", SMTPRecipientRefused(550, "unknown", "x"), NoticeRefused),
        ("rcpt", SMTPRecipientRefused(451, "later", "x"), NoticeDelayed),
        ("data", SMTPDataError(554, "no"), NoticeRefused),
        ("data", SMTPDataError(421, "closing"), NoticeDelayed),
        ("rcpt", SMTPServerDisconnected("gone"), BackingServiceAway),
        ("rcpt", SMTPReadTimeoutError("slow"), BackingServiceAway),
        ("data", SMTPServerDisconnected("gone"), NoticeUnanswered),
        ("data", SMTPReadTimeoutError("slow"), NoticeUnanswered),
    ],
)
async def test_what_a_relay_answers_is_said_in_our_words_and_the_connection_let_go(
    network: Network, step: str, error: Exception, ours: type[Exception]
) -> None:
    network.next = [FakeConnection(fail={step: error})]
    with pytest.raises(ours):
        await network.mailer.send(mail())
    assert network.made[0].closed
    await network.mailer.send(mail())
    assert len(network.made) == 2


UNKNOWN = "5.1.1 <inaya@yahoo.example>: no such user"


@pytest.mark.parametrize(
    ("step", "error", "reason"),
    [
        ("rcpt", SMTPRecipientRefused(550, UNKNOWN, "x"), "address-refused"),
        ("rcpt", SMTPRecipientRefused(550, "5.2.1 disabled\n5.2.1 for ever", "x"), "address-refused"),
        ("rcpt", SMTPRecipientRefused(556, "5.1.10", "x"), "address-refused"),
        ("rcpt", SMTPRecipientRefused(550, "5.7.1 you are on a list", "x"), "notice-refused"),
        ("rcpt", SMTPRecipientRefused(550, "5.1.8 your domain is unknown", "x"), "notice-refused"),
        ("rcpt", SMTPRecipientRefused(550, "5.2.3 too long", "x"), "notice-refused"),
        ("rcpt", SMTPRecipientRefused(550, "unknown, see http://x.example/5.1.1", "x"), "notice-refused"),
        ("rcpt", SMTPRecipientRefused(550, "", "x"), "notice-refused"),
        ("mail", SMTPSenderRefused(550, UNKNOWN, "x"), "notice-refused"),
        ("data", SMTPDataError(552, "5.3.4 too large"), "notice-refused"),
        ("data", SMTPDataError(554, UNKNOWN), "notice-refused"),
    ],
)
async def test_only_what_is_said_of_the_address_where_it_is_named_speaks_against_it(
    network: Network, step: str, error: Exception, reason: str
) -> None:
    network.next = [FakeConnection(fail={step: error})]
    with pytest.raises(NoticeRefused) as refused:
        await network.mailer.send(mail())
    assert refused.value.code == reason


@pytest.mark.parametrize("error", [SMTPConnectError("refused"), OSError("no route"), TimeoutError()])
async def test_a_relay_that_cannot_be_reached_is_away(network: Network, error: Exception) -> None:
    network.next = [error]
    with pytest.raises(BackingServiceAway):
        await network.mailer.send(mail())


async def test_the_answer_to_a_message_is_waited_for_longer_than_any_other_unless_somebody_waits_for_it(
    network: Network,
) -> None:
    await network.mailer.send(mail())
    await network.mailer.send(mail(urgent=True))
    assert network.made[0].patience == [PATIENCE, PATIENCE_WHEN_URGENT]


class SlowRelay:
    """A relay that looks at each message for a while before it takes it."""

    def __init__(self, looks_for: float) -> None:
        self.taken = 0
        self.left = asyncio.Event()
        self._looks_for = looks_for

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 relay\r\n")
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                writer.write(b"354 go on\r\n")
                await reader.readuntil(b"\r\n.\r\n")
                await asyncio.sleep(self._looks_for)
                self.taken += 1
            writer.write(b"250 2.0.0 yes\r\n")
        writer.close()
        await writer.wait_closed()
        self.left.set()


async def test_a_relay_that_looks_at_a_message_longer_than_other_answers_may_take_gets_it_once(
    tmp_path: Path,
) -> None:
    relay, path = SlowRelay(looks_for=0.5), str(tmp_path / "relay")
    server = await asyncio.start_unix_server(relay.serve, path)

    async def connect() -> AioConnection:
        connection = AioConnection(aiosmtplib.SMTP(socket_path=path, timeout=0.2, local_hostname="n.example"))
        await connection.open()
        return connection

    mailer = SmtpMailer(connect, asyncio.get_running_loop().time, PATIENCE)
    await mailer.send(mail())
    await mailer.close()
    await relay.left.wait()
    server.close()
    await server.wait_closed()
    assert relay.taken == 1


async def test_all_connections_are_closed_at_the_end(network: Network) -> None:
    await network.mailer.send(mail())
    await network.mailer.close()
    assert network.made[0].closed
