"""Structured documents are read in words, whoever made them; hostile ones cost little and break nothing."""

import base64
import time
import zlib
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from messaging.domain.structured import (
    Block,
    Concerns,
    Document,
    Identifier,
    Listing,
    Paragraph,
    Run,
    Shown,
    Structured,
    Table,
    concerns,
)
from messaging.letters.structured import Reads, read_structured, structured_kind
from tests.messaging.structured import (
    INS,
    OTHER_INS,
    PDF,
    PNG,
    archive,
    cda,
    file_body,
    media,
    metadata,
    section,
    xdm,
)


def read(content: bytes) -> Structured:
    kind = structured_kind(content, "application/zip" if content.startswith(b"PK") else "application/xml")
    assert kind is not None
    return read_structured(content, kind, "fichier")


def one(content: bytes) -> Document:
    (document,) = read(content).documents
    return document


def said(blocks: tuple[Block, ...]) -> list[Any]:
    """Blocks as plain values: text, lists, rows of texts."""
    return [_said(block) for block in blocks]


def _said(block: Block) -> Any:
    if isinstance(block, Paragraph):
        return "".join(
            one.words if isinstance(one, Run) else f"[{one.number}]" if isinstance(one, Shown) else "\n"
            for one in block.inlines
        )
    if isinstance(block, Listing):
        return [said(item) for item in block.items]
    return [[" / ".join(map(str, said(cell.blocks))) for cell in row] for row in (*block.head, *block.rows)]


def only(text: str, **more: Any) -> tuple[Block, ...]:
    """The blocks that a section's words become."""
    return one(cda(section("S", text, **more))).sections[0].blocks


def test_the_head_says_what_it_is_by_whom_and_about_whom() -> None:
    head = one(cda(section("Motif", "Contrôle"))).head
    assert (head.title, head.type_name, head.patient) == (
        "Compte rendu de consultation",
        "Consultation",
        "Inaya MICHEL",
    )
    (author,) = head.authors
    assert author.name == "Dr Paul ANDRÉ" and author.organisation == "Hôpital de la Colline"
    assert head.at is not None and head.at.at is not None and head.at.at.isoformat() == "2026-06-09T08:15:00+00:00"
    assert head.birth is not None and head.birth.words == "02/07/1988" and not head.birth.timed


def test_the_head_says_who_signed() -> None:
    signer = "<prefix>MME</prefix><suffix>PR</suffix><given>Zoé</given><family>ROY</family>"
    assert [one.name for one in one(cda(section("Motif"), signer=signer)).head.signers] == ["Pr Zoé ROY"]
    assert one(cda(section("Motif"))).head.signers == ()


def test_sections_keep_their_order_and_depth() -> None:
    document = one(cda(section("A", "a", inner=section("B", "b")), section("C", "c")))
    assert [(top.title, [low.title for low in top.sections]) for top in document.sections] == [
        ("A", ["B"]),
        ("C", []),
    ]


def test_a_table_is_rows_with_the_name_of_each_column() -> None:
    (table,) = only(
        "<table><thead><tr><th>Examen</th><th>Résultat</th></tr></thead>"
        "<tbody><tr><td>CRP</td><td>&lt; 1,0 mg/L</td></tr><tr><td>Na</td><td/></tr></tbody></table>"
    )
    assert isinstance(table, Table) and table.plain
    assert said((table,)) == [[["Examen", "Résultat"], ["CRP", "<\N{NO-BREAK SPACE}1,0 mg/L"], ["Na", ""]]]
    assert [cell.label for cell in table.rows[0]] == ["Examen", "Résultat"]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Épilepsie (DRC : 114)", "Épilepsie (DRC_: 114)"),
        ("Douleur ?  Non ; « rare »", "Douleur_? Non_; «_rare_»"),
        ("VG 62 %, <  5,0 à jeun", "VG 62_%, <_5,0 à jeun"),
        ("Fièvre\u00a0: non", "Fièvre_: non"),
        ("a:b < c", "a:b < c"),
    ],
)
def test_no_line_ends_before_a_sign_that_belongs_to_the_word_before(written: str, shown: str) -> None:
    text = written.replace("<", "&lt;")
    assert said(only(f"<paragraph>{text}</paragraph>")) == said(only(text))
    assert said(only(text)) == [shown.replace("_", "\N{NO-BREAK SPACE}")]


