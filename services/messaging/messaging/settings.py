"""What messaging must be told, for its three processes."""

from typing import ClassVar

from pydantic import Field

from messaging.door_settings import DoorSettings
from messaging.road_settings import RoadSettings


class MessagingSettings(DoorSettings, RoadSettings):
    """The door (`door_settings.py`), the road (`road_settings.py`), and whose mailboxes these are."""

    service: ClassVar[str] = "messaging"

    patient_domain: str = Field(default="patient.mssante.fr", description="domain of the patients' addresses")
