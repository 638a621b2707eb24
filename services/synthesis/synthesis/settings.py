"""What synthesis must be told: the chassis' settings, with the object store required."""

from typing import ClassVar

from pydantic import Field, SecretStr

from chassis.settings import Settings


class SynthesisSettings(Settings):
    """Settings of the synthesis service, from `PLI_*` variables."""

    service: ClassVar[str] = "synthesis"

    objects_endpoint: str = Field(description="host:port of the object store")
    objects_access_key: str = Field(description="this service's own user")
    objects_secret_key: SecretStr = Field(description="its password")
    objects_bucket: str = Field(description="this service's own bucket")

    rendering_threads: int = Field(default=2, ge=1, le=16, description="PDFs typeset at once")
    rendering_seconds: float = Field(default=10.0, gt=0, le=60, description="how long one PDF may take")
