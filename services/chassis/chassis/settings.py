"""Typed settings, read once in the composition root from `PLI_*` variables. No secret has a default."""

import sys
from typing import Any, ClassVar, Literal, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict

_DEMONSTRATION = "demonstration"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def of_demonstration(default: Any, description: str) -> Any:
    """A field whose default answers for the demonstration only: any other site must set it."""
    return Field(default=default, description=description, json_schema_extra={_DEMONSTRATION: True})


class Settings(BaseSettings):
    """What every service must be told. A service adds its own fields in a subclass."""

    model_config = SettingsConfigDict(env_prefix="PLI_", extra="ignore", frozen=True, hide_input_in_errors=True)

    service: ClassVar[str] = ""
    """The service's name in the registry of topics; a subclass sets it."""

    kafka_bootstrap: str = Field(description="host:port of a broker, several separated by commas")
    kafka_username: str = Field(description="this service's SCRAM user")
    kafka_password: SecretStr = Field(description="its password")
    kafka_tls: bool = Field(default=False, description="speak TLS to the broker (SASL_SSL)")
    max_poll_interval_ms: int = Field(default=300_000, ge=2_000, description="how long a handler may take")
    session_timeout_ms: int = Field(default=10_000, ge=1_000, description="after which a silent consumer is out")

    mongo_uri: str = Field(description="the store, without credentials in it")
    mongo_database: str = Field(description="this service's own database")
    mongo_username: str = Field(description="this service's own user")
    mongo_password: SecretStr = Field(description="its password")
    mongo_auth_source: str = Field(default="admin", description="the database its user is kept in")
    mongo_timeout_ms: int = Field(
        default=900, ge=100, description="for how long to look for the store, every half second"
    )

    objects_endpoint: str | None = Field(default=None, description="host:port of the object store")
    objects_access_key: str | None = Field(default=None, description="this service's own user")
    objects_secret_key: SecretStr | None = Field(default=None, description="its password")
    objects_bucket: str | None = Field(default=None, description="this service's own bucket")
    objects_region: str = Field(default="us-east-1", description="the region requests are signed for")
    objects_tls: bool = Field(default=False, description="speak TLS to the object store")
    objects_threads: int = Field(default=8, ge=1, le=64, description="transfers at once")

    http_host: str = Field(default="127.0.0.1", description="where the service listens")
    http_port: int = Field(ge=1, le=65_535, description="its HTTP port: pages, health, metrics")
    public_origin: str = Field(description="the site as browsers see it, e.g. https://espace.example")
    service_name: str = Field(default="Mon espace santé", description="whose service it is, in every page")
    accessibility_state: Literal["totalement conforme", "partiellement conforme", "non conforme"] = Field(
        default="non conforme", description="what the declaration of accessibility (RGAA) says, in every footer"
    )
    lanes: int = Field(default=2, ge=1, le=16, description="consumers side by side in one process")
    batch: int = Field(default=32, ge=1, le=500, description="records taken from the bus at once")
    patience_ms: int = Field(
        default=100,
        ge=0,
        le=1_000,
        description="how long what comes in floods waits for the batch under way; 0: not at all",
    )
    stop_within: float = Field(default=8.0, gt=0, description="seconds a graceful stop may take")
    development: bool = Field(default=False, description="shows what only developers need")
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @property
    def secure_origin(self) -> bool:
        """Whether browsers reach the site over TLS."""
        return self.public_origin.startswith("https://")

    @property
    def on_this_machine(self) -> bool:
        """Whether only this machine's own browsers reach the site: a demonstration, or a developer's."""
        return urlsplit(self.public_origin).hostname in _LOOPBACK

    @model_validator(mode="after")
    def _speaks_for_somebody(self) -> Self:
        """A site that others reach says who answers for it: the demonstration's words would deceive them."""
        fields = type(self).model_fields.items()
        left = [name for name, field in fields if _answers_for_demonstration(field, getattr(self, name))]
        if left and not self.on_this_machine:
            names = ", ".join(f"PLI_{name.upper()}" for name in left)
            raise ValueError(f"this site is not a demonstration, so it must set {names}")
        return self


def _answers_for_demonstration(field: FieldInfo, value: Any) -> bool:
    extra = field.json_schema_extra
    return isinstance(extra, dict) and _DEMONSTRATION in extra and value == field.default


SettingsT = TypeVar("SettingsT", bound=Settings)


def read_settings(kind: type[SettingsT]) -> SettingsT:
    """The settings in the environment. Ends the process, naming each variable that is missing or wrong."""
    try:
        return kind.model_validate({})
    except ValidationError as error:
        for wrong in error.errors(include_input=False, include_url=False):
            variable = "_".join(("PLI", *map(str, wrong["loc"]))).upper()
            sys.stderr.write(f"{variable}: {wrong['msg']}\n" if wrong["loc"] else f"{wrong['msg']}\n")
        sys.stderr.write("Set these variables and start again; chassis/settings.py says what each is for.\n")
        raise SystemExit(2) from None
