"""What documents must be told: the chassis' settings, with the object store required."""

from typing import ClassVar

from pydantic import Field, SecretStr

from chassis.settings import Settings


class DocumentsSettings(Settings):
    """Settings of the documents service, from `PLI_*` variables."""

    service: ClassVar[str] = "documents"

    objects_endpoint: str = Field(description="host:port of the object store")
    objects_access_key: str = Field(description="this service's own user")
    objects_secret_key: SecretStr = Field(description="its password")
    objects_bucket: str = Field(description="this service's own bucket")
