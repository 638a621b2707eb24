"""What the road must be told: where replies go, how safely, how many at once, and who signs them."""

from datetime import timedelta
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from chassis.settings import Settings
from messaging.domain.allowance import Allowance, Allowances


class RoadSettings(Settings):
    """The road's part of messaging's settings."""

    road_smtp_host: str | None = Field(
        default=None, description="a relay that takes every reply; without one, each domain's own servers (MX)"
    )
    road_smtp_port: int = Field(
        default=25, ge=1, le=65_535, description="the port of the relay, or of all servers"
    )
    road_tls: Literal["required", "opportunistic"] = Field(
        default="required", description="verified TLS or nothing; or TLS where it can be had, unverified"
    )
    road_ca: Path | None = Field(default=None, description="who signs peers' certificates, PEM; else the system's")
    road_certificate: Path | None = Field(default=None, description="our certificate for peers who ask, PEM")
    road_key: Path | None = Field(default=None, description="its private key, PEM")
    road_connections: int = Field(default=32, ge=1, le=500, description="SMTP transactions at once")
    road_connections_per_domain: int = Field(default=8, ge=1, le=100, description="of them to one domain")
    road_patience: float = Field(
        default=60.0, gt=0, description="seconds a peer may take for a command or a block"
    )
    road_last_patience: float = Field(default=300.0, gt=0, description="seconds it may take to answer a message")
    road_relay_domain: str | None = Field(
        default=None, description="the relay's own domain: its delivery reports are believed for every recipient"
    )
    road_dkim_key: Path | None = Field(
        default=None, description="the RSA key that signs what leaves, PEM; without one nothing is signed"
    )
    road_dkim_selector: str = Field(default="pli", description="its name in DNS: <selector>._domainkey.<domain>")
    road_asks_for_receipts: bool = Field(default=True, description="ask professionals for read receipts")
    road_replies_per_hour: int = Field(
        default=30, ge=0, description="a patient's replies in any hour; 0: no limit"
    )
    road_replies_per_day: int = Field(default=100, ge=0, description="a patient's replies in any day; 0: no limit")
    road_replies_to_professional: int = Field(
        default=300, ge=0, description="all patients' replies to one professional in any hour; 0: no limit"
    )
    product: str = Field(default="Pli", description="X-MSS-NIL of what we send")

    @property
    def allowances(self) -> Allowances:
        """How much may be sent in how much time."""
        return Allowances(
            by_patient=(
                Allowance(self.road_replies_per_hour, timedelta(hours=1)),
                Allowance(self.road_replies_per_day, timedelta(days=1)),
            ),
            to_professional=(Allowance(self.road_replies_to_professional, timedelta(hours=1)),),
        )

    @model_validator(mode="after")
    def _certificate_is_whole(self) -> Self:
        if (self.road_certificate is None) != (self.road_key is None):
            raise ValueError("road_certificate and road_key go together")
        return self
