"""What TLS the door speaks: 1.2 or later and ciphers with forward secrecy, whatever its machine would allow."""

import ssl
from pathlib import Path

import pytest

from messaging.door.tls import DoorTls
from tests.certificates import Authority
from tests.messaging.mail.doorstep import House, shaken

pytestmark = pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1:DeprecationWarning")
ANYTHING = "ALL:COMPLEMENTOFALL:@SECLEVEL=0"
V1_1, V1_2, V1_3 = ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


@pytest.fixture
async def lax(house: House, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> House:
    """A door on a machine that by itself would speak TLS 1.0 with any cipher; most refuse that by themselves."""
    usual = ssl.create_default_context

    def allowing(purpose: ssl.Purpose, cafile: str) -> ssl.SSLContext:
        context = usual(purpose, cafile=cafile)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.set_ciphers(ANYTHING)
        return context

    with monkeypatch.context() as patched:
        patched.setattr("messaging.door.tls.ssl.create_default_context", allowing)
        house.tls = DoorTls(*authority.issue("door.test", "door"), authority.file)
    await house.reopen()
    return house


def speaking(authority: Path, version: ssl.TLSVersion, ciphers: str) -> ssl.SSLContext:
    """A client that can do nothing else."""
    context = ssl.create_default_context(cafile=str(authority))
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = context.minimum_version = version
    context.set_ciphers(ciphers)
    return context


@pytest.mark.parametrize(
    ("version", "ciphers"),
    [(V1_2, "ECDHE+AESGCM"), (V1_2, "ECDHE+CHACHA20"), (V1_3, "DEFAULT")],
    ids=["1.2 with AES-GCM", "1.2 with ChaCha20", "1.3"],
)
async def test_the_door_speaks_tls_1_2_and_1_3(
    lax: House, authority: Authority, version: ssl.TLSVersion, ciphers: str
) -> None:
    client = await lax.client()
    assert await shaken(client, speaking(authority.file, version, ciphers))
    assert (await client.say(b"EHLO x")).startswith("250")


@pytest.mark.parametrize(
    ("version", "ciphers", "reason"),
    [
        (V1_1, ANYTHING, "UNSUPPORTED_PROTOCOL"),
        (V1_2, "ECDHE-ECDSA-AES128-SHA256", "NO_SHARED_CIPHER"),
        (V1_2, "ECDHE-ECDSA-AES256-SHA", "NO_SHARED_CIPHER"),
        (V1_2, "ECDHE-ECDSA-AES128-CCM8", "NO_SHARED_CIPHER"),
        (V1_2, "ECDHE-ECDSA-NULL-SHA:@SECLEVEL=0", "NO_SHARED_CIPHER"),
    ],
    ids=["1.1", "CBC", "CBC with SHA-1", "a short tag", "no secrecy"],
)
async def test_the_door_shakes_no_hands_in_old_tls_or_with_weak_ciphers(
    lax: House,
    authority: Authority,
    capsys: pytest.CaptureFixture[str],
    version: ssl.TLSVersion,
    ciphers: str,
    reason: str,
) -> None:
    """By the reason, each rule stands on its own: ciphers alone would also keep out TLS 1.1."""
    client = await lax.client()
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await shaken(client, speaking(authority.file, version, ciphers))
    assert f"reason={reason}" in capsys.readouterr().out
