"""What the console must be told, read from `PLI_*` variables once."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class ConsoleSettings(BaseSettings):
    """The bus to look at and where to answer. The console has no store and no public origin."""

    model_config = SettingsConfigDict(env_prefix="PLI_", extra="ignore", frozen=True)

    kafka_bootstrap: str = Field(description="host:port of a broker, several separated by commas")
    kafka_username: str = Field(description="the console's SCRAM user")
    kafka_password: SecretStr = Field(description="its password")
    kafka_tls: bool = Field(default=False, description="speak TLS to the broker (SASL_SSL)")
    kafka_timeout_ms: int = Field(default=5_000, ge=500, description="how long to wait for an answer")

    http_host: str = Field(default="127.0.0.1", description="where the console listens")
    http_port: int = Field(default=8090, ge=1, le=65_535, description="its port: page, health, metrics")
    gather_every: float = Field(default=3.0, ge=0.5, le=60, description="seconds between two looks at the bus")
    log_level: str = Field(default="info", pattern="^(debug|info|warning|error)$")
