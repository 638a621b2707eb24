"""An account: who the patient is, how they log in, where their codes go."""

from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from auth.domain.codes import Channel
from contracts.auth import NoticeChoice, PatientChanged


class Status(StrEnum):
    """Where an account is in its life."""

    INVITED = "invited"
    ACTIVE = "active"


class Account(Struct, frozen=True, kw_only=True):
    """One patient's account. Contacts are verified: an operator's word counts as such.

    `language` is what the person is written to in; until they chose one, their browser decides about pages.
    `notices` is how they want to be told of letters. `email_refused_at`: their mail server said that it does not
    know the address, and no code has come through it since.
    `revision` is that of the state told to other services; 0 until the account is active.
    """

    id: str
    status: Status
    revision: int
    ins: str
    mailbox_address: str
    given_name: str
    family_name: str
    birth_name: str
    birth_date: date
    email: str | None = None
    phone: str | None = None
    time_zone: str = "Europe/Paris"
    language: str = "fr"
    language_chosen: bool = False
    identifier: str | None = None
    password_hash: str | None = None
    code_sends: tuple[datetime, ...] = ()
    notices: NoticeChoice = "each"
    email_refused_at: datetime | None = None

    def activated(self, identifier: str, password_hash: str) -> "Account":
        """After the patient chose identifier and password: active, one revision further."""
        return replace(
            self,
            status=Status.ACTIVE,
            revision=self.revision + 1,
            identifier=identifier,
            password_hash=password_hash,
        )

    def speaking(self, language: str) -> "Account":
        """After the person chose a language; the same when it was chosen already."""
        if self.language_chosen and self.language == language:
            return self
        return replace(self, language=language, language_chosen=True, revision=self.revision + 1)

    def told_by(self, notices: NoticeChoice) -> "Account":
        """After the person chose how to be told of letters."""
        return replace(self, notices=notices, revision=self.revision + (notices != self.notices))

    def email_refused(self, at: datetime) -> "Account":
        """After a notice came back: the address takes no messages. The same when that is known, or without one."""
        if self.email is None or self.email_refused_at is not None:
            return self
        return replace(self, email_refused_at=at, revision=self.revision + 1)

    def email_works(self) -> "Account":
        """After a code came through the address; the same when nothing spoke against it."""
        if self.email_refused_at is None:
            return self
        return replace(self, email_refused_at=None, revision=self.revision + 1)

    @property
    def notice_email(self) -> str | None:
        """Where notices go by e-mail: nowhere, while the address is refused and there is a phone."""
        return None if self.email_refused_at and self.phone else self.email

    def contact(self, channel: Channel) -> str | None:
        """Where a code goes by this channel, None if the account has no such contact."""
        return self.email if channel == "email" else self.phone

    def channels(self) -> tuple[Channel, ...]:
        """The channels this account has, e-mail first as in the guide."""
        every: tuple[Channel, ...] = ("email", "sms")
        return tuple(channel for channel in every if self.contact(channel))

    def short_name(self) -> str:
        """The name in the menu: "Inaya M."."""
        return f"{self.given_name} {self.family_name[:1].upper()}."

    def words(self) -> tuple[str, ...]:
        """What a stranger may know of the person, and a password should not be made of."""
        about = (self.given_name, self.family_name, self.birth_name, self.identifier or "", self.ins)
        birth = (f"{self.birth_date:%d%m%Y}", f"{self.birth_date:%Y}")
        return (*about, *birth, (self.email or "").partition("@")[0])


def as_told(account: Account, at: datetime) -> PatientChanged:
    """The full state of an active account, as the other services need it."""
    return PatientChanged(
        patient_id=account.id,
        revision=account.revision,
        status="active",
        given_name=account.given_name,
        family_name=account.family_name,
        ins=account.ins,
        mailbox_address=account.mailbox_address,
        email=account.notice_email,
        phone=account.phone,
        notices=account.notices,
        time_zone=account.time_zone,
        language=account.language,
        changed_at=at,
    )
