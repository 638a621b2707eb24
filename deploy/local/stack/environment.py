"""The settings and secrets of every process: one file each, readable by its owner only.

Secrets are generated once and kept: what a file already says is read back before it is rewritten.
Nothing has a default secret, and no process sees another's (the provisioning, which must hand out
every password, is the exception and ends before the services start).
"""

from __future__ import annotations

import base64
import os
import secrets
import shlex
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from stack.instance import Instance
from stack.ports import HOST

Settings = dict[str, str]

SERVICES = ("auth", "messaging", "documents", "synthesis", "notifier")
KAFKA_USERS = (*SERVICES, "messaging-door", "console")
OBJECT_OWNERS = ("messaging", "documents", "synthesis")
REGION = "eu-west-3"
PATIENT_DOMAIN = "patient.mssante.fr"


def password() -> str:
    return secrets.token_urlsafe(24)


def key() -> str:
    """32 random bytes in base64url with padding."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def upper(name: str) -> str:
    return name.upper().replace("-", "_")


def read(path: Path) -> Settings:
    """What an env file says; nothing if there is none."""
    if not path.exists():
        return {}
    words = (shlex.split(line) for line in path.read_text().splitlines())
    return dict(word[0].split("=", 1) for word in words if word)


def write(path: Path, settings: Settings) -> None:
    """Write an env file that only its owner can read, never a half of it."""
    partial = path.with_suffix(".partial")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.writelines(f"{name}={shlex.quote(value)}\n" for name, value in sorted(settings.items()))
    partial.replace(path)


def dkim_key(folder: Path) -> Path:
    """The key that signs what leaves: made once, readable by its owner only."""
    path = folder / "dkim.pem"
    if not path.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        whole = made.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(whole)
    return path


class Environment:
    """Every process's settings for one instance."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._ports = instance.ports

    def path(self, process: str) -> Path:
        return self._instance.places.env / f"{process}.env"

    def of(self, process: str) -> Settings:
        """What one process reads from its environment."""
        return read(self.path(process))

    def write(self) -> None:
        """Write every file, with the secrets there were or new ones."""
        self._instance.places.make()
        shared = self._provision()
        write(self.path("provision"), shared)
        for process, settings in self._processes(shared).items():
            write(self.path(process), settings)

    def _kept(self, process: str, name: str, make: Callable[[], str]) -> str:
        return self.of(process).get(name) or make()

    def _provision(self) -> Settings:
        """What the provisioning needs: the administrators' passwords and everybody's."""
        names = ["PLI_KAFKA_PASSWORD", "PLI_MONGO_PASSWORD", "PLI_OBJECTS_SECRET_KEY"]
        names += [f"PLI_PROVISION_KAFKA_PASSWORD_{upper(user)}" for user in KAFKA_USERS]
        names += [f"PLI_PROVISION_MONGO_PASSWORD_{upper(user)}" for user in SERVICES]
        names += [f"PLI_PROVISION_OBJECTS_SECRET_KEY_{upper(user)}" for user in OBJECT_OWNERS]
        return {
            **self._addresses(),
            "PLI_KAFKA_USERNAME": "admin",
            "PLI_MONGO_USERNAME": "admin",
            "PLI_OBJECTS_ACCESS_KEY": "administrator",
            **{name: self._kept("provision", name, password) for name in names},
        }

    def _addresses(self) -> Settings:
        return {
            "PLI_KAFKA_BOOTSTRAP": self._ports.address("kafka"),
            "PLI_MONGO_URI": f"mongodb://{self._ports.address('mongodb')}/?directConnection=true",
            "PLI_OBJECTS_ENDPOINT": self._ports.address("minio"),
            "PLI_OBJECTS_REGION": REGION,
        }

    def _processes(self, shared: Settings) -> dict[str, Settings]:
        messaging = {
            **self._service("messaging", shared),
            "PLI_PATIENT_DOMAIN": PATIENT_DOMAIN,
            "PLI_MAIL_OPERATORS": str(self._instance.places.config / "mail-operators.toml"),
            "PLI_ROAD_SMTP_HOST": HOST,
            "PLI_ROAD_SMTP_PORT": str(self._ports["mail-smtp"]),
            "PLI_ROAD_TLS": "opportunistic",
            # figures and storms send more than people do
            **dict.fromkeys(
                ("PLI_ROAD_REPLIES_PER_HOUR", "PLI_ROAD_REPLIES_PER_DAY", "PLI_ROAD_REPLIES_TO_PROFESSIONAL"), "0"
            ),
            "PLI_DOOR_HOST": HOST,
            "PLI_DOOR_PORT": str(self._ports["door"]),
            "PLI_DOOR_LOOPBACK_WITHOUT_TLS": "true",
            # every sender of the machine is one peer to the door
            "PLI_DOOR_CONNECTIONS_PER_MINUTE_PER_PEER": "60000",
            "PLI_SCANNER_PORT": str(self._ports["scanner"]),
        }
        return {
            "minio": self._minio(shared),
            "kafka": self._kafka(),
            "auth": self._auth(shared),
            "messaging-web": {**messaging, **self._http("messaging-web")},
            "messaging-worker": {
                **messaging, **self._http("messaging-worker"),
                "PLI_ROAD_DKIM_KEY": str(dkim_key(self._instance.places.root / "keys")),
            },
            "messaging-smtp": {
                **messaging, **self._http("messaging-smtp"), **self._kafka_user("messaging-door", shared),
            },
            "documents": {**self._service("documents", shared), **self._http("documents")},
            "synthesis": {**self._service("synthesis", shared), **self._http("synthesis")},
            "notifier": self._notifier(shared),
            "console": {
                "PLI_KAFKA_BOOTSTRAP": shared["PLI_KAFKA_BOOTSTRAP"],
                **self._kafka_user("console", shared), **self._http("console"),
            },
            "gateway-pages": self._http("gateway-pages"),
        }  # fmt: skip

    def _service(self, name: str, shared: Settings) -> Settings:
        settings = {
            "PLI_KAFKA_BOOTSTRAP": shared["PLI_KAFKA_BOOTSTRAP"],
            **self._kafka_user(name, shared),
            "PLI_MONGO_URI": shared["PLI_MONGO_URI"],
            "PLI_MONGO_DATABASE": name,
            "PLI_MONGO_USERNAME": name,
            "PLI_MONGO_PASSWORD": shared[f"PLI_PROVISION_MONGO_PASSWORD_{upper(name)}"],
        }
        if name not in OBJECT_OWNERS:
            return settings
        return settings | {
            "PLI_OBJECTS_ENDPOINT": shared["PLI_OBJECTS_ENDPOINT"],
            "PLI_OBJECTS_ACCESS_KEY": name,
            "PLI_OBJECTS_SECRET_KEY": shared[f"PLI_PROVISION_OBJECTS_SECRET_KEY_{upper(name)}"],
            "PLI_OBJECTS_BUCKET": name,
            "PLI_OBJECTS_REGION": REGION,
        }

    def _kafka_user(self, user: str, shared: Settings) -> Settings:
        return {
            "PLI_KAFKA_USERNAME": user,
            "PLI_KAFKA_PASSWORD": shared[f"PLI_PROVISION_KAFKA_PASSWORD_{upper(user)}"],
        }

    def _http(self, port: str) -> Settings:
        return {
            "PLI_HTTP_HOST": HOST,
            "PLI_HTTP_PORT": str(self._ports[port]),
            "PLI_PUBLIC_ORIGIN": self._instance.public_origin,
        }

    def _auth(self, shared: Settings) -> Settings:
        return {
            **self._service("auth", shared),
            **self._http("auth"),
            "PLI_CODE_KEY": self._kept("auth", "PLI_CODE_KEY", key),
            "PLI_SIGNING_KEY": self._kept("auth", "PLI_SIGNING_KEY", key),
        }

    def _notifier(self, shared: Settings) -> Settings:
        return {
            **self._service("notifier", shared),
            **self._http("notifier"),
            "PLI_SEALING_KEY": self._kept("notifier", "PLI_SEALING_KEY", key),
            "PLI_NOTICE_SMTP_HOST": HOST,
            "PLI_NOTICE_SMTP_PORT": str(self._ports["mail-smtp"]),
            "PLI_SMS_PROVIDER": "catcher",
        }

    def _kafka(self) -> Settings:
        return {"PLI_CONTROLLER_PASSWORD": self._kept("kafka", "PLI_CONTROLLER_PASSWORD", password)}

    def _minio(self, shared: Settings) -> Settings:
        encryption = base64.b64encode(secrets.token_bytes(32)).decode()
        return {
            "MINIO_ROOT_USER": shared["PLI_OBJECTS_ACCESS_KEY"],
            "MINIO_ROOT_PASSWORD": shared["PLI_OBJECTS_SECRET_KEY"],
            "MINIO_KMS_SECRET_KEY": self._kept("minio", "MINIO_KMS_SECRET_KEY", lambda: f"pli:{encryption}"),
            "MINIO_REGION": REGION,
            "MINIO_UPDATE": "off",
        }
