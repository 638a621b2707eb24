"""The store: one database a service, short transactions, events committed with the state they tell of."""

from chassis.store.store import Store, away
from chassis.store.tx import Tx
from chassis.store.writing import Row

__all__ = ["Row", "Store", "Tx", "away"]