def test_a_table_without_a_head_is_plain_unless_a_cell_spans_others() -> None:
    (table,) = only("<table><tbody><tr><td>Transfusion</td><td>Non</td></tr></tbody></table>")
    assert isinstance(table, Table) and table.plain and not table.rows[0][0].label
    (spanning,) = only(
        '<table><tbody><tr><td rowspan="2">Actes</td><td>A</td></tr><tr><td>B</td></tr></tbody></table>'
    )
    assert isinstance(spanning, Table) and not spanning.plain


def test_a_table_with_cells_over_several_columns_stays_a_table() -> None:
    (table,) = only(
        '<table><thead><tr><th colspan="2">Bilan</th><th>Date</th></tr></thead>'
        '<tbody><tr><td rowspan="2">a</td><td>b</td><td>c</td></tr><tr><td>d</td><td>e</td></tr></tbody></table>'
    )
    assert isinstance(table, Table) and not table.plain
    assert (table.head[0][0].columns, table.rows[0][0].rows) == (2, 2)


def test_a_table_that_only_lays_out_is_its_words() -> None:
    assert said(only("<table><tbody><tr><td>Un</td></tr><tr><td>Deux</td></tr></tbody></table>")) == ["Un", "Deux"]


def test_lists_paragraphs_breaks_and_stress_are_kept() -> None:
    blocks = only(
        "Avant<br/>après <content styleCode='Bold'>important</content> <content revised='delete'>faux</content>"
        "<list listType='ordered'><item>un</item><item><paragraph>deux</paragraph><list><item>trois</item></list>"
        "</item></list><paragraph>H<sub>2</sub>O <linkHtml href='https://sante.example/x'>lien</linkHtml></paragraph>"
    )
    assert said(blocks) == ["Avant\naprès important faux", [["un"], ["deux", [["trois"]]]], "H2O lien"]
    first, listing, last = blocks
    assert isinstance(first, Paragraph) and isinstance(listing, Listing) and isinstance(last, Paragraph)
    assert listing.ordered
    runs = [run for run in (*first.inlines, *last.inlines) if isinstance(run, Run)]
    assert [run.words for run in runs if run.strong] == ["important"]
    assert [run.words for run in runs if run.deleted] == ["faux"]
    assert [(run.words, run.href) for run in runs if run.href] == [("lien", "https://sante.example/x")]


@pytest.mark.parametrize(
    "href", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "file:///etc/passwd"]
)
def test_a_link_that_could_do_something_is_only_words(href: str) -> None:
    (block,) = only(f"<linkHtml href='{href}'>lien</linkHtml>")
    assert isinstance(block, Paragraph) and [run.href for run in block.inlines if isinstance(run, Run)] == [""]


def test_text_without_markup_keeps_its_lines() -> None:
    assert said(only("  Bonjour,\n\n  à revoir\n  dans un mois ")) == ["Bonjour,\n\nà revoir\ndans un mois"]


def test_elements_nobody_knows_lose_none_of_their_words() -> None:
    assert said(only("<strange><b>un</b> deux</strange> <p>trois</p>")) == ["un deux", "trois"]


MEASURE = (
    '<observation><code code="1988-5" displayName="CRP"/><effectiveTime value="20260608"/>'
    '<value xsi:type="PQ" value="4.2" unit="mg/L"/><interpretationCode code="H"/>'
    '<referenceRange><observationRange><value xsi:type="IVL_PQ"><high value="5" unit="mg/L"/></value>'
    "</observationRange></referenceRange></observation>"
)
DRUG = (
    '<substanceAdministration><effectiveTime><low value="20260101"/></effectiveTime>'
    '<doseQuantity value="1" unit="{tbl}"/><consumable><manufacturedProduct><manufacturedMaterial>'
    '<code nullFlavor="UNK"/><name>PARACÉTAMOL 1 g</name></manufacturedMaterial></manufacturedProduct>'
    "</consumable></substanceAdministration>"
)
PROBLEM = (
    '<act><code nullFlavor="NA"/><entryRelationship><observation><code displayName="Allergie"/>'
    '<value xsi:type="CD" code="X"><originalText>Pénicilline</originalText></value></observation>'
    "</entryRelationship></act>"
)


