"""What the provisioning reads from its environment, once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from provision.errors import SettingMissing

KAFKA_USERS = "PLI_PROVISION_KAFKA_PASSWORD_"
MONGO_USERS = "PLI_PROVISION_MONGO_PASSWORD_"
OBJECT_OWNERS = "PLI_PROVISION_OBJECTS_SECRET_KEY_"


@dataclass(frozen=True)
class Settings:
    """The environment's settings, asked by name. It holds every password: it is never printed."""

    environ: Mapping[str, str] = field(repr=False)

    def __getitem__(self, name: str) -> str:
        try:
            return self.environ[name]
        except KeyError:
            raise SettingMissing(name) from None

    def get(self, name: str, default: str) -> str:
        return self.environ.get(name, default)

    def passwords(self, prefix: str) -> dict[str, str]:
        """Users and passwords under a prefix: `…_MESSAGING_DOOR` is the user `messaging-door`."""
        return {
            name.removeprefix(prefix).lower().replace("_", "-"): value
            for name, value in self.environ.items()
            if name.startswith(prefix)
        }
