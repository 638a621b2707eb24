"""What the door must be told: where it listens, who may come, how many at once, how slowly, and who scans."""

from ipaddress import ip_address
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from chassis.settings import Settings
from messaging.domain.operators import read_operators


class DoorSettings(Settings):
    """The door's part of messaging's settings."""

    mail_operators: Path = Field(description="the list of mail operators and their domains, a TOML file")

    door_host: str = Field(default="127.0.0.1", description="where the SMTP door listens")
    door_port: int = Field(ge=1, le=65_535, description="its port")
    door_hostname: str = Field(default="pli.localhost", description="the name the door greets with")
    door_loopback_without_tls: bool = Field(default=False, description="loopback only: let senders in without TLS")
    door_certificate: Path | None = Field(default=None, description="the door's certificate chain, PEM")
    door_key: Path | None = Field(default=None, description="its private key, PEM")
    door_client_ca: Path | None = Field(default=None, description="who signs mail operators' certificates, PEM")

    door_connections: int = Field(default=200, ge=1, description="connections at once, over all senders")
    door_connections_per_peer: int = Field(default=100, ge=1, description="connections at once from one address")
    door_connections_per_minute_per_peer: int = Field(
        default=3_000,
        ge=1,
        description="connections that one address may open in a minute: at once, or bit by bit",
    )
    door_letters: int = Field(default=64, ge=1, description="letters under way at once; each may hold 6 MB")
    door_letters_per_peer: int = Field(default=48, ge=1, description="letters under way at once from one address")
    door_bytes_per_hour: int = Field(
        default=200_000_000_000, ge=1, description="bytes of letters in an hour, over all senders"
    )
    door_bytes_per_hour_per_peer: int = Field(
        default=100_000_000_000, ge=1, description="bytes of letters in an hour from one address"
    )
    door_recipients: int = Field(default=100, ge=1, le=1_000, description="recipients of one letter")
    door_commands: int = Field(default=1_000, ge=10, description="commands between two letters of a connection")
    door_between_letters: float = Field(
        default=600.0, gt=0, description="seconds that a connection may last without a letter"
    )
    door_yields_after: float = Field(
        default=5.0, gt=0, description="seconds after which who presented no listed certificate yields to another"
    )
    door_errors: int = Field(default=50, ge=1, description="errors a connection may make in all")
    door_idle: float = Field(default=120.0, gt=0, description="seconds a sender may be silent")
    door_letter_within: float = Field(default=1_800.0, gt=0, description="seconds a sender may take for a letter")
    door_least_rate: float = Field(default=1_000.0, gt=0, description="bytes a second of a letter, at least")
    door_grace: float = Field(default=30.0, ge=0, description="seconds before that rate must be reached")

    door_scanner: Literal["off", "required"] = Field(
        default="required", description="virus scan before the 250; `off` only where somebody else scans"
    )
    scanner_host: str = Field(default="127.0.0.1", description="where clamd listens")
    scanner_port: int = Field(default=3310, ge=1, le=65_535, description="its port")
    scanner_within: float = Field(default=30.0, gt=0, description="seconds a verdict may take")

    notice_domain: str = Field(
        default="notifications.demonstration.invalid",
        pattern=r"^[a-z0-9.-]+$",
        description="the domain of ne-pas-repondre@ and of the notifier's bounces",
    )

    @field_validator("mail_operators")
    @classmethod
    def _list_can_be_read(cls, path: Path) -> Path:
        try:
            read_operators(path.read_text("utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(f"cannot be read: {error}") from error
        return path

    @model_validator(mode="after")
    def _door_is_safe(self) -> Self:
        """Without TLS only on the loopback; with it, everything TLS needs."""
        if self.door_loopback_without_tls:
            if not _is_loopback(self.door_host):
                raise ValueError("door_loopback_without_tls: door_host must be 127.0.0.1 or ::1")
        elif not (self.door_certificate and self.door_key and self.door_client_ca):
            raise ValueError("the door needs door_certificate, door_key and door_client_ca")
        return self


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
