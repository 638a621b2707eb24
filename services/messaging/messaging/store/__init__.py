"""The only part of messaging that knows the database. Methods are grouped in modules by what they keep.

Reads take an optional `tx` last; writes take the transaction first. Every query has its index in `INDEXES`.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from pymongo import ASCENDING, DESCENDING, IndexModel

from messaging.store.consignments import CONSIGNMENT_INDEXES, CONSIGNMENTS
from messaging.store.messages import MESSAGES_A_PAGE, MessagePage, message_key
from messaging.store.misdirected import MisdirectedLetters
from messaging.store.paging import PageKey
from messaging.store.people import People
from messaging.store.preferences import Preferences
from messaging.store.removed_drafts import RemovedDrafts
from messaging.store.sendings import Sendings
from messaging.store.trash import Trash, TrashPage
from messaging.store.trays import Trays
from messaging.store.walks import PAGE_SIZE, MailboxPage

__all__ = [
    "MESSAGES_A_PAGE",
    "PAGE_SIZE",
    "MailboxPage",
    "MessagePage",
    "MessagingStore",
    "PageKey",
    "TrashPage",
    "message_key",
]


def _by_patient(*fields: str) -> IndexModel:
    return IndexModel([("patient_id", ASCENDING), *((name, ASCENDING) for name in fields)])


class MessagingStore(People, RemovedDrafts, Trays, Trash, Preferences, Sendings, MisdirectedLetters):
    """All that messaging keeps in its database."""

    SEVERAL_WRITE = True
    EXPIRING: ClassVar[Mapping[str, str]] = {"seen": "expires_at"}
    INDEXES: ClassVar[Mapping[str, Sequence[IndexModel]]] = {
        "patients": (IndexModel([("mailbox_address", ASCENDING)]),),
        "projections": (),
        "correspondents": (IndexModel([("patient_id", ASCENDING), ("address", ASCENDING)]),),
        "mailboxes": (),
        "conversations": (
            IndexModel(
                [
                    ("patient_id", ASCENDING),
                    ("facets", ASCENDING),
                    ("last_activity_at", DESCENDING),
                    ("_id", DESCENDING),
                ]
            ),
        ),
        "messages": (
            IndexModel(
                [
                    ("patient_id", ASCENDING),
                    ("conversation_id", ASCENDING),
                    ("at", DESCENDING),
                    ("_id", DESCENDING),
                ]
            ),
            IndexModel(
                [
                    ("patient_id", ASCENDING),
                    ("conversation_id", ASCENDING),
                    ("milestone", ASCENDING),
                    ("at", DESCENDING),
                ],
                partialFilterExpression={"milestone": True},
            ),
        ),
        "ties": (),
        "words": (IndexModel([("tokens", ASCENDING)]),),
        "trash": (_by_patient("trashed_at", "_id"), IndexModel([("gone_at", ASCENDING)])),
        "seen": (IndexModel([("expires_at", ASCENDING)]),),
        "keeps": (_by_patient("message_id", "requested_at"),),
        "drafts": (
            _by_patient("conversation_id", "created_at"),
            _by_patient("removed_at"),
            IndexModel([("removed_at", ASCENDING)]),
            IndexModel([("blank", ASCENDING), ("updated_at", ASCENDING)]),
        ),
        "discards": (),
        "draft_rows": (_by_patient("draft_id", "requested_at", "_id"),),
        CONSIGNMENTS: CONSIGNMENT_INDEXES,
        "preferences": (),
        "sendings": (),
        "misdirected": (IndexModel([("set_aside_at", ASCENDING)]),),
    }
