"""A draft's page as a browser sends it."""

from typing import Any

from messaging.domain.drafting import tick_of
from messaging.domain.model import Draft, Party
from tests.messaging.people import CHRISTELLE, World


def form(
    draft: Draft, text: str = "Bonjour Christelle", to: tuple[Party, ...] = (CHRISTELLE,), **changes: Any
) -> dict[str, Any]:
    fields = {
        "revision": str(draft.revision),
        "page": "one",
        "texte": text,
        "a": [tick_of(party.address) for party in to],
    }
    return fields | changes


def address(draft: Draft, tail: str = "") -> str:
    return f"/messagerie/brouillons/{draft.id}{tail}"


def kept(world: World) -> Draft:
    (draft,) = world.store.kept["drafts"].values()
    return draft
