"""Letters signed by S/MIME, as the tests sign them with a certificate of their own."""

from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs7

FROM = b"From: Marie Martin <marie@chu.mssante.fr>\r\nSubject: Signature\r\n"


@cache
def _identity() -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    key = rsa.generate_private_key(65_537, 2_048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Dr Marie Martin")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    return key, made.sign(key, hashes.SHA256())


def _builder(content: bytes) -> pkcs7.PKCS7SignatureBuilder:
    key, certificate = _identity()
    return pkcs7.PKCS7SignatureBuilder().set_data(content).add_signer(certificate, key, hashes.SHA256())


def detached(content: bytes) -> bytes:
    """A `multipart/signed` letter around this part."""
    options = [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary]
    signature = _base64(_builder(content).sign(serialization.Encoding.DER, options))
    return (
        FROM + b'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256;'
        b' boundary="s"\r\n\r\n--s\r\n' + content + b"\r\n--s\r\n"
        b"Content-Type: application/pkcs7-signature; name=smime.p7s\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + signature + b"\r\n--s--\r\n"
    )  # fmt: skip


def opaque(content: bytes) -> bytes:
    """A letter whose content is inside its signature."""
    signed = _base64(_builder(content).sign(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary]))
    return (
        FROM + b"Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + signed + b"\r\n"
    )  # fmt: skip


def _base64(data: bytes) -> bytes:
    import base64

    return base64.encodebytes(data).replace(b"\n", b"\r\n")