def test_a_section_that_only_codes_is_told_in_words() -> None:
    blocks = one(cda(section("Biologie", entries=MEASURE + DRUG + PROBLEM))).sections[0].blocks
    (table,) = said(blocks)
    assert table[0] == ["Élément", "Résultat", "Valeurs de référence", "Interprétation", "Date"]
    assert ["CRP", "4,2 mg/L", "≤ 5 mg/L", "élevé", "08/06/2026"] in table
    assert ["PARACÉTAMOL 1 g", "1 comprimé(s)", "", "", "depuis le 01/01/2026"] in table
    assert ["Allergie", "Pénicilline", "", "", ""] in table


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ('xsi:type="PQ" value="120" unit="mm[Hg]"', "120 mmHg"),
        ('xsi:type="INT" value="3"', "3"),
        ('xsi:type="BL" value="true"', "Oui"),
        ('xsi:type="CD" code="A" displayName="Actif"', "Actif"),
        ('xsi:type="CD" code="A01"', "A01"),
        ('xsi:type="TS" value="20260609"', "09/06/2026"),
        ('xsi:type="TS" value="2019"', "2019"),
    ],
)
def test_values_are_words(value: str, words: str) -> None:
    entry = f'<observation><code displayName="Mesure"/><value {value}/></observation>'
    (table,) = said(one(cda(section("S", entries=entry))).sections[0].blocks)
    assert table[1][:2] == ["Mesure", words]


def test_what_is_denied_is_not_told_as_if_it_were_so() -> None:
    entry = '<observation negationInd="true"><code displayName="Allergie à la pénicilline"/></observation>'
    (table,) = said(one(cda(section("S", entries=entry))).sections[0].blocks)
    assert table[1] == ["Non : Allergie à la pénicilline"]


def test_a_level_1_document_is_its_file() -> None:
    document = one(cda(body=file_body(PDF)))
    (file,) = document.files
    assert (document.body_file, file.content, file.media_type) == (0, PDF, "application/pdf")
    assert file.name == "Compte rendu de consultation.pdf"


def test_a_level_1_document_may_be_text_packed_or_beside() -> None:
    assert one(cda(body="<text mediaType='text/plain'>Bonjour\nInaya</text>")).body_text == "Bonjour\nInaya"
    packed = file_body(zlib.compress(PDF), more=' compression="ZL"')
    assert one(cda(body=packed)).files[0].content == PDF
    beside = '<text mediaType="image/png"><reference value="scan.png"/></text>'
    assert one(xdm(cda(body=beside), scan_png=PNG)).files[0].content == PNG


def test_pictures_and_files_of_a_section_stand_where_they_are_shown() -> None:
    text = 'Voir <renderMultiMedia referencedObject="cliche"/> et la suite'
    document = one(cda(section("Imagerie", text, media("cliche", PNG, "image/png") + media("annexe", PDF))))
    assert said(document.sections[0].blocks) == ["Voir [0] et la suite", "[1]"]
    assert [file.content for file in document.files] == [PNG, PDF]


def test_a_file_of_ten_megabytes_within_a_document_is_read() -> None:
    large = b"%PDF-1.7\n" + bytes(range(256)) * 40_000
    assert one(cda(body=file_body(large))).files[0].content == large


def test_an_archive_gives_its_documents_in_the_metadata_s_order() -> None:
    structured = read(xdm(cda(section("A", "a"), title="Un"), cda(body=file_body(PDF), title="Deux")))
    assert [document.head.title for document in structured.documents] == ["Un", "Deux"]
    assert structured.others == () and [file.content for file in structured.files] == [PDF]


def test_an_archive_without_readable_metadata_still_gives_what_lies_beside_it() -> None:
    folder = "IHE_XDM/SUBSET01/"
    content = archive({f"{folder}METADATA.XML": b"<broken", f"{folder}DOC.XML": cda(section("A", "a"))})
    assert one(content).sections[0].title == "A"


@pytest.mark.parametrize(
    "folder", ["IHE_XDM\\SUBSET01\\", "ihe_xdm/subset01/", "/IHE_XDM/SUBSET01/", "../../x/", ""]
)
def test_an_archive_is_read_however_its_folders_are_written(folder: str) -> None:
    content = archive(
        {f"{folder}METADATA.XML": metadata("doc0001.xml"), f"{folder}DOC0001.XML": cda(section("A", "a"))}
    )
    assert one(content).readable


def test_a_pdf_in_an_archive_is_a_document_and_other_files_are_named() -> None:
    folder = "IHE_XDM/SUBSET01/"
    members = {
        f"{folder}METADATA.XML": metadata("LETTRE.PDF", title="Lettre"),
        f"{folder}LETTRE.PDF": PDF,
        "x.dcm": b"?",
    }
    structured = read(archive(members))
    assert [file.name for file in structured.files] == ["Lettre.pdf"] and structured.others == ("x.dcm",)


