"""What notifier must be told, beside what every service is."""

import base64
import binascii
from typing import ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from chassis.settings import Settings, of_demonstration

KEY_BYTES = 32


class NotifierSettings(Settings):
    """Settings of the notifier, from `PLI_*` variables."""

    service: ClassVar[str] = "notifier"

    sealing_key: SecretStr = Field(description="opens codes: an X25519 private key, 32 bytes in base64url")
    other_sealing_key: SecretStr | None = Field(
        default=None, description="while the sealing key is changed: the next or the last one; it opens codes, too"
    )

    notice_smtp_host: str = Field(description="the relay that takes our e-mails")
    notice_smtp_port: int = Field(ge=1, le=65_535, description="its port")
    notice_smtp_tls: Literal["none", "starttls", "implicit"] = Field(
        default="none", description="how the connection to the relay is protected"
    )
    notice_smtp_username: str | None = Field(default=None, description="our user at the relay, if it asks")
    notice_smtp_password: SecretStr | None = Field(default=None, description="its password")
    notice_smtp_timeout: float = Field(default=10.0, gt=0, le=60, description="seconds an answer may take")
    notice_smtp_patience: float = Field(
        default=300.0, ge=300, le=1800, description="seconds the relay may take to accept a notice it was given"
    )
    notice_connections: int = Field(default=8, ge=1, le=64, description="notices sent at once, and as many codes")
    notice_domain: str = Field(
        default="notifications.demonstration.invalid",
        pattern=r"^[a-z0-9.-]+$",
        description="the domain of ne-pas-repondre@, of bounces and of Message-IDs",
    )
    sms_provider: Literal["catcher"] = Field(description="who delivers SMS; `catcher` e-mails them to the relay")

    data_controllers: str = of_demonstration(
        "l'organisme A et l'organisme B de démonstration", "who answers for the data"
    )
    view_rate: float = Field(default=20.0, gt=0, description="notices shown in a browser, a second, at most")

    @field_validator("sealing_key", "other_sealing_key")
    @classmethod
    def _is_a_key(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(_decoded(value)) != KEY_BYTES:
            raise ValueError(f"must be {KEY_BYTES} bytes in base64url")
        return value

    def sealing_keys(self) -> tuple[bytes, ...]:
        """The private halves of our sealing keys, the current one first."""
        return tuple(_decoded(one) for one in (self.sealing_key, self.other_sealing_key) if one is not None)

    @property
    def public_host(self) -> str:
        """The host of the site, without a port: what phones compare with the page that wants the code."""
        return urlsplit(self.public_origin).hostname or ""


def _decoded(value: SecretStr) -> bytes:
    try:
        return base64.b64decode(value.get_secret_value(), altchars=b"-_", validate=True)
    except binascii.Error:
        raise ValueError("must be base64url") from None
