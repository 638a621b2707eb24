"""What professionals' servers and mail programs send back: delivery reports, read receipts (RFC 3464, 8098)."""

from demo.letters import Person

FAILED_WORDS = "Votre message n'a pas pu etre remis."


def delivery_report(recipient: Person, message_id: str, *, action: str, status: str) -> bytes:
    """By the recipient's server: `failed` and `5.1.1`, `delivered` and `2.0.0`."""
    domain = recipient.address.rpartition("@")[2]
    fields = (
        f"Reporting-MTA: dns; mx.{domain}\r\n\r\n"
        f"Final-Recipient: rfc822; {recipient.address}\r\nAction: {action}\r\nStatus: {status}\r\n"
    )
    return _report(f"MAILER-DAEMON@{domain}", "delivery-status", fields, f"Message-ID: {message_id}\r\n")


def read_receipt(reader: Person, message_id: str) -> bytes:
    """By the reader's mail program."""
    fields = (
        f"Reporting-UA: client\r\nFinal-Recipient: rfc822; {reader.address}\r\n"
        f"Original-Message-ID: {message_id}\r\nDisposition: manual-action/MDN-sent-manually; displayed\r\n"
    )
    return _report(reader.address, "disposition-notification", fields, f"Message-ID: {message_id}\r\n")


def _report(sender: str, kind: str, fields: str, headers: str) -> bytes:
    return (
        f"From: <{sender}>\r\nSubject: Report\r\nMIME-Version: 1.0\r\nAuto-Submitted: auto-replied\r\n"
        f'Content-Type: multipart/report; report-type={kind}; boundary="rapport"\r\n\r\n'
        f"--rapport\r\nContent-Type: text/plain\r\n\r\n{FAILED_WORDS if kind == 'delivery-status' else 'Lu.'}\r\n"
        f"--rapport\r\nContent-Type: message/{kind}\r\n\r\n{fields}\r\n"
        f"--rapport\r\nContent-Type: text/rfc822-headers\r\n\r\n{headers}\r\n--rapport--\r\n"
    ).encode("ascii")
