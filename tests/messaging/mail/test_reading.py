"""Whatever a sender sends becomes a letter: odd mail, wrong labels, broken MIME, and bytes at random."""

import base64
from email.message import EmailMessage

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.ids import new_id
from messaging.domain.letter import Letter, receipt_address
from messaging.letters import read_letter

LETTER_ID = new_id()
FROM = b"From: Christelle Thomas <christelle@chu.mssante.fr>\r\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40
PDF = b"%PDF-1.7\n" + b"x" * 100


def read(raw: bytes) -> Letter:
    return read_letter(raw, LETTER_ID)


def mime(**fields: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Christelle Thomas <christelle@chu.mssante.fr>"
    for name, value in fields.items():
        message[name.replace("_", "-")] = value
    return message


def test_a_letter_with_text_html_and_a_file_is_read_in_full() -> None:
    message = mime(
        Subject="Préparation de votre rendez-vous – été", To="Inaya <1@patient.mssante.fr>", Message_ID="<a@b>"
    )
    message.set_content("Bonjour Inaya,\nà bientôt")
    message.add_alternative("<p>Bonjour <b>Inaya</b></p>", subtype="html")
    message.add_attachment(PDF, maintype="application", subtype="octet-stream", filename="Compte rendu été.pdf")
    letter = read(message.as_bytes())
    assert letter.sender is not None and letter.sender.address == "christelle@chu.mssante.fr"
    assert letter.subject == "Préparation de votre rendez-vous – été"
    assert letter.text == "Bonjour Inaya,\nà bientôt"
    assert letter.html is not None and "<b>Inaya</b>" in letter.html
    (part,) = letter.parts
    assert (part.filename, part.media_type, part.content) == ("Compte rendu été.pdf", "application/pdf", PDF)
    assert not letter.incomplete


@pytest.mark.parametrize(
    ("header", "subject"),
    [
        ("Subject: Votre diabète".encode(), "Votre diabète"),
        ("Subject: Votre diabète".encode("cp1252"), "Votre diabète"),
        (b"Subject: =?utf-8?q?Votre_diab=C3=A8te?=", "Votre diabète"),
        (b"Subject: =?utf-8?q?Votre?= =?iso-8859-1?q?_diab=E8te?=", "Votre diabète"),
        (b"Subject: =?utf-8?q?Votre_diab=E8te?=", "Votre diabète"),
        (b"Subject: =?nowhere?q?abc?=", "abc"),
        (b"Subject: Votre\r\n diab\xe8te", "Votre diabète"),
        (b"Subject:", ""),
    ],
)
def test_a_subject_is_read_whatever_its_encoding(header: bytes, subject: str) -> None:
    assert read(FROM + header + b"\r\n\r\nx").subject == subject


@pytest.mark.parametrize(
    ("label", "content"),
    [
        ("utf-8", "été à l'hôpital"),
        ("cp1252", "été à l'hôpital"),
        ("iso-8859-1", "été – €"),
        ("us-ascii", "été"),
        ("nowhere", "été"),
        ("hex", "été"),
    ],
)
@pytest.mark.parametrize("really", ["utf-8", "cp1252"])
def test_text_is_read_even_where_its_label_is_wrong(label: str, really: str, content: str) -> None:
    head = f"Content-Type: text/plain; charset={label}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n".encode()
    assert read(FROM + head + content.encode(really)).text == content


@pytest.mark.parametrize(
    ("label", "content", "text"),
    [
        ("iso-2022-jp", b"\x1b$B$3$s\x1b(B Inaya", "こん Inaya"),
        ("ISO-2022-JP-2", b"\x1b$B$3$s\x1b(B Inaya", "こん Inaya"),
        ("iso-2022-kr", b"\x1b$)C\x0e>H3g\x0f Inaya", "안녕 Inaya"),
        ("hz-gb-2312", b"~{<:Ky2;S{~} ~~ Inaya", "己所不欲 ~ Inaya"),
        ("utf-7", b"l'+AOk-t+AOk- +- Inaya", "l'été + Inaya"),
    ],
)
@pytest.mark.parametrize("kind", ["plain", "html"])
def test_a_label_is_believed_where_only_it_can_tell(kind: str, label: str, content: bytes, text: str) -> None:
    head = f"Content-Type: text/{kind}; charset={label}\r\n\r\n".encode()
    assert read(FROM + head + content).text.strip() == text


@pytest.mark.parametrize("label", ["iso-2022-jp", "iso-2022-kr", "hz", "utf-7"])
@pytest.mark.parametrize("content", ["été à l'hôpital", "C++, tél. +33 6 12", "C++, ~michel, 1+1=2"])
def test_text_is_read_where_a_label_of_ascii_bytes_is_wrong(label: str, content: str) -> None:
    head = f"Content-Type: text/plain; charset={label}\r\n\r\n".encode()
    assert read(FROM + head + content.encode()).text == content


def test_html_is_made_harmless_after_its_character_set_was_read() -> None:
    hidden = "<b>Inaya</b><script>alert(1)</script><img src=x onerror=alert(1)>".replace("<", "+ADw-").replace(
        ">", "+AD4-"
    )
    letter = read(FROM + b"Content-Type: text/html; charset=utf-7\r\n\r\n" + hidden.replace("=", "+AD0-").encode())
    assert letter.html is not None and "<b>Inaya</b>" in letter.html
    assert "script" not in letter.html and "alert" not in letter.html and "onerror" not in letter.html


def test_flowed_text_is_joined() -> None:
    raw = FROM + b"Content-Type: text/plain; format=flowed\r\n\r\nune phrase \r\ncoupee\r\nune autre\r\n"
    assert read(raw).text == "une phrase coupee\nune autre"


def test_html_alone_gives_its_words_as_text() -> None:
    raw = FROM + b"Content-Type: text/html\r\n\r\n<p>Bonjour<br>Inaya</p><script>alert(1)</script>"
    letter = read(raw)
    assert letter.text.split() == ["Bonjour", "Inaya"]


@pytest.mark.parametrize(
    "html",
    [
        '<img src="https://evil.example/pixel.gif">',
        '<p style="background-image:url(https://evil.example/x)">x</p>',
        '<div style="width:expression(alert(1))">x</div>',
        '<link rel="stylesheet" href="https://evil.example/x.css">',
        '<script src="https://evil.example/x.js"></script>',
        '<iframe src="https://evil.example/"></iframe>',
        '<a href="javascript:alert(1)">x</a>',
        '<p onclick="alert(1)">x</p>',
        '<img src="data:image/svg+xml,<svg onload=alert(1)>">',
        '<svg><image href="https://evil.example/x"></svg>',
        '<form action="https://evil.example/"><input></form>',
        '<table background="https://evil.example/x"><tr><td>x</td></tr></table>',
        '<meta http-equiv="refresh" content="0;url=https://evil.example/">',
        '<base href="https://evil.example/">',
    ],
)
def test_html_can_do_nothing_and_loads_nothing_from_outside(html: str) -> None:
    letter = read(FROM + b"Content-Type: text/html\r\n\r\n<p>a</p>" + html.encode())
    shown = (letter.html or "").lower()
    assert "evil.example" not in shown and "alert" not in shown and "script" not in shown


def test_a_picture_of_the_letter_is_shown_in_place_and_not_listed() -> None:
    message = mime(Subject="x")
    message.set_content("x")
    message.add_alternative('<p><img src="cid:logo@x"><img src="cid:other"></p>', subtype="html")
    message.get_payload()[1].add_related(PNG, "image", "png", cid="<logo@x>")  # type: ignore[union-attr, index]
    letter = read(message.as_bytes())
    (part,) = letter.parts
    assert part.content_id == "logo@x"
    assert letter.html is not None and f'src="cid:{part.id}"' in letter.html and "other" not in letter.html


def test_a_picture_that_the_html_does_not_show_is_a_file() -> None:
    message = mime(Subject="x")
    message.set_content("x")
    message.add_attachment(PNG, maintype="image", subtype="png", filename="radio.png", cid="<radio@x>")
    assert [part.content_id for part in read(message.as_bytes()).parts] == [None]


def attached(disposition: bytes, content_type: bytes = b"application/pdf") -> bytes:
    return (
        FROM + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: " + content_type
        + b"\r\nContent-Disposition: " + disposition + b"\r\n\r\n%PDF-1.7\r\n--b--\r\n"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("disposition", "filename"),
    [
        (b'attachment; filename="simple.pdf"', "simple.pdf"),
        (b"attachment; filename*=UTF-8''%C3%A9t%C3%A9.pdf", "été.pdf"),
        (b"attachment; filename*0*=UTF-8''tr%C3%A8s; filename*1=-long.pdf", "très-long.pdf"),
        (b'attachment; filename="=?utf-8?q?=C3=A9t=C3=A9.pdf?="', "été.pdf"),
        ('attachment; filename="été.pdf"'.encode(), "été.pdf"),
        ('attachment; filename="été.pdf"'.encode("cp1252"), "été.pdf"),
        (b'attachment; filename="../../etc/passwd"', "passwd"),
        (b'attachment; filename="C:\\\\Users\\\\x\\\\scan.pdf"', "scan.pdf"),
        (b'attachment; filename=".htaccess"', "htaccess"),
        (b'attachment; filename="con.pdf"', "_con.pdf"),
        (b'attachment; filename="a\x00b\x07c.pdf"', "abc.pdf"),
        ('attachment; filename="fdp.\u202eexe"'.encode(), "fdp.exe"),
        (b"attachment", "Pièce jointe 1.pdf"),
        (b'attachment; filename="..."', "Pièce jointe 1.pdf"),
        (b"attachment; filename*=nowhere''%E9", "%E9"),
    ],
)
def test_a_files_name_is_readable_and_harmless(disposition: bytes, filename: str) -> None:
    (part,) = read(attached(disposition)).parts
    assert part.filename == filename or (filename == "%E9" and part.filename)


def test_files_of_the_same_name_are_told_apart() -> None:
    message = mime(Subject="x")
    for name in ("scan.pdf", "SCAN.pdf", "scan.pdf"):
        message.add_attachment(PDF, maintype="application", subtype="pdf", filename=name)
    assert [part.filename for part in read(message.as_bytes()).parts] == [
        "scan.pdf",
        "SCAN (2).pdf",
        "scan (3).pdf",
    ]


@pytest.mark.parametrize(
    ("content", "label", "media_type"),
    [
        (PDF, "image/png", "application/pdf"),
        (PNG, "application/octet-stream", "image/png"),
        (b"\xff\xd8\xff\xe0" + b"0" * 20, "text/plain", "image/jpeg"),
        (b"{\\rtf1 bonjour}", "application/msword", "application/rtf"),
        (b"II*\x00" + b"0" * 20, "x/y", "image/tiff"),
        ("été".encode(), "application/pdf", "text/plain"),
        (b"<html><script>x</script>", "text/plain", "text/html"),
        (b'<?xml version="1.0"?><svg onload="x"/>', "image/png", "image/svg+xml"),
        (b"PK\x03\x04" + b"\0" * 30, "application/octet-stream", "application/zip"),
        (b"\x00\x01\x02\x03" * 10, "application/pdf", "application/octet-stream"),
    ],
)
def test_a_files_type_is_decided_by_its_content(content: bytes, label: str, media_type: str) -> None:
    message = mime(Subject="x")
    main, _, sub = label.partition("/")
    message.add_attachment(content, maintype=main, subtype=sub, filename="x.bin") if main != "text" else (
        message.add_attachment(content, maintype="application", subtype="x", filename="x.bin")
    )
    (part,) = read(message.as_bytes()).parts
    assert part.media_type == media_type


def test_a_nested_message_is_kept_as_a_file_with_its_own_attachments() -> None:
    inner = mime(Subject="Réponse du labo")
    inner.set_content("texte")
    inner.add_attachment(PDF, maintype="application", subtype="pdf", filename="labo.pdf")
    outer = mime(Subject="Fwd")
    outer.set_content("voir ci-joint")
    outer.add_attachment(inner)
    whole, file = read(outer.as_bytes()).parts
    assert (whole.media_type, whole.filename, whole.inside) == ("message/rfc822", "Réponse du labo.eml", None)
    assert base64.b64encode(PDF)[:40] in whole.content
    assert (file.filename, file.content, file.inside) == ("labo.pdf", PDF, whole.id)


def test_signed_mail_loses_neither_its_text_nor_its_signature() -> None:
    raw = (
        FROM + b'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; boundary=s\r\n\r\n'
        b"--s\r\nContent-Type: text/plain\r\n\r\nBonjour\r\n--s\r\n"
        b"Content-Type: application/pkcs7-signature; name=smime.p7s\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\nMIIBAAAA\r\n--s--\r\n"
    )
    letter = read(raw)
    assert letter.text == "Bonjour" and [part.filename for part in letter.parts] == ["smime.p7s"]


def test_an_empty_body_with_one_attachment_is_a_letter() -> None:
    letter = read(attached(b'attachment; filename="a.pdf"'))
    assert letter.text == "" and len(letter.parts) == 1 and not letter.incomplete


def test_a_boundary_that_never_closes_is_shown_and_said_to_be_incomplete() -> None:
    letter = read(FROM + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nBonjour")
    assert letter.text == "Bonjour" and letter.incomplete


def test_a_letter_whose_mime_makes_no_sense_is_still_shown() -> None:
    letter = read(FROM + b"Subject: x\r\nContent-Type: multipart/mixed\r\n\r\nBonjour\r\n")
    assert (letter.subject, letter.text, letter.incomplete) == ("x", "Bonjour", True)


def test_two_hundred_attachments_are_all_kept() -> None:
    message = mime(Subject="x")
    for _ in range(200):
        message.add_attachment(b"x", maintype="application", subtype="x", filename="a.bin")
    parts = read(message.as_bytes()).parts
    assert len(parts) == len({part.filename for part in parts}) == len({part.id for part in parts}) == 200


def test_a_tree_too_deep_or_too_wide_is_cut_and_said_to_be_incomplete() -> None:
    deep = FROM + b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(500)
    )
    wide = FROM + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 3_000
    assert read(deep).incomplete and read(wide).incomplete


@pytest.mark.parametrize(
    "encoded",
    [b"QUJD*?!\r\nREVG", b"QUJDREVG=", b"QUJDREV", b"\xff\xfe"],
    ids=["junk", "padding", "cut", "binary"],
)
def test_broken_base64_gives_what_can_be_had(encoded: bytes) -> None:
    raw = FROM + b"Content-Type: application/x; name=a.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n" + encoded
    (part,) = read(raw).parts
    assert part.filename == "a.bin"


def test_the_end_header_is_read_exactly() -> None:
    assert read(FROM + b"X-MSS-MES: FIN\r\n\r\nAu revoir").end_header
    assert not read(FROM + b"X-MSS-MES: fin de semaine\r\n\r\n").end_header


def test_references_are_kept_in_order_without_repeats() -> None:
    letter = read(FROM + b"References: <a@x> <b@x>\r\n <a@x>\r\nIn-Reply-To: <c@x> (you)\r\n\r\n")
    assert letter.references == ("<a@x>", "<b@x>", "<c@x>")


@pytest.mark.parametrize(
    ("header", "asked"),
    [
        (b"Reply-To: Paul <Paul@chu.mssante.fr>", ("paul@chu.mssante.fr",)),
        (
            b"Reply-To: a@chu.mssante.fr, b@gmail.com\r\nReply-To: c@d.fr",
            ("a@chu.mssante.fr", "b@gmail.com", "c@d.fr"),
        ),
        (b"Reply-To: MARTIN, Marie <marie@chu.mssante.fr>", ("marie@chu.mssante.fr",)),
        ("Reply-To: au secrétariat".encode(), ("au secrétariat",)),
        (b"Reply-To: " + b"x" * 2_000, ("x" * 320,)),
        (b"Reply-To: <>", ()),
        (b"Reply-To:", ()),
    ],
)
def test_where_answers_are_asked_for_is_read_also_where_it_is_no_address(
    header: bytes, asked: tuple[str, ...]
) -> None:
    assert read(FROM + header + b"\r\n\r\nx").reply_to == asked


_headers = st.sampled_from(
    [
        b"From: a@chu.mssante.fr",
        b"From: =?utf-8?b?////?= <a@b.fr>",
        b"Subject: =?utf-8?q?",
        b"To: ((((<<<>>>,;:",
        b"Content-Type: multipart/mixed; boundary=b",
        b"Content-Type: multipart/alternative",
        b"Content-Type: ;;;=",
        b"Content-Type: message/rfc822",
        b"Content-Type: text/html; charset=utf-7",
        b"Content-Type: message/delivery-status",
        b"Content-Transfer-Encoding: base64",
        b"Content-Transfer-Encoding: quoted-printable",
        b"Content-Transfer-Encoding: x-uuencode",
        b"Content-Disposition: attachment; filename*0*=utf-8''%; filename*2=x",
        b"Content-Disposition: attachment; filename*=''",
        b"Content-Disposition: =?x?",
        b"References: " + b"<" * 300,
        b"Reply-To: \xff\xfe",
        b"\x00",
        b" folded",
        b"no colon",
    ]
)
_pieces = st.one_of(
    _headers, st.sampled_from([b"", b"--b", b"--b--", b"begin 644 x", b"=", b"<p>x"]), st.binary(max_size=30)
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_pieces, max_size=30), st.sampled_from([b"\r\n", b"\n", b"\r"]))
def test_no_bytes_make_the_reader_stumble(pieces: list[bytes], line_end: bytes) -> None:
    letter = read(line_end.join(pieces))
    letter.text.encode()
    for part in letter.parts:
        part.filename.encode()
        assert part.filename and "/" not in part.filename


def test_an_automatic_answer_is_told_and_a_receipt_is_noted_only_for_the_envelopes_sender() -> None:
    asked = FROM + b"Disposition-Notification-To: Christelle <Christelle@chu.mssante.fr>\r\n"
    letter = read(asked + b"\r\nBonjour")
    assert not letter.auto_reply and letter.receipt_to == "christelle@chu.mssante.fr"
    assert receipt_address(letter, "Christelle@chu.mssante.fr") == "christelle@chu.mssante.fr"
    assert receipt_address(letter, "other@chu.mssante.fr") is None and receipt_address(letter, "") is None
    absent = read(asked + b"Auto-Submitted: auto-replied\r\n\r\nJe suis en vacances")
    assert absent.auto_reply and receipt_address(absent, "christelle@chu.mssante.fr") is None


def test_a_receipt_asked_for_several_addresses_goes_to_none() -> None:
    assert read(FROM + b"Disposition-Notification-To: a@b.fr, c@d.fr\r\n\r\nx").receipt_to is None
