"""What filing leaves behind of what becomes no message: nothing, or a word to its sender."""

from msgspec.structs import replace

from chassis.bus import Ready
from messaging.domain.model import MessageKind
from messaging.filing import Filing
from tests.messaging.fake_objects import FakeObjects
from tests.messaging.mail.test_filing import (
    INTAKES,
    ORIGIN,
    PATIENT_ID,
    PEOPLE,
    SERVICE,
    file,
    house,
    letter,
    taken,
)


async def test_what_leaves_no_message_leaves_no_objects_and_what_comes_again_takes_none_away() -> None:
    store, filing = await house()
    await file(store, filing, taken(0, 0, "a" * 64), letter(PEOPLE[0], "Résultats", 0))
    await file(store, filing, taken(0, 0, "a" * 64), letter(PEOPLE[0], "Résultats", 0))
    assert store.kept["discards"] == {}
    await file(store, filing, taken(1, 1, "a" * 64), letter(PEOPLE[0], "Résultats", 0))
    await file(store, filing, taken(2, 2), letter(PEOPLE[0], "[FIN]", 2))
    assert set(store.kept["discards"]) == {f"letters/{PATIENT_ID}/{INTAKES[number]}/" for number in (1, 2)}


async def test_a_letter_to_a_mailbox_closed_since_goes_back_to_who_sent_it_but_not_to_nobody() -> None:
    store, filing = await house()
    objects = FakeObjects()
    objects.kept["incoming/x"] = b"From: a@chu.mssante.fr\r\nSubject: Bonjour\r\n\r\nBonjour.\r\n"
    filing = Filing(store, objects, SERVICE)  # type: ignore[arg-type]
    store.put("patients", replace(await store.patient(PATIENT_ID), status="closed"))
    for number, sender in ((0, "Relais@chu.mssante.fr"), (1, "")):
        event = replace(taken(number, number), envelope_sender=sender)
        ready = Ready(event=event, prepared=await filing.prepare(event, ORIGIN))
        await store.transact(lambda tx, ready=ready: filing.file(tx, [ready]))
    (back,) = store.kept["consignments"].values()
    assert (back.cargo, back.domain, back.original_key) == ("return", "chu.mssante.fr", "incoming/x")
    assert [one.recipient.address for one in back.deliveries] == ["relais@chu.mssante.fr"]
    assert all(one.kind is MessageKind.SERVICE for one in store.kept["messages"].values())
    assert list(objects.kept) == ["incoming/x"]
