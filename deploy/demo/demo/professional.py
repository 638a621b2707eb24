"""A professional's mail client: sends letters to the door, and reads the answers in the mail catcher."""

import smtplib
from collections.abc import Sequence

from demo.catcher import Catcher, Mail
from demo.letters import Letter, Person, end_of_exchange
from demo.reports import delivery_report, read_receipt


class MailClient:
    """One professional's. The door takes what they send; what they receive is in the catcher."""

    def __init__(
        self,
        me: Person,
        *,
        door_host: str = "127.0.0.1",
        door_port: int = 2525,
        catcher: str = "http://localhost:1080",
    ) -> None:
        self.me = me
        self._door = (door_host, door_port)
        self._catcher = Catcher(catcher)

    def send(self, letter: Letter, recipients: Sequence[str] = ()) -> str:
        """Hand a letter to the door, to `recipients` or to those it names.

        The door's reply to the letter. Raises smtplib's errors: one refused recipient refuses all.
        """
        named = [person.address for person in (*letter.to, *letter.cc)]
        return self.send_bytes(letter.mime(), list(recipients) or named)

    def send_bytes(self, content: bytes, recipients: Sequence[str]) -> str:
        """Hand these very bytes to the door; they end lines by CRLF."""
        with smtplib.SMTP(*self._door, timeout=60) as client:
            client.ehlo()
            _expect(250, client.mail(self.me.address, [f"SIZE={len(content)}"]))
            for recipient in recipients:
                _expect(250, client.rcpt(recipient))
            return _expect(250, client.data(content))

    def sends_back(self, mail: Mail, patient: str, status: str = "5.2.2") -> None:
        """What my server does with a reply that it can't put into my mailbox after all."""
        self.send_report(delivery_report(self.me, mail.message_id, action="failed", status=status), patient)

    def acknowledges(self, mail: Mail, patient: str) -> None:
        """What my mail program does when I have read a reply, and was asked."""
        self.send_report(read_receipt(self.me, mail.message_id), patient)

    def send_report(self, content: bytes, patient: str) -> None:
        """Hand over a report: from the null sender, so that nobody reports on it."""
        with smtplib.SMTP(*self._door, timeout=60) as client:
            client.ehlo()
            _expect(250, client.mail(""))
            _expect(250, client.rcpt(patient))
            _expect(250, client.data(content))

    def end_exchange(self, patient: Person) -> str:
        """Send `[FIN]` to a patient."""
        return self.send(end_of_exchange(self.me, patient))

    def replies(self) -> list[Mail]:
        """All that arrived for me, the oldest first."""
        return self._catcher.mails(self.me.address)

    def wait_for_answer(self, message_id: str, within: float = 30.0) -> Mail:
        """The first mail to me that answers this Message-ID. Raises `NotArrived`."""
        return self._catcher.wait(self.me.address, lambda mail: _answers(mail, message_id), within)

    def wait_for_message(self, patient: str, subject: str, within: float = 30.0) -> Mail:
        """The first mail to me from this patient's address with this subject. Raises `NotArrived`."""
        return self._catcher.wait(
            self.me.address,
            lambda mail: mail.subject == subject and patient in str(mail.message["From"]),
            within,
        )

    def close(self) -> None:
        """Let go of the catcher."""
        self._catcher.close()


def _answers(mail: Mail, message_id: str) -> bool:
    """Whether a person answered: a read receipt also says what it answers."""
    automatic = bool(mail.message["Auto-Submitted"])
    return not automatic and str(mail.message["In-Reply-To"] or "").strip() == message_id


def _expect(code: int, answer: tuple[int, bytes]) -> str:
    if answer[0] != code:
        raise smtplib.SMTPResponseException(*answer)
    return answer[1].decode(errors="replace")
