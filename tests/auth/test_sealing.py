"""Codes on the bus: only the notifier reads them, only auth can have sent them."""

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from auth.keys import Signer
from chassis.identity.sealing import BoxUnreadable, SignatureRefused, open_box, open_issued, seal, verify
from chassis.identity.tokens import key_id_of
from contracts.auth import SealedCode
from contracts.notifier import SealingKeyPublished

KEY = X25519PrivateKey.generate()
PUBLIC = KEY.public_key().public_bytes_raw()
AT = datetime(2026, 11, 23, 13, 40, tzinfo=UTC)
SIGNER = Signer(bytes(32))
CODE = SealedCode(
    challenge_id="01890000-0000-7000-8000-000000000001",
    code="034567",
    channel="email",
    destination="inaya@exemple.fr",
    expires_at=AT,
)
TO = SealingKeyPublished(key_id=key_id_of(PUBLIC), public_key=PUBLIC, published_at=AT)


def test_what_is_sealed_and_signed_is_opened_by_the_notifier():
    issued = SIGNER.issued(CODE, TO)
    assert open_issued(issued, KEY, SIGNER.public_key) == CODE
    assert (issued.sealing_key_id, issued.signing_key_id) == (TO.key_id, SIGNER.key_id)


def test_no_other_key_opens_it():
    with pytest.raises(BoxUnreadable):
        open_box(seal(CODE, PUBLIC), X25519PrivateKey.generate())


@given(st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_an_altered_box_is_refused(place, change):
    box = bytearray(seal(CODE, PUBLIC))
    box[place % len(box)] ^= change
    with pytest.raises(BoxUnreadable):
        open_box(bytes(box), KEY)
    with pytest.raises(SignatureRefused):
        verify(replace(SIGNER.issued(CODE, TO), box=bytes(box)), SIGNER.public_key)


@given(st.binary(max_size=200))
def test_garbage_is_no_box(garbage):
    with pytest.raises(BoxUnreadable):
        open_box(garbage, KEY)


def test_another_signers_code_is_refused():
    with pytest.raises(SignatureRefused):
        verify(SIGNER.issued(CODE, TO), Signer(bytes(31) + b"1").public_key)


def test_a_box_cannot_be_passed_off_for_another_challenge():
    issued = replace(SIGNER.issued(CODE, TO), challenge_id="01890000-0000-7000-8000-000000000002")
    with pytest.raises(SignatureRefused):
        open_issued(issued, KEY, SIGNER.public_key)
