"""auth's settings. Keys are 32 random bytes in base64url; none has a default."""

import base64
import binascii
from datetime import date
from typing import ClassVar

from pydantic import Field, SecretStr, field_validator

from chassis.i18n import mark as _
from chassis.settings import Settings, of_demonstration

KEY_BYTES = 32


class AuthSettings(Settings):
    """What auth must be told, and who answers for the service in its legal pages."""

    service: ClassVar[str] = "auth"

    code_key: SecretStr = Field(description="hashes codes, identifiers and callers: 32 bytes in base64url")
    signing_key: SecretStr = Field(description="signs tokens and codes: an Ed25519 seed, 32 bytes in base64url")
    patient_domain: str = Field(default="patient.mssante.fr", description="the patients' mail domain")
    argon2_threads: int = Field(default=2, ge=1, le=16, description="passwords hashed at once, 64 MiB each")

    data_controllers: str = of_demonstration(
        "l'organisme A et l'organisme B de démonstration", "who answers for the data"
    )
    publisher: str = of_demonstration("l'éditeur de démonstration", "who publishes the site, in the legal notice")
    host_name: str = of_demonstration("un hébergeur de démonstration", "who hosts the data")
    support_email: str = of_demonstration("aide@demonstration.invalid", "the help's address")
    support_phone: str = of_demonstration("01 99 00 34 22", "the help's telephone")
    support_hours: str = of_demonstration(_("du lundi au vendredi, de 8 h 30 à 17 h 30"), "when the help answers")
    support_address: str = of_demonstration("1 rue de la Démonstration, 75000 Paris", "the help's postal address")
    accessibility_faults: str = Field(
        default=_(
            "Les pièces jointes et la mise en forme des messages sont celles de vos professionnels : "
            "elles ne sont pas toujours accessibles."
        ),
        description="what the declaration of accessibility says is not accessible",
    )
    accessibility_checked_on: date = Field(
        default=date(2026, 11, 25), description="the day of the declaration of accessibility"
    )

    @field_validator("code_key", "signing_key")
    @classmethod
    def _is_a_key(cls, value: SecretStr) -> SecretStr:
        if len(_decoded(value)) != KEY_BYTES:
            raise ValueError(f"must be {KEY_BYTES} bytes in base64url")
        return value

    def code_key_bytes(self) -> bytes:
        """The key of the keyed hashes."""
        return _decoded(self.code_key)

    def signing_seed(self) -> bytes:
        """The private half of the signing key."""
        return _decoded(self.signing_key)


def _decoded(value: SecretStr) -> bytes:
    try:
        return base64.b64decode(value.get_secret_value(), altchars=b"-_", validate=True)
    except binascii.Error:
        raise ValueError("must be base64url") from None
