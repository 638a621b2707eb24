"""Looks whether the store answers, over a connection and a thread that nothing else uses."""

from typing import Any

from pymongo import MongoClient
from pymongo.errors import AutoReconnect, NetworkTimeout, PyMongoError, ServerSelectionTimeoutError

from chassis.settings import Settings
from chassis.store.store import credentials
from chassis.threads import BoundedPool
from chassis.watch import SLOW_FOR_MS, Watch

SILENCE = (NetworkTimeout, ServerSelectionTimeoutError)


def watch_store(settings: Settings) -> Watch:
    """The watch over the store, for pages. Its look waits for each word of the store, not for their sum.

    So a first look over a slow line, which has to connect and to log in, takes its time and finds the store there.
    """
    patience = max(SLOW_FOR_MS, settings.mongo_timeout_ms)
    client: MongoClient[dict[str, Any]] = MongoClient(
        **credentials(settings),
        connect=False,
        serverSelectionTimeoutMS=patience,
        connectTimeoutMS=patience,
        socketTimeoutMS=patience,
        maxPoolSize=1,
    )
    thread = BoundedPool("store-look", 1)

    async def look() -> bool:
        return await thread.run(_answers, client)

    def let_go() -> None:
        thread.close()
        client.close()

    return Watch("store", look, let_go)


def _answers(client: "MongoClient[dict[str, Any]]") -> bool:
    """A connection that was cut says nothing of the store: it is asked over another."""
    for _ in range(2):
        try:
            client.admin.command("ping")
        except SILENCE:
            return False
        except AutoReconnect:
            continue
        except PyMongoError:
            return True  # whatever it says, it speaks
        return True
    return False
