"""S/MIME signatures (RFC 8551, RFC 5652): the content of opaque ones, and whether it is what was signed.

Only integrity is looked at. No authority is trusted here, so the page never says who somebody is.
"""

import hashlib
from collections.abc import Iterator
from email.message import Message
from typing import Any

from asn1crypto import cms, core, x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from messaging.domain.names import clean_line
from messaging.domain.signatures import Signature, SignatureState
from messaging.letters.content import bytes_of, children

MOST_SIGNERS = 5
MOST_CERTIFICATES = 50
LONGEST_NAME = 120
DETACHED = frozenset({"application/pkcs7-signature", "application/x-pkcs7-signature"})
_HASHES: dict[str, Any] = {
    "sha1": hashes.SHA1,
    "sha224": hashes.SHA224,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}


class NotSigned(Exception):
    """No signed data, or nothing that can be read as such."""


def signed_data(content: bytes) -> Any:
    """The SignedData in these bytes. Raises `NotSigned`."""
    try:
        found = cms.ContentInfo.load(content)
        if found["content_type"].native != "signed_data":
            raise NotSigned
        return found["content"]
    except (ValueError, TypeError, KeyError, IndexError, RecursionError) as error:
        raise NotSigned from error


def content_of(data: Any) -> bytes:
    """What an opaque signature encloses. Raises `NotSigned` when it is a detached one."""
    try:
        inner = data["encap_content_info"]["content"]
        enclosed = inner.parsed if isinstance(inner, core.ParsableOctetString) else inner
        content = enclosed.native if isinstance(enclosed, core.OctetString) else inner.native
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise NotSigned from error
    if not isinstance(content, bytes):
        raise NotSigned
    return content


def checked(data: Any, content: bytes) -> Signature:
    """Whether this content is what its signers signed; several have to agree."""
    try:
        signers = list(data["signer_infos"])[:MOST_SIGNERS]
        certificates = list(_certificates(data))
        states = [_state(signer, certificates, content) for signer in signers]
        by = next((_name(certificate) for signer in signers if (certificate := _of(signer, certificates))), "")
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError):
        return Signature(state=SignatureState.UNCHECKED)
    for worst in (SignatureState.ALTERED, SignatureState.UNCHECKED):
        if worst in states or not states:
            return Signature(state=worst if states else SignatureState.UNCHECKED, by=by)
    return Signature(state=SignatureState.INTACT, by=by)


def _certificates(data: Any) -> Iterator[x509.Certificate]:
    for count, choice in enumerate(data["certificates"] or ()):
        if count < MOST_CERTIFICATES and isinstance(choice.chosen, x509.Certificate):
            yield choice.chosen


def _of(signer: Any, certificates: list[x509.Certificate]) -> x509.Certificate | None:
    """The certificate that a signer names."""
    named = signer["sid"].chosen
    for certificate in certificates:
        if isinstance(named, cms.IssuerAndSerialNumber):
            same = certificate.serial_number == named["serial_number"].native
            if same and certificate.issuer == named["issuer"]:
                return certificate
        elif certificate.key_identifier == named.native:
            return certificate
    return None


def _state(signer: Any, certificates: list[x509.Certificate], content: bytes) -> SignatureState:
    algorithm = _HASHES.get(signer["digest_algorithm"]["algorithm"].native)
    certificate = _of(signer, certificates)
    if algorithm is None or certificate is None:
        return SignatureState.UNCHECKED
    attributes = signer["signed_attrs"]
    signed = content
    if attributes:
        digest = hashlib.new(algorithm.name, content, usedforsecurity=False).digest()
        said = next(
            (one["values"][0].native for one in attributes if one["type"].native == "message_digest"), None
        )
        if said != digest:
            return SignatureState.ALTERED
        signed = attributes.untag().dump()
    return _verified(certificate, signer, signed, algorithm())


def _verified(certificate: x509.Certificate, signer: Any, signed: bytes, algorithm: Any) -> SignatureState:
    signature = signer["signature"].native
    try:
        key = serialization.load_der_public_key(certificate.public_key.dump())
        if isinstance(key, rsa.RSAPublicKey):
            pss = signer["signature_algorithm"]["algorithm"].native == "rsassa_pss"
            scheme = padding.PSS(padding.MGF1(algorithm), padding.PSS.AUTO) if pss else padding.PKCS1v15()
            key.verify(signature, signed, scheme, algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, signed, ec.ECDSA(algorithm))
        else:
            return SignatureState.UNCHECKED
    except InvalidSignature:
        return SignatureState.ALTERED
    except (UnsupportedAlgorithm, ValueError):
        return SignatureState.UNCHECKED
    return SignatureState.INTACT


def _name(certificate: x509.Certificate) -> str:
    name = certificate.subject.native.get("common_name", "")
    return clean_line(name, LONGEST_NAME) if isinstance(name, str) and "@" not in name else ""


def signed_bytes(message: "Message[str, str]", raw: bytes) -> bytes:
    """The very bytes of the first part of a letter that is `multipart/signed`, line ends as they were signed.

    Cut out of the letter as received: a part written anew is not the same. Empty when it cannot be found.
    """
    boundary = message.get_boundary()
    if not boundary:
        return b""
    mark = b"--" + boundary.encode("utf-8", "surrogateescape")
    start = raw.find(b"\n" + mark)
    begin = raw.find(b"\n", start + 1) + 1
    end = raw.find(b"\n" + mark, begin)
    if start < 0 or begin <= 0 or end < 0:
        return b""
    part = raw[begin:end].removesuffix(b"\r")
    return part if b"\r\n" in part else part.replace(b"\n", b"\r\n")


def detached(message: "Message[str, str]", raw: bytes) -> Signature | None:
    """What the signature of a `multipart/signed` letter is worth, None when it has none of this kind."""
    parts = list(children(message))
    signature = next((part for part in parts[1:] if part.get_content_type() in DETACHED), None)
    if message.get_content_type() != "multipart/signed" or signature is None:
        return None
    try:
        data = signed_data(bytes_of(signature))
    except NotSigned:
        return Signature(state=SignatureState.UNCHECKED)
    return checked(data, signed_bytes(message, raw))


def opaque(content: bytes) -> tuple[bytes, Signature] | None:
    """What a signature encloses and what it is worth; None for what is encrypted or cannot be read."""
    try:
        data = signed_data(content)
        enclosed = content_of(data)
    except NotSigned:
        return None
    return enclosed, checked(data, enclosed)
