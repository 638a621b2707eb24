"""Ids are UUIDv7 in lower-case text: sortable by creation, never guessed from one another."""

from uuid_utils import uuid7


def new_id() -> str:
    """A new UUIDv7."""
    return str(uuid7())
