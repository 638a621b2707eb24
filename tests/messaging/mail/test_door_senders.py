"""Who may hand letters over: by certificate, for its own domains; who reports on notices; who scans."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from chassis.ids import new_id
from contracts.messaging import NoticeReturnTaken
from messaging.door.scanning import Clamd
from tests.certificates import Authority
from tests.messaging.mail.doorstep import HEAD, INAYA, House, over_tls


async def test_before_tls_nothing_is_taken(guarded: House) -> None:
    client = await guarded.client()
    assert "STARTTLS" in await client.say(b"EHLO x")
    for command in (b"MAIL FROM:<a@chu.mssante.fr>", b"RCPT TO:<%s>" % INAYA.encode(), b"DATA"):
        assert (await client.say(command)).startswith("530 5.7.0")


async def test_a_listed_operator_hands_over_letters_of_its_own_users(guarded: House, authority: Authority) -> None:
    client = await guarded.client()
    tls = await over_tls(client, authority, authority.issue("smtp.chu.mssante.fr", "chu"))
    assert tls.version() in ("TLSv1.2", "TLSv1.3")
    assert (await client.say(b"MAIL FROM:<a@chu.mssante.fr>")).startswith("503")
    assert "STARTTLS" not in await client.say(b"EHLO x")
    assert (await client.send(HEAD + b"\r\n" + b"x" * 300_000)).startswith("250")
    assert len(guarded.letters) == 1


async def test_an_operator_answers_for_nobody_elses_users(guarded: House, authority: Authority) -> None:
    client = await guarded.client()
    await over_tls(client, authority, authority.issue("smtp.labo.mssante.fr", "labo"))
    await client.say(b"EHLO x")
    assert (await client.say(b"MAIL FROM:<a@chu.mssante.fr>")).startswith("550 5.7.1")
    assert (await client.say(b"MAIL FROM:<a@labo.mssante.fr>")).startswith("250")
    await client.say(b"RCPT TO:<%s>" % INAYA.encode())
    await client.say(b"DATA")
    assert (await client.say(HEAD + b"\r\n.")).startswith("550 5.7.1")
    assert guarded.log.records == [] and guarded.bucket.kept == {}


@pytest.mark.parametrize(
    ("host", "envelope", "sender", "answer"),
    [
        ("smtp.chu.mssante.fr", b"", b"MAILER-DAEMON@mx.chu.mssante.fr", "250"),
        ("smtp.chu.mssante.fr", b"", b"marie@mx.chu.mssante.fr", "550 5.7.1"),
        ("smtp.chu.mssante.fr", b"", b"MAILER-DAEMON@mx.labo.mssante.fr", "550 5.7.1"),
        ("smtp.chu.mssante.fr", b"a@chu.mssante.fr", b"MAILER-DAEMON@mx.chu.mssante.fr", "550 5.7.1"),
        ("relais.example", b"", b"MAILER-DAEMON@relais.example", "250"),
        ("relais.example", b"", b"marie@chu.mssante.fr", "550 5.7.1"),
    ],
)
async def test_reports_come_from_hosts_of_an_operator_and_letters_do_not(
    guarded: House, authority: Authority, host: str, envelope: bytes, sender: bytes, answer: str
) -> None:
    client = await guarded.client()
    await over_tls(client, authority, authority.issue(host, "peer"))
    await client.say(b"EHLO x")
    assert (await client.say(b"MAIL FROM:<%s>" % envelope)).startswith("250")
    await client.say(b"RCPT TO:<%s>" % INAYA.encode())
    await client.say(b"DATA")
    assert (await client.say(b"From: %s\r\nSubject: Undelivered\r\n\r\nx\r\n." % sender)).startswith(answer)
    assert len(guarded.letters) == answer.startswith("250")


@pytest.mark.parametrize(("host", "answer"), [(None, "530 5.7.0"), ("smtp.ailleurs.fr", "550 5.7.1")])
async def test_who_is_not_listed_is_told_so_at_mail(
    guarded: House, authority: Authority, host: str | None, answer: str
) -> None:
    client = await guarded.client()
    await over_tls(client, authority, authority.issue(host, "peer") if host else None)
    await client.say(b"EHLO x")
    assert (await client.say(b"MAIL FROM:<a@chu.mssante.fr>")).startswith(answer)


async def test_a_certificate_that_someone_else_signed_opens_nothing(
    guarded: House, authority: Authority, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    stranger = Authority(tmp_path / "other")
    client = await guarded.client()
    with pytest.raises((OSError, AssertionError)):
        await over_tls(client, authority, stranger.issue("smtp.chu.mssante.fr", "chu"))
        assert await client.say(b"EHLO x") != ""
    assert guarded.log.records == []


async def test_what_was_sent_in_the_clear_behind_starttls_is_thrown_away(
    guarded: House, authority: Authority
) -> None:
    client = await guarded.client()
    await client.say(b"EHLO x")
    client.writer.write(b"STARTTLS\r\nRSET\r\nMAIL FROM:<a@chu.mssante.fr>\r\n")
    assert (await client.reply()).startswith("220")
    context = ssl.create_default_context(cafile=str(authority.file))
    await client.writer.start_tls(context, server_hostname="door.test")
    assert (await client.say(b"NOOP")).startswith("250 2.0.0 OK")


async def test_a_new_certificate_and_a_new_list_are_taken_without_a_restart(
    guarded: House, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("messaging.reloading.LOOK_EVERY", 0.0)
    chu = authority.issue("smtp.chu.mssante.fr", "chu")
    before = await over_tls(await guarded.client(), authority, chu)
    authority.issue("door.test", "door")
    after = await over_tls(await guarded.client(), authority, chu)
    assert before.getpeercert(binary_form=True) != after.getpeercert(binary_form=True)
    (authority.folder / "door.key").write_text("half a key")
    assert await over_tls(await guarded.client(), authority, chu)


async def test_on_the_loopback_each_listed_domain_is_let_in_and_no_other(house: House) -> None:
    client = await house.client()
    await client.say(b"EHLO x")
    assert (await client.say(b"MAIL FROM:<a@gmail.com>")).startswith("550 5.7.1")
    assert (await client.say(b"MAIL FROM:<a@LABO.mssante.fr>")).startswith("250")


@pytest.mark.parametrize("proof", ["0123456789abcdef", None])
async def test_a_report_on_a_notice_is_taken_from_the_null_sender_alone(house: House, proof: str | None) -> None:
    notice = new_id()
    to = f"RCPT TO:<retour+{notice}{f'.{proof}' if proof else ''}@notices.test>".encode()
    client = await house.client()
    await client.say(b"EHLO x")
    await client.say(b"MAIL FROM:<a@chu.mssante.fr>")
    assert (await client.say(to)).startswith("550 5.7.1")
    await client.say(b"RSET")
    await client.say(b"MAIL FROM:<>")
    assert (await client.say(to.upper())).startswith("250")
    await client.say(b"DATA")
    assert (await client.say(b"From: MAILER-DAEMON@relay.example\r\n\r\nx\r\n.")).startswith("250")
    (record,) = house.log.records
    assert isinstance(record, NoticeReturnTaken)
    assert (record.notice_id, record.proof) == (notice, proof)
    assert house.bucket.kept[record.object_key].startswith(b"From: MAILER-DAEMON")


@pytest.mark.parametrize(
    ("address", "answer"),
    [
        (
            "ne-pas-repondre@notices.test",
            "550 5.7.1 Personne ne lit cette adresse : ecrivez depuis https://espace",
        ),
        ("retour+x@notices.test", "550 5.1.1"),
        ("retour+01975a3c-1f60-7a10-9c4e-2b7d5e8f0a31.beef@notices.test", "550 5.1.1"),
        ("postmaster@elsewhere.test", "550 5.1.3"),
        ("postmasters@patient.mssante.fr", "550 5.1.3"),
    ],
)
async def test_addresses_where_nobody_reads_say_so(house: House, address: str, answer: str) -> None:
    client = await house.client()
    await client.say(b"EHLO x")
    await client.say(b"MAIL FROM:<a@chu.mssante.fr>")
    assert (await client.say(b"RCPT TO:<%s>" % address.encode())).startswith(answer)


@pytest.mark.parametrize(
    "address",
    [
        "postmaster@notices.test",
        "Postmaster@PATIENT.mssante.fr",
        "abuse@patient.mssante.fr",
        "ABUSE@notices.test",
        "postmaster",
    ],
)
@pytest.mark.parametrize("sender", [b"", b"a@chu.mssante.fr"])
async def test_who_runs_the_house_can_be_written_to(house: House, address: str, sender: bytes) -> None:
    client = await house.client()
    await client.say(b"EHLO x")
    await client.say(b"MAIL FROM:<%s>" % sender)
    assert (await client.say(b"RCPT TO:<%s>" % address.encode())).startswith("250")
    await client.say(b"DATA")
    assert (await client.say(b"From: MAILER-DAEMON@relay.example\r\n\r\nYour mail loops.\r\n.")).startswith("250")
    assert house.log.records == []
    (kept,) = (key for key in house.bucket.kept if key.startswith("incoming/operators/"))
    assert b"Your mail loops." in house.bucket.kept[kept]


async def test_what_cannot_be_kept_for_who_runs_the_house_is_not_answered_250(house: House) -> None:
    house.bucket.copies_nothing = True
    client = await house.client()
    assert (await client.send(HEAD, INAYA, "postmaster")).startswith("451 4.3.0")
    house.bucket.copies_nothing = False
    assert (await client.send(HEAD, INAYA, "postmaster")).startswith("250")
    assert len([key for key in house.bucket.kept if key.startswith("incoming/operators/")]) == 1
    first, again = house.letters
    assert first.content_sha256 == again.content_sha256, "a repeat to the mailbox, which files it once"


async def test_a_letter_that_the_log_does_not_take_leaves_no_copy_for_who_runs_the_house(house: House) -> None:
    house.log.away = True
    client = await house.client()
    assert (await client.send(HEAD, INAYA, "postmaster")).startswith("451 4.3.0")
    assert not [key for key in house.bucket.kept if key.startswith("incoming/operators/")]


async def test_a_letter_to_who_runs_the_house_alone_needs_no_log(house: House) -> None:
    house.log.away = True
    client = await house.client()
    assert (await client.send(HEAD, "postmaster")).startswith("250")


async def test_a_letter_to_a_patient_and_to_postmaster_reaches_both(house: House) -> None:
    client = await house.client()
    assert (await client.send(HEAD, INAYA, "postmaster@patient.mssante.fr")).startswith("250")
    (record,) = house.letters
    assert set(house.bucket.kept) == {record.object_key, f"incoming/operators/{record.intake_id}"}


async def test_addresses_of_the_house_count_as_recipients(house: House) -> None:
    house.manners = replace(house.manners, recipients=2)
    await house.reopen()
    client = await house.client()
    await client.say(b"EHLO x")
    await client.say(b"MAIL FROM:<a@chu.mssante.fr>")
    answers = [await client.say(b"RCPT TO:<postmaster>") for _ in range(3)]
    assert [answer[:3] for answer in answers] == ["250", "250", "452"]


class FakeClamd:
    """clamd's protocol over a socket file: finds one word, says something else, or nothing."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)
        self.silent = False
        self.says: bytes | None = None
        self.streams: list[bytes] = []
        self._serving: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        self.server = await asyncio.start_unix_server(self._begin, self.path)

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._serving.add(asyncio.create_task(self._serve(reader, writer)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            assert await reader.readuntil(b"\0") == b"zINSTREAM\0"
            stream = b""
            while size := int.from_bytes(await reader.readexactly(4), "big"):
                stream += await reader.readexactly(size)
            self.streams.append(stream)
            if not self.silent:
                writer.write(self.says or self._judge(stream))
        finally:
            writer.close()
            await writer.wait_closed()

    def _judge(self, stream: bytes) -> bytes:
        return b"stream: Pli.\xffTest FOUND\0" if b"VIRUS" in stream else b"stream: OK\0"

    async def close(self) -> None:
        """Stop, and be sure that nothing is left open."""
        self.server.close()
        await asyncio.gather(*self._serving, return_exceptions=True)
        Path(self.path).unlink(missing_ok=True)


Scanned = tuple[House, FakeClamd]


@pytest.fixture
async def scanned(house: House, tmp_path: Path) -> AsyncIterator[Scanned]:
    clamd = FakeClamd(tmp_path / "clamd")
    await clamd.open()
    house.scanner = Clamd(lambda: asyncio.open_unix_connection(clamd.path), answer_within=1.0)
    await house.reopen()
    yield house, clamd
    await clamd.close()


async def test_a_letter_is_scanned_whole_before_the_250(scanned: Scanned) -> None:
    house, clamd = scanned
    client = await house.client()
    assert (await client.send(HEAD + b"\r\n" + b"x" * 500_000)).startswith("250")
    (record,) = house.letters
    assert clamd.streams == [house.bucket.kept[record.object_key]]


async def test_a_letter_with_a_virus_is_refused_and_nothing_is_kept_of_it(
    scanned: tuple[House, FakeClamd],
) -> None:
    house, _ = scanned
    client = await house.client()
    answer = await client.send(HEAD + b"\r\n" + b"x" * 200_000 + b"VIRUS")
    assert answer == "554 5.7.1 Refused: the letter carries a virus (Pli._Test)"
    assert house.log.records == [] and house.bucket.kept == {}
    assert (await client.send(HEAD)).startswith("250")


async def test_while_the_scanner_is_away_or_silent_the_answer_is_451(scanned: Scanned) -> None:
    house, clamd = scanned
    client = await house.client()
    clamd.silent = True
    assert (await client.send(HEAD)).startswith("451 4.3.0")
    await clamd.close()
    assert (await client.send(HEAD + b"\r\n" + b"x" * 500_000)).startswith("451 4.3.0")
    assert house.log.records == [] and house.bucket.kept == {}
    await clamd.open()
    clamd.silent = False
    assert (await client.send(HEAD)).startswith("250")


async def test_what_the_scanner_says_otherwise_is_no_verdict(scanned: Scanned) -> None:
    house, clamd = scanned
    clamd.says = b"INSTREAM size limit exceeded. ERROR\0"
    client = await house.client()
    assert (await client.send(HEAD)).startswith("451 4.3.0")
    clamd.says = b"stream: OK"
    assert (await client.send(HEAD)).startswith("451 4.3.0")
    assert house.log.records == []
