"""The same people and the same independent reader as in the other tests of the whole."""

from tests.system.conftest import observer, people

__all__ = ["observer", "people"]
