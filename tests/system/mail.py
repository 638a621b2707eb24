"""Letters with known bytes, and a mail server that hands them over as mail servers do: again until 250."""

import hashlib
import smtplib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, localtime
from functools import partial
from uuid import uuid4

from demo.letters import Person
from tests.system.people import Newcomer
from tests.system.waiting import SOON, persistently

ANSWER_WITHIN = 60.0


class Refused(AssertionError):
    """The door said 5xx to something it should take."""


class NotNow(Exception):
    """The door said 4xx, or the connection broke: a mail server tries again."""


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A letter with its very bytes. `token` is in its text and nowhere else."""

    sender: Person
    patients: tuple[Newcomer, ...]
    message_id: str
    token: str
    content: bytes
    file: bytes | None = field(default=None, repr=False)

    @property
    def sha256(self) -> str:
        """Of the bytes as they are sent."""
        return hashlib.sha256(self.content).hexdigest()


def letter(
    sender: Person,
    patients: Sequence[Newcomer],
    subject: str,
    *,
    answers: Sequence[str] = (),
    file: bytes | None = None,
) -> Letter:
    """A letter in plain text, with a file or not."""
    token, message_id = uuid4().hex, f"<{uuid4()}@tests.mssante.fr>"
    message = EmailMessage(policy=SMTP)
    message["From"] = sender.header
    message["To"] = ", ".join(newcomer.mailbox for newcomer in patients)
    message["Subject"] = subject
    message["Date"] = format_datetime(localtime())
    message["Message-ID"] = message_id
    if answers:
        message["In-Reply-To"] = answers[-1]
        message["References"] = " ".join(answers)
    message.set_content(f"Bonjour,\n\nVoici la suite de nos échanges à l'été.\n.\nRepère {token}\n")
    if file is not None:
        message.add_attachment(file, maintype="application", subtype="octet-stream", filename="relevé.bin")
    return Letter(
        sender=sender,
        patients=tuple(patients),
        message_id=message_id,
        token=token,
        content=message.as_bytes(),
        file=file,
    )


class MailServer:
    """A professional's mail server. It keeps a letter until each recipient's was answered 250."""

    def __init__(self, door_port: int) -> None:
        self._address = ("127.0.0.1", door_port)

    def deliver(self, letter: Letter, within: float = SOON) -> None:
        """Hand over the letter, trying again on 4xx and broken connections. Raises `Refused` on 5xx."""
        left = [newcomer.mailbox for newcomer in letter.patients]
        while left:
            once = partial(self._once, letter, left)
            taken = persistently(once, NotNow, what="a letter taken", within=within, every=1.0)
            left = [mailbox for mailbox in left if mailbox not in taken]

    def _once(self, letter: Letter, mailboxes: Iterable[str]) -> list[str]:
        try:
            with smtplib.SMTP(*self._address, timeout=ANSWER_WITHIN) as client:
                client.ehlo()
                _expect(client.mail(letter.sender.address, [f"SIZE={len(letter.content)}"]))
                taken = [mailbox for mailbox in mailboxes if _taken(client.rcpt(mailbox))]
                if not taken:
                    raise NotNow("no recipient now")
                _expect(client.data(letter.content))
                return taken
        except smtplib.SMTPResponseException as error:
            raise _judged(error.smtp_code, error.smtp_error) from error
        except (smtplib.SMTPException, OSError) as error:
            raise NotNow(repr(error)) from error


def _expect(answer: tuple[int, bytes]) -> None:
    if answer[0] != 250:
        raise _judged(*answer)


def _taken(answer: tuple[int, bytes]) -> bool:
    if answer[0] >= 500:
        raise _judged(*answer)
    return answer[0] == 250


def _judged(code: int, said: bytes | str) -> Exception:
    return Refused(f"{code} {said!r}") if code >= 500 else NotNow(f"{code} {said!r}")