@pytest.mark.parametrize(
    ("content", "about"),
    [
        (xdm(cda(section("A", "a"))), Concerns.PATIENT),
        (xdm(cda(section("A", "a"), ins=OTHER_INS), ins=INS), Concerns.SOMEONE_ELSE),
        (xdm(cda(section("A", "a")), ins=OTHER_INS), Concerns.SOMEONE_ELSE),
        (cda(section("A", "a"), ins=INS[:13]), Concerns.PATIENT),
        (cda(section("A", "a"), ins="2 88 07 75 056 001 21"), Concerns.PATIENT),
        (cda(section("A", "a"), ins=OTHER_INS, root="1.2.250.1.213.1.4.10"), Concerns.SOMEONE_ELSE),
        (cda(section("A", "a"), ins="4711", root="1.2.3.4"), Concerns.UNKNOWN),
        (cda(section("A", "a"), patient=False), Concerns.UNKNOWN),
    ],
)
def test_whom_a_document_is_about_is_compared_with_the_mailbox(content: bytes, about: Concerns) -> None:
    assert concerns(read(content).every_id, INS) is about


@given(st.lists(st.sampled_from([INS, OTHER_INS, INS[:13], "77"]), max_size=5), st.randoms(use_true_random=False))
def test_one_number_that_differs_is_enough_in_whatever_order(numbers: list[str], chance: Any) -> None:
    found = [Identifier("1.2.250.1.213.1.4.8", number) for number in numbers]
    chance.shuffle(found)
    differs = any(number not in (INS, INS[:13]) for number in numbers)
    expected = Concerns.SOMEONE_ELSE if differs else Concerns.PATIENT if numbers else Concerns.UNKNOWN
    assert concerns(tuple(found), INS) is expected


LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">'
    + b"".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">'.encode()
        for before, name in zip("abcdefghi", "bcdefghij", strict=True)
    )
    + b"]>"
)


@pytest.mark.parametrize(
    "content",
    [
        LAUGHS + b'<ClinicalDocument xmlns="urn:hl7-org:v3"><title>&j;</title></ClinicalDocument>',
        b'<?xml version="1.0"?><!DOCTYPE x SYSTEM "file:///etc/passwd"><ClinicalDocument/>',
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><ClinicalDocument><title>&e;</title></ClinicalDocument>',
        b"<ClinicalDocument>" + b"<component><section>" * 3_000,
        b"<ClinicalDocument>" + b"<a>" * 100_000 + b"</a>" * 100_000 + b"</ClinicalDocument>",
        b"<ClinicalDocument",
        b"<ClinicalDocument/>",
        b"<other>ClinicalDocument</other>",
        cda(section("A", "a"))[:-40],
        cda(section("A", "a")).replace(b"utf-8", b"utf-16"),
        cda(body=file_body(b"")),
    ],
)
def test_xml_that_is_hostile_or_broken_cannot_be_shown_and_harms_nothing(content: bytes) -> None:
    begun = time.process_time()
    document = read_structured(content, Reads.CDA, "fichier.xml").documents[0]
    assert time.process_time() - begun < 4
    assert not document.readable or document.head.title
    assert b"root:" not in repr(document).encode()


def test_what_calls_itself_utf_8_and_is_not_is_read() -> None:
    document = one(cda(section("Été", "à l'hôpital")).decode().encode("cp1252"))
    assert document.sections[0].title == "Été"


def test_a_document_of_a_hundred_thousand_cells_is_cut_and_says_so() -> None:
    row = "<tr>" + "<td>x</td>" * 10 + "</tr>"
    begun = time.process_time()
    document = one(cda(section("S", f"<table><tbody>{row * 10_000}</tbody></table>")))
    assert document.cut and time.process_time() - begun < 8


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(
        [
            xdm(cda(section("A", "<list><item>a</item></list>", MEASURE + media("m", PNG, "image/png")))),
            cda(section("B", "<table><tr><td>x</td></tr></table>", DRUG)),
            cda(body=file_body(PDF)),
        ]
    ),
    st.lists(st.tuples(st.integers(0, 5_000), st.binary(min_size=1, max_size=12)), max_size=4),
    st.integers(0, 5_000),
)
def test_no_bytes_make_the_reader_of_documents_stumble(
    content: bytes, splices: list[tuple[int, bytes]], cut: int
) -> None:
    changed = bytearray(content)
    for at, junk in splices:
        changed[at % len(changed) : at % len(changed) + len(junk)] = junk
    for kind in Reads:
        read_structured(bytes(changed), kind, "x")
        read_structured(bytes(changed[:cut]), kind, "x")


def test_base64_with_junk_in_it_is_read() -> None:
    junk = base64.encodebytes(PDF).decode().replace("\n", "\n !")
    body = f'<text mediaType="application/pdf" representation="B64">{junk}</text>'
    assert one(cda(body=body)).files[0].content == PDF
