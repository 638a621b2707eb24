"""Delivery reports (RFC 3464) and read receipts (RFC 8098), also those that break the rules.

Only what a report says is read here; whether it may change anything is the domain's to decide.
"""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from itertools import islice

from messaging.domain.addresses import is_address, is_mail_program, normal
from messaging.domain.names import clean_line
from messaging.domain.reports import Fate, Report, ReportKind, Told
from messaging.letters.automatic import is_automatic
from messaging.letters.bounces import told_in_words
from messaging.letters.content import bytes_of, children, nested_message
from messaging.letters.headers import field, fields, mailers, message_ids
from messaging.letters.policy import BOUNDED, is_tangled
from messaging.letters.senders import MOST_HEADER_BYTES, header_end

LONGEST_REPORT = 2_000_000
"""Bytes of a report that are read: its own words come before the message it returns."""
LONGEST_FIELDS = 256 * 1024
MOST_TOLD = 100
MOST_PARTS = 50
MOST_GROUPS = 1_000
"""Groups of fields that are read of a part; each tells of one recipient."""
LONGEST_DETAIL = 300
_STATUS = re.compile(r"\b[245]\.[0-9]{1,3}\.[0-9]{1,3}\b")
_XTEXT = re.compile(r"\+([0-9A-F]{2})")
_HINTS = re.compile(
    rb"(?i)multipart/report|message/(?:global-)?(?:delivery-status|disposition-notification)"
    rb"|x-failed-recipients|mailer-daemon|postmaster|auto-submitted"
)
_DELIVERY = frozenset({"message/delivery-status", "message/global-delivery-status"})
_DISPOSITION = frozenset({"message/disposition-notification", "message/global-disposition-notification"})
_RETURNED = frozenset({"message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers"})
_ACTIONS = {fate.value: fate for fate in (Fate.FAILED, Fate.DELAYED, Fate.DELIVERED, Fate.RELAYED, Fate.EXPANDED)}
_ACTIONS |= {"failure": Fate.FAILED, "delay": Fate.DELAYED, "success": Fate.DELIVERED}
_DISPOSITIONS = {"displayed": Fate.DISPLAYED, "deleted": Fate.DELETED, "read": Fate.DISPLAYED}
_CLASSES = {"2": Fate.DELIVERED, "4": Fate.DELAYED, "5": Fate.FAILED}

Fields = dict[str, str]
Found = tuple[ReportKind, list[Told], str, list[str]]


def read_report(raw: bytes, *, null_sender: bool = False) -> Report | None:
    """The report in these bytes, None when they are a letter. Never fails.

    `null_sender`: it came from `<>`, as reports must; then less in it has to look like a report. A letter
    that merely carries somebody else's report as an attached message is a letter.
    """
    if not null_sender and not _HINTS.search(_header_block(raw)):
        return None
    try:
        return _read(raw[:LONGEST_REPORT], null_sender)
    except Exception:  # whatever a sender sends: what can't be read is no report, and is shown
        return None


def _header_block(raw: bytes) -> bytes:
    head = raw[:MOST_HEADER_BYTES]
    end = header_end(head)
    return head[:end] if end >= 0 else head


def _read(raw: bytes, null_sender: bool) -> Report | None:
    if is_tangled(raw):
        return None
    message = message_from_bytes(raw, policy=BOUNDED)
    parts = list(_parts(message))
    in_fields = _in_fields(message, parts, null_sender)
    found = in_fields or _in_words(message, parts, null_sender)
    if found is None:
        return None
    kind, told, envelope_id, named = found
    ids = [*named, *_returned_ids(parts)] if kind is ReportKind.DISPOSITION else [*_returned_ids(parts), *named]
    answered = message_ids([*fields(message, "in-reply-to"), *fields(message, "references")])
    return Report(
        kind=kind,
        told=tuple(told[:MOST_TOLD]),
        message_ids=tuple(dict.fromkeys([*ids, *reversed(answered)])),
        envelope_id=envelope_id,
        sender=_sender(message),
        in_words=in_fields is None,
    )


def _in_words(message: "Message[str, str]", parts: list["Message[str, str]"], null_sender: bool) -> Found | None:
    """What a mail program tells in words; who else writes from `<>`, as absence notices do, must give back the
    id of what did not arrive."""
    daemon = _from_a_daemon(message)
    found = told_in_words(message, parts) if daemon or null_sender else None
    return found if found and (daemon or found[3] or _returned_ids(parts)) else None


def _parts(message: "Message[str, str]") -> Iterator["Message[str, str]"]:
    """The leaves of the multiparts, in their order; attached messages are not entered."""
    waiting, seen = [message], 0
    while waiting and seen < MOST_PARTS:
        part = waiting.pop(0)
        seen += 1
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            waiting = [*children(part), *waiting]
        else:
            yield part


