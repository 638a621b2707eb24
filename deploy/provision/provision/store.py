"""MongoDB's users: each service may read and write its one database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pymongo import MongoClient

from provision.settings import MONGO_USERS, Settings

Client = MongoClient[Mapping[str, Any]]


def client(settings: Settings) -> Client:
    """The administrator's client."""
    return MongoClient(
        settings["PLI_MONGO_URI"], authSource="admin",
        username=settings["PLI_MONGO_USERNAME"], password=settings["PLI_MONGO_PASSWORD"],
        serverSelectionTimeoutMS=2000, connectTimeoutMS=2000, socketTimeoutMS=20000,
    )  # fmt: skip


def answers(mongo: Client) -> None:
    """Raise unless an authenticated ping is answered."""
    mongo.admin.command("ping")


def provision(mongo: Client, settings: Settings) -> str:
    """Have a user for each service, with its password and one database."""
    users = settings.passwords(MONGO_USERS)
    for user, password in users.items():
        have_user(mongo, user, password)
    return f"store: {len(users)} users, each with its database"


def have_user(mongo: Client, user: str, password: str) -> None:
    """A user named as its database. It is kept in `admin`, where drivers look by default."""
    there = mongo.admin.command("usersInfo", user).get("users")
    verb = "updateUser" if there else "createUser"
    mongo.admin.command(verb, user, pwd=password, roles=[{"role": "readWrite", "db": user}])
