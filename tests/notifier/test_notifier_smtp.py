"""The kept connections to the relay: reused, renewed, never trusted after an error."""

from dataclasses import dataclass, field

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
from notifier.errors import NoticeDelayed, NoticeRefused
from notifier.mail import Mail, address_of
from notifier.smtp import IDLE_AT_MOST, SmtpMailer
from tests.notifier.fakes import AT


@dataclass
class FakeConnection:
    """A connection that fails where it is told to, once."""

    fail: dict[str, Exception] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    closed: bool = False

    async def mail(self, sender: str) -> None:
        self._step("mail")

    async def rcpt(self, recipient: str) -> None:
        self._step("rcpt")

    async def data(self, message: bytes) -> None:
        self._step("data")

    def _step(self, name: str) -> None:
        assert not self.closed
        self.done.append(name)
        if error := self.fail.pop(name, None):
            raise error

    def close(self) -> None:
        self.closed = True


class Network:
    """What a relay would be: every connection made, and a clock."""

    def __init__(self) -> None:
        self.made: list[FakeConnection] = []
        self.next: list[FakeConnection | Exception] = []
        self.at = 0.0
        self.mailer = SmtpMailer(self._connect, lambda: self.at)

    async def _connect(self) -> FakeConnection:
        made = self.next.pop(0) if self.next else FakeConnection()
        if isinstance(made, Exception):
            raise made
        self.made.append(made)
        return made


@pytest.fixture
def network() -> Network:
    return Network()


def mail() -> Mail:
    return Mail(
        sender=address_of("Mon espace santé", "ne-pas-repondre@n.example"),
        recipient=address_of("Inaya Michel", "inaya@yahoo.example"),
        envelope_sender="retour+1@n.example",
        message_id="<1@n.example>",
        subject="Objet",
        text="Texte\n",
        written_at=AT,
    )


async def test_a_connection_is_kept_for_the_next_e_mail(network: Network) -> None:
    for _ in range(3):
        await network.mailer.send(mail())
    assert [connection.done for connection in network.made] == [["mail", "rcpt", "data"] * 3]


async def test_a_connection_that_was_idle_for_long_is_not_trusted(network: Network) -> None:
    await network.mailer.send(mail())
    network.at = IDLE_AT_MOST + 1
    await network.mailer.send(mail())
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
        ("data", SMTPServerDisconnected("gone"), BackingServiceAway),
        ("data", SMTPReadTimeoutError("slow"), BackingServiceAway),
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


@pytest.mark.parametrize("error", [SMTPConnectError("refused"), OSError("no route"), TimeoutError()])
async def test_a_relay_that_cannot_be_reached_is_away(network: Network, error: Exception) -> None:
    network.next = [error]
    with pytest.raises(BackingServiceAway):
        await network.mailer.send(mail())


async def test_all_connections_are_closed_at_the_end(network: Network) -> None:
    await network.mailer.send(mail())
    await network.mailer.close()
    assert network.made[0].closed
