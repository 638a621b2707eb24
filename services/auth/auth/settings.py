"""auth's settings. Keys are 32 random bytes in base64url; none has a default."""

import base64
import binascii
from typing import ClassVar

from pydantic import Field, SecretStr, field_validator

from chassis.settings import Settings

KEY_BYTES = 32


class AuthSettings(Settings):
    """What auth must be told, and who answers for the service in its legal pages."""

    service: ClassVar[str] = "auth"

    code_key: SecretStr = Field(description="hashes codes, identifiers and callers: 32 bytes in base64url")
    signing_key: SecretStr = Field(description="signs tokens and codes: an Ed25519 seed, 32 bytes in base64url")
    patient_domain: str = Field(default="patient.mssante.fr", description="the patients' mail domain")
    argon2_threads: int = Field(default=2, ge=1, le=16, description="passwords hashed at once, 64 MiB each")

    data_controllers: str = Field(
        default="le responsable de traitement de démonstration", description="who answers for the data"
    )
    host_name: str = Field(default="un hébergeur de démonstration", description="who hosts the data")
    support_email: str = Field(default="aide@demonstration.invalid", description="the help's address")
    support_phone: str = Field(default="01 99 00 34 22", description="the help's telephone")
    support_hours: str = Field(
        default="du lundi au vendredi, de 8 h 30 à 17 h 30", description="when the help answers"
    )
    accessibility_state: str = Field(
        default="non conforme", description="totalement, partiellement or non conforme (RGAA)"
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
