"""What messaging must be told, for its three processes."""

from ipaddress import ip_address
from pathlib import Path
from typing import ClassVar, Self

from pydantic import Field, model_validator

from chassis.settings import Settings
from messaging.domain.addresses import Domains
from messaging.domain.letter import Service


class MessagingSettings(Settings):
    """The door, the road, and whose letters are let in."""

    service: ClassVar[str] = "messaging"

    patient_domain: str = Field(default="patient.mssante.fr", description="domain of the patients' addresses")
    mail_domains: str = Field(description="domains professionals write from, separated by commas")

    door_host: str = Field(default="127.0.0.1", description="where the SMTP door listens")
    door_port: int = Field(ge=1, le=65_535, description="its port")
    door_hostname: str = Field(default="pli.localhost", description="the name the door greets with")
    door_loopback_without_tls: bool = Field(default=False, description="loopback only: let senders in without TLS")
    door_certificate: Path | None = Field(default=None, description="the door's certificate chain, PEM")
    door_key: Path | None = Field(default=None, description="its private key, PEM")
    door_client_ca: Path | None = Field(default=None, description="who signs mail operators' certificates, PEM")
    door_connections: int = Field(default=200, ge=1, description="connections at once, over all senders")

    road_smtp_host: str = Field(description="the relay that takes replies")
    road_smtp_port: int = Field(ge=1, le=65_535, description="its port")
    road_starttls: bool = Field(default=True, description="use TLS where the relay offers it")
    road_connections: int = Field(default=4, ge=1, le=64, description="replies on their way at once")
    product: str = Field(default="Pli", description="X-MSS-NIL of what we send")

    @property
    def domains(self) -> Domains:
        """The mail operators' domains and the patients' own, lower case."""
        listed = (domain.strip().lower() for domain in self.mail_domains.split(","))
        return Domains(frozenset(domain for domain in listed if domain), self.patient_domain.lower())

    @property
    def whose(self) -> Service:
        """Whose service it is, for the rules of letters."""
        return Service(self.service_name, self.domains)

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
