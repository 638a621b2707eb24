"""What a list is asked for, in the words of its address."""

from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import urlencode

from contracts.documents import TYPE_CODES
from documents.domain.listing import Listing, Order, Place, place_from


def asked_listing(query: Mapping[str, str]) -> Listing:
    """The listing that an address asks for; what it doesn't say, or says wrongly, is the usual."""
    type_code = query.get("categorie")
    return Listing(
        type_code=type_code if type_code in TYPE_CODES else None,
        order=Order.OLDEST if query.get("ordre") == Order.OLDEST else Order.NEWEST,
        after=place_from(query.get("apres", "")),
    )


def query_for(
    listing: Listing, *, after: Place | None = None, also: Mapping[str, str] = MappingProxyType({})
) -> str:
    """The query of an address that asks for this listing, from another place; empty parts are left out."""
    asked = {
        **also,
        "categorie": listing.type_code,
        "ordre": listing.order.value,
        "apres": str(after) if after else None,
    }
    return urlencode({name: value for name, value in asked.items() if value})
