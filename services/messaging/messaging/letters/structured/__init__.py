"""Structured documents out of letters: an `IHE_XDM.zip`, or a CDA document by itself, read without trust."""

from messaging.letters.structured.reading import Reads, read_structured, structured_kind

__all__ = ["Reads", "read_structured", "structured_kind"]
