"""Invitation and activation."""

from datetime import date

import pytest

from auth.domain.accounts import Status
from auth.domain.credentials import IdentifierFault, PasswordFault
from auth.errors import InvitationNotHeld, InvitationRefused
from auth.usecases.activating import ChoiceRefused
from auth.usecases.caller import Caller
from auth.usecases.inviting import BadIns, Invitee, NoContact, invite
from contracts.auth import PatientChanged

HERE = Caller(peer="192.0.2.1")
BORN = date(1988, 5, 12)
INVITEE = Invitee(
    given_name="Inaya",
    family_name="Michel",
    birth_name="Durand",
    birth_date=BORN,
    ins="2 55 08 14 168 025 38",
    email="inaya@exemple.fr",
)


@pytest.fixture
async def code(house):
    house.store.accounts.rows.clear()
    return await invite(house.store, house.hashes, INVITEE, "patient.mssante.fr", house.clock)


async def activated(house, code, identifier="inaya.m1988", password="Une longue phrase 7"):
    handle = await house.activating.prove("durand", BORN, code.lower(), HERE)
    await house.activating.activate(handle.secret, identifier, password, HERE)


async def test_an_activation_tells_the_other_services_the_first_revision(house, code):
    await activated(house, code)
    (event, key) = house.store.events[-1]
    assert isinstance(event, PatientChanged)
    assert (event.revision, event.status, event.patient_id) == (1, "active", key)
    assert event.mailbox_address == "255081416802538@patient.mssante.fr"
    assert event.email == "inaya@exemple.fr"


async def test_an_invitation_tells_nobody_and_is_audited(house, code):
    assert not house.store.events
    assert house.store.audits[-1]["actor"] == "operator"
    (account,) = house.store.accounts.rows.values()
    assert account.status is Status.INVITED


async def test_the_code_is_kept_hashed(house, code):
    assert code.encode() not in b"".join(house.store.invitations.codes)


async def test_a_code_works_once(house, code):
    await activated(house, code)
    with pytest.raises(InvitationRefused):
        await house.activating.prove("durand", BORN, code, HERE)


async def test_two_browsers_that_proved_one_code_cannot_both_activate(house, code):
    first = await house.activating.prove("durand", BORN, code, HERE)
    second = await house.activating.prove("durand", BORN, code, HERE)
    await house.activating.activate(second.secret, "inaya.m1988", "Une longue phrase 7", HERE)
    with pytest.raises(InvitationNotHeld):
        await house.activating.activate(first.secret, "inaya.m1989", "Une longue phrase 7", HERE)


async def test_every_refusal_is_the_same(house, code):
    wrong = [
        ("durand", BORN, "ABCDEFGHJKLM"),
        ("durand", BORN, "nonsense"),
        ("dupont", BORN, code),
        ("durand", date(1988, 12, 5), code),
    ]
    said = set()
    for name, born, typed in wrong:
        with pytest.raises(InvitationRefused) as refused:
            await house.activating.prove(name, born, typed, HERE)
        said.add((refused.value.code, refused.value.sentence, str(refused.value)))
    house.clock.move(weeks=6)
    with pytest.raises(InvitationRefused) as refused:
        await house.activating.prove("durand", BORN, code, HERE)
    said.add((refused.value.code, refused.value.sentence, str(refused.value)))
    assert len(said) == 1


async def test_who_proved_an_invitation_has_half_an_hour_to_choose(house, code):
    handle = await house.activating.prove("durand", BORN, code, HERE)
    house.clock.move(minutes=30)
    with pytest.raises(InvitationNotHeld):
        await house.activating.activate(handle.secret, "inaya.m1988", "Une longue phrase 7", HERE)


async def test_a_refused_choice_says_what_is_wrong_and_keeps_the_invitation(house, code):
    handle = await house.activating.prove("durand", BORN, code, HERE)
    with pytest.raises(ChoiceRefused) as refused:
        await house.activating.activate(handle.secret, "inaya@exemple.fr", "motdepasse123", HERE)
    assert refused.value.identifier_fault is IdentifierFault.EMAIL
    assert refused.value.password_fault is PasswordFault.COMMON
    await house.activating.activate(handle.secret, "inaya.m1988", "Une longue phrase 7", HERE)


@pytest.mark.parametrize(
    ("changes", "error"),
    [({"ins": "289456789012345"}, BadIns), ({"email": None}, NoContact)],
)
async def test_an_invitation_needs_a_right_ins_and_a_contact(house, changes, error):
    from msgspec.structs import replace

    with pytest.raises(error):
        await invite(house.store, house.hashes, replace(INVITEE, **changes), "p.fr", house.clock)
