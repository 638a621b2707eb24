"""Who speaks in a conversation, kept with its row: what answering needs, without its messages.

A voice is a professional who wrote there, with those they copied. Voices are combined like conversations:
in any order, any number of times, with the same result.
"""

from collections.abc import Iterable

from messaging.domain.model import Copied, Message, MessageKind, Voice

MOST_COPIED = 500
"""People copied by one professional in one conversation who may be ticked: the latest."""


def voices_of(message: Message) -> tuple[Voice, ...]:
    """The voice that a letter adds to its conversation; none for a reply, an automatic answer or the service's own
    message: nobody can be answered who has not written."""
    if message.kind is not MessageKind.LETTER or message.auto_reply:
        return ()
    copied = (
        Copied(party=party, at=message.at, letter_id=message.id, place=place)
        for place, party in enumerate(message.recipients)
    )
    voice = Voice(party=message.sender, at=message.at, letter_id=message.id, copied=_latest(copied))
    return (voice,)


def combined(*several: Iterable[Voice]) -> tuple[Voice, ...]:
    """The voices of conversations that become one, latest letter first."""
    by_address: dict[str, Voice] = {}
    for voice in (voice for voices in several for voice in voices):
        known = by_address.get(voice.party.address)
        by_address[voice.party.address] = _joined(known, voice) if known else voice
    return tuple(sorted(by_address.values(), key=_age, reverse=True))


def copied_by(voices: Iterable[Voice]) -> list[Copied]:
    """Those whom these voices copied, as the latest letter names them; the latest letter's first."""
    return list(_latest(copied for voice in voices for copied in voice.copied))


def addresses_in(voices: Iterable[Voice]) -> list[str]:
    """Everyone on the letters: who wrote them, and who was copied."""
    return sorted(
        {
            address
            for voice in voices
            for address in (voice.party.address, *(c.party.address for c in voice.copied))
        }
    )


def _joined(one: Voice, other: Voice) -> Voice:
    latest = max(one, other, key=_age)
    return Voice(
        party=latest.party,
        at=latest.at,
        letter_id=latest.letter_id,
        copied=_latest((*one.copied, *other.copied))[:MOST_COPIED],
    )


def _latest(copied: Iterable[Copied]) -> tuple[Copied, ...]:
    by_address: dict[str, Copied] = {}
    for one in sorted(copied, key=_rank, reverse=True):
        by_address.setdefault(one.party.address, one)
    return tuple(by_address.values())


def _age(voice: Voice) -> tuple[object, str]:
    return voice.at, voice.letter_id


def _rank(copied: Copied) -> tuple[object, str, int]:
    return copied.at, copied.letter_id, -copied.place
