"""What goes out is read the same by the standard library at its strictest, by mail-parser, and by one in Rust."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import unquote
from unicodedata import normalize

import fast_mail_parser
import mailparser
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from messaging.domain.model import Party
from messaging.receipts import compose_receipt
from tests.messaging.mail.test_composing import INAYA, LETTERHEAD, REPLY, attachment, composed

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=120)
NAMES = WORDS.map(lambda text: " ".join(text.split())).filter(bool)
LETTERS = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp", "Co", "Cn"])
FILE_NAMES = (
    st.text(LETTERS.filter(lambda letter: letter not in "/\\"), min_size=1, max_size=150)
    .map(str.strip)
    .filter(lambda name: name not in ("", ".", ".."))
)


def strict(raw: bytes) -> EmailMessage:
    """Read by a policy that raises at every fault it finds."""
    found = message_from_bytes(raw, policy=policy.strict + policy.default.clone(raise_on_defect=True))
    assert isinstance(found, EmailMessage)
    for part in found.walk():
        assert not part.defects
        for name, value in part.items():
            assert not getattr(value, "defects", ()), name
    return found


def lines_are_well(raw: bytes) -> bool:
    lines = raw.split(b"\r\n")
    return raw.endswith(b"\r\n") and all(
        len(line) <= 998 and line.isascii() and b"\r" not in line and b"\n" not in line for line in lines
    )


@settings(max_examples=60, deadline=None)
@given(subject=NAMES, name=NAMES, text=WORDS)
async def test_words_are_read_the_same_by_everybody(subject: str, name: str, text: str) -> None:
    reply = replace(REPLY, subject=subject, text=text, recipients=(Party(name=name, address="a@chu.mssante.fr"),))
    raw = await composed(reply)
    assert lines_are_well(raw)
    mail, other = strict(raw), fast_mail_parser.parse_email(raw)
    assert mail["Subject"] == other.subject == f"Re: {subject}"
    (recipient,) = mail["To"].addresses
    assert recipient.addr_spec == "a@chu.mssante.fr"
    # the standard library keeps the blank between two encoded words of a name (RFC 2047 §6.2 drops it)
    assert recipient.display_name.replace(" ", "") == name.replace(" ", "")
    assert [(_composed(found), address) for found, address in mailparser.parse_from_bytes(raw).to] == [
        (_composed(name), "a@chu.mssante.fr")
    ]
    plain = mail.get_body(("plain",))
    assert plain is not None
    assert _words(plain.get_content()) == _words(other.text_plain[0]) == _words(text)


@settings(max_examples=60, deadline=None)
@given(name=FILE_NAMES, content=st.binary(max_size=400))
async def test_files_are_read_the_same_by_everybody(name: str, content: bytes) -> None:
    raw = await composed(replace(REPLY, attachments=(attachment(name, content),)), {name: content})
    assert lines_are_well(raw)
    (part,) = strict(raw).iter_attachments()
    (other,) = fast_mail_parser.parse_email(raw).attachments
    # mail-parser gives names in Unicode's composed form
    assert [one["filename"] for one in mailparser.parse_from_bytes(raw).attachments] == [_composed(name)]
    # the standard library takes quotes or angles around a whole name off once more than they were put on
    assert (part.get_filename(), part.get_payload(decode=True)) == (unquote(name).strip(), content)
    assert (other.filename, bytes(other.content)) == (name, content)


@given(subject=NAMES)
def test_a_receipt_says_what_it_must(subject: str) -> None:
    letter = replace(REPLY, subject=subject, message_id="<lettre@chu.mssante.fr>")
    asked = Party(name="Dr Éloïse", address="eloise@chu.mssante.fr")
    raw = compose_receipt(letter, asked, INAYA, LETTERHEAD, receipt_id="0199", at=REPLY.at)
    assert lines_are_well(raw)
    mail = strict(raw)
    assert mail.get_content_type() == "multipart/report"
    assert mail.get_param("report-type") == "disposition-notification"
    assert (mail["Auto-Submitted"], mail["In-Reply-To"]) == ("auto-replied", "<lettre@chu.mssante.fr>")
    _, fields = mail.iter_parts()
    (told,) = fields.get_payload()
    assert told["Original-Message-ID"] == "<lettre@chu.mssante.fr>"
    assert told["Final-Recipient"] == f"rfc822;{INAYA.address}"
    assert told["Disposition"] == "automatic-action/MDN-sent-automatically; displayed"


def _words(text: str) -> str:
    return text.replace("\r\n", "\n").strip("\n")


def _composed(name: str) -> str:
    return normalize("NFC", name)
