"""Structured documents as the tests make them: CDA documents, METADATA.XML, and the archives around them."""

import base64
import zipfile
from io import BytesIO
from xml.sax.saxutils import quoteattr

INS = "288077505600121"
OTHER_INS = "190017505600132"
PDF = b"%PDF-1.7\n" + b"0123456789" * 40
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40
ROOT = "1.2.250.1.213.1.4.8"


def cda(
    *sections: str,
    ins: str = INS,
    root: str = ROOT,
    body: str | None = None,
    title: str = "Compte rendu de consultation",
    patient: bool = True,
    author: str = "<prefix>M</prefix><suffix>DR</suffix><given>Paul</given><family>ANDRÉ</family>",
    signer: str = "",
) -> bytes:
    """A document: of sections (level 3), or with `body` as its `nonXMLBody` (level 1)."""
    signed = (
        "<legalAuthenticator><time value='20260609'/><signatureCode code='S'/><assignedEntity><id root='1.2'/>"
        f"<assignedPerson><name>{signer}</name></assignedPerson></assignedEntity></legalAuthenticator>"
        if signer
        else ""
    )
    number = f'<id root="{root}" extension="{ins}"/>' if ins else ""
    target = (
        f"<recordTarget><patientRole>{number}<id root='1.2.3' extension='local-77'/><patient><name>"
        "<given>Inaya Marie</given><given qualifier='CL'>Inaya</given><family qualifier='BR'>MICHEL</family>"
        "</name><birthTime value='19880702'/></patient></patientRole></recordTarget>"
    )
    inner = (
        f"<nonXMLBody>{body}</nonXMLBody>"
        if body is not None
        else f"<structuredBody>{''.join(f'<component>{one}</component>' for one in sections)}</structuredBody>"
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><?xml-stylesheet type="text/xsl" href="http://evil.example/x.xsl"?>'
        '<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        '<code code="11488-4" displayName="Consultation"/>'
        f'<title>{title}</title><effectiveTime value="20260609101500+0200"/>{target if patient else ""}'
        "<author><assignedAuthor><code code='G15_10/SM20' displayName='Médecin - Gynécologie'/>"
        f"<assignedPerson><name>{author}</name></assignedPerson>"
        "<representedOrganization><name>Hôpital de la Colline</name></representedOrganization>"
        f"</assignedAuthor></author>{signed}<component>{inner}</component></ClinicalDocument>"
    ).encode()


def section(title: str, text: str = "", entries: str = "", inner: str = "") -> str:
    """A section with its words, what it codes, and the sections below."""
    said = f"<text>{text}</text>" if text else ""
    coded = "".join(f"<entry>{one}</entry>" for one in [entries] if one)
    below = f"<component>{inner}</component>" if inner else ""
    return f"<section><title>{title}</title>{said}{coded}{below}</section>"


def media(identity: str, content: bytes, media_type: str = "application/pdf") -> str:
    """A file in base64, as an entry."""
    encoded = base64.b64encode(content).decode()
    return (
        f'<observationMedia classCode="OBS" moodCode="EVN" ID="{identity}">'
        f'<value mediaType="{media_type}" representation="B64">{encoded}</value></observationMedia>'
    )


def file_body(content: bytes, media_type: str = "application/pdf", *, more: str = "") -> str:
    """A level 1 body that is a file."""
    encoded = base64.encodebytes(content).decode()
    return f'<text mediaType="{media_type}" representation="B64"{more}>{encoded}</text>'


def metadata(*uris: str, ins: str = INS, root: str = ROOT, title: str = "Compte rendu") -> bytes:
    """A METADATA.XML that announces these documents."""
    number = quoteattr(f"{ins}^^^&{root}&ISO^NH")
    entries = "".join(
        f'<ExtrinsicObject mimeType="{"application/pdf" if "PDF" in uri else "text/xml"}">'
        f'<Slot name="URI"><ValueList><Value>{uri}</Value></ValueList></Slot>'
        f'<Name><LocalizedString value="{title}"/></Name>'
        f'<ExternalIdentifier identificationScheme="urn:uuid:58a6f841-87b3-4a3e-92fd-a8ffeff98427" value={number}>'
        '<Name><LocalizedString value="XDSDocumentEntry.patientId"/></Name></ExternalIdentifier></ExtrinsicObject>'
        for uri in uris
    )
    return (
        '   <lcm:SubmitObjectsRequest xmlns:lcm="urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0"'
        f' xmlns="urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"><RegistryObjectList>{entries}'
        "</RegistryObjectList></lcm:SubmitObjectsRequest>"
    ).encode()


def archive(members: dict[str, bytes]) -> bytes:
    """A ZIP of these members."""
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def xdm(*documents: bytes, ins: str = INS, **beside: bytes) -> bytes:
    """An IHE_XDM.zip of documents, with files beside them (`scan_png` is `SCAN.PNG`)."""
    folder = "IHE_XDM/SUBSET01/"
    names = [f"DOC{number:04}.XML" for number in range(1, len(documents) + 1)]
    return archive(
        {
            "INDEX.HTM": b"<html></html>",
            "README.TXT": b"lisez-moi",
            f"{folder}METADATA.XML": metadata(*names, ins=ins),
            **{folder + name: document for name, document in zip(names, documents, strict=True)},
            **{folder + name.upper().replace("_", "."): content for name, content in beside.items()},
        }
    )
