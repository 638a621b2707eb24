"""The SMTP door: letters are streamed into the object store, recorded on the bus, and then answered 250."""

from messaging.door.listening import Door

__all__ = ["Door"]
