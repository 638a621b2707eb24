"""What messaging must be told, for its three processes."""

from typing import ClassVar

from pydantic import Field

from messaging.door_settings import DoorSettings


class MessagingSettings(DoorSettings):
    """The door (`door_settings.py`), the road, and whose mailboxes these are."""

    service: ClassVar[str] = "messaging"

    patient_domain: str = Field(default="patient.mssante.fr", description="domain of the patients' addresses")

    road_smtp_host: str = Field(description="the relay that takes replies")
    road_smtp_port: int = Field(ge=1, le=65_535, description="its port")
    road_starttls: bool = Field(default=True, description="use TLS where the relay offers it")
    road_connections: int = Field(default=4, ge=1, le=64, description="replies on their way at once")
    product: str = Field(default="Pli", description="X-MSS-NIL of what we send")