def _in_fields(message: "Message[str, str]", parts: list["Message[str, str]"], null_sender: bool) -> Found | None:
    """What the part made for machines says. In a letter that doesn't call itself a report it counts only
    when a machine sent it."""
    is_report = message.get_content_type() == "multipart/report"
    trusted = is_report or null_sender or is_automatic(message) or _from_a_daemon(message)
    for part in parts if trusted or len(parts) == 1 else ():
        label = part.get_content_type()
        groups = _groups(part) if label in _DELIVERY | _DISPOSITION or _is_mislabelled(part, is_report) else []
        disposed = next((group for group in groups if "disposition" in group), None)
        if disposed is not None:
            return _disposition(disposed, _sender(message))
        told = [
            _delivery(group) for group in groups if "final-recipient" in group or "original-recipient" in group
        ]
        if told:
            return ReportKind.DELIVERY, told, groups[0].get("original-envelope-id", ""), _named(groups)
    return None


def _is_mislabelled(part: "Message[str, str]", is_report: bool) -> bool:
    """Within a report, the fields may stand in a part called text, or in one whose label is lost."""
    return is_report and part.get_content_type() in ("text/plain", "application/octet-stream", "multipart/report")


def _groups(part: "Message[str, str]") -> list[Fields]:
    """The groups of fields of a part, names in lower case, of repeated ones the first."""
    text = _content(part)[:LONGEST_FIELDS].decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    found = islice(_groups_in(text.split("\n")), MOST_GROUPS)
    return [{name: " ".join(lines) for name, lines in group.items()} for group in found]


def _groups_in(lines: list[str]) -> Iterator[dict[str, list[str]]]:
    """Each group with the lines of its fields, none of them empty."""
    group: dict[str, list[str]] = {}
    name = ""
    for line in (*lines, ""):
        if not line.strip():
            if group:
                yield group
            group, name = {}, ""
        elif line[0] in " \t" and name:
            group[name].append(line.strip())
        else:
            name = _start(line, group)


def _content(part: "Message[str, str]") -> bytes:
    """The bytes of the fields; some encode them, which the parser of `message/…` parts does not expect."""
    if not part.is_multipart():
        return bytes_of(part)
    return nested_message(part)


def _start(line: str, group: dict[str, list[str]]) -> str:
    name, colon, value = line.partition(":")
    name = name.strip().lower()
    if not colon or not name or " " in name or name in group:
        return ""
    group[name] = [value.strip()]
    return name


def _delivery(group: Fields) -> Told:
    status = _STATUS.search(group.get("status", "")) or _STATUS.search(group.get("diagnostic-code", ""))
    code = status.group() if status else ""
    action = group.get("action", "").strip().lower().split("(")[0].strip()
    return Told(
        addresses=_addresses(group),
        fate=_ACTIONS.get(action) or _CLASSES.get(code[:1], Fate.OTHER),
        status=code,
        detail=clean_line(group.get("diagnostic-code", ""), LONGEST_DETAIL),
    )


def _disposition(group: Fields, sender: str) -> Found:
    """`automatic-action/MDN-sent-automatically; displayed/error`, or only its last words."""
    words = group["disposition"].rpartition(";")[2].partition("/")[0].split(",")[0].strip().lower()
    told = Told(
        addresses=_addresses(group) or ((sender,) if sender else ()),
        fate=_DISPOSITIONS.get(words, Fate.OTHER),
        detail=clean_line(group["disposition"], LONGEST_DETAIL),
    )
    return ReportKind.DISPOSITION, [told], "", _named([group])


def _named(groups: list[Fields]) -> list[str]:
    names = ("original-message-id", "x-original-message-id", "message-id")
    return [one for group in groups for name in names for one in message_ids([group.get(name, "")])]


def _addresses(group: Fields) -> tuple[str, ...]:
    """`rfc822; a@b.fr`, `<a@b.fr>`, or bare; our own ORCPT may come back in its xtext (RFC 3461 §4)."""
    found = [_address(group.get(name, "")) for name in ("original-recipient", "final-recipient")]
    plain = [_XTEXT.sub(lambda code: chr(int(code[1], 16)), address.upper()).lower() for address in found]
    return tuple(dict.fromkeys(one for one in (*found, *plain) if is_address(one)))


def _address(value: str) -> str:
    bare = value.rpartition(";")[2].strip().strip("<>").strip()
    return normal(bare.split()[0]) if bare else ""


def _returned_ids(parts: list["Message[str, str]"]) -> list[str]:
    """The Message-ID of the message that came back, or of its headers."""
    found: list[str] = []
    for part in parts:
        if part.get_content_type() in _RETURNED:
            nested = part.is_multipart()
            inner = next(children(part), part) if nested else message_from_bytes(bytes_of(part), policy=BOUNDED)
            found += message_ids(fields(inner, "message-id"))[:1]
    return found


def _sender(message: "Message[str, str]") -> str:
    found = mailers(fields(message, "from"))
    return found[0].address if found else ""


def _from_a_daemon(message: "Message[str, str]") -> bool:
    return is_mail_program(_sender(message)) or bool(field(message, "x-failed-recipients"))
