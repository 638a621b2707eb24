"""Bounces in words alone, as qmail, Exim and others write them: no part in them is made for machines."""

import re
from email.message import Message

from messaging.domain.addresses import is_address, normal
from messaging.domain.names import clean_line
from messaging.domain.reports import Fate, ReportKind, Told
from messaging.letters.content import bytes_of
from messaging.letters.headers import decoded, field, message_ids

LONGEST_WORDS = 64 * 1024
MOST_RECIPIENTS = 20
LONGEST_DETAIL = 300
_SUBJECT = re.compile(
    r"(?i)undeliver|non[- ]?deliver|delivery (?:status|failure|delayed|problem|has failed)|mail delivery failed"
    r"|failure notice|returned mail|returning message|mail system error|could not be delivered"
    r"|warning: (?:message|could not send)|non remis|non délivré|échec (?:de|d')|remise (?:différée|retardée)"
)
_LATER = re.compile(
    r"(?i)delayed|not yet been delivered|will (?:be retried|keep trying|try again)|retried|still being tried"
    r"|warning: message|différée|retardée|nouvelle tentative|pas encore"
)
_GIVEN_UP = re.compile(
    r"(?i)not going to try again|giving up|in the queue too long|retry time(?:out)? exceeded"
    r"|will be deleted from (?:the )?queue|could not be delivered for (?:more than )?[0-9]+ (?:day|hour)"
)
"""How mail programs end what was only delayed so far; the last answer they heard may still be a 4xx."""
_RECIPIENT = re.compile(r"(?m)^[ \t>]*<?([^\s<>@\"(),:;]{1,64}@[A-Za-z0-9.-]{1,250}[A-Za-z0-9])>?[ \t]*:?(?=\s|$)")
_COPY = re.compile(
    r"(?im)^[ \t-]*(?:below this line is a copy|this is a copy of (?:the|your) message|original message|returned"
    r" message|message d'origine|message original|copie du message)"
)
_CODE = re.compile(r"\b[245]\.[0-9]{1,3}\.[0-9]{1,3}\b")
_OWN_ID = re.compile(r"(?im)^[ \t>]*message-id:[ \t]*(<[^<>\s]{1,250}>)")


def told_in_words(
    message: "Message[str, str]", parts: list["Message[str, str]"]
) -> tuple[ReportKind, list[Told], str, list[str]] | None:
    """What a bounce without fields says, None when it names nobody or doesn't read like a bounce."""
    text = _text(parts)
    listed = [normal(one) for one in field(message, "x-failed-recipients").split(",")]
    failed = [one for one in listed if is_address(one)]
    if not failed and not _reads_like_a_bounce(message, text):
        return None
    copy = _COPY.search(text)
    words = text[: copy.start()] if copy else text
    named = failed or [normal(found) for found in _RECIPIENT.findall(words)]
    recipients = [one for one in dict.fromkeys(named) if is_address(one)][:MOST_RECIPIENTS]
    if not recipients:
        return None
    told = [_told(recipient, message, words) for recipient in recipients]
    return ReportKind.DELIVERY, told, "", list(message_ids(_OWN_ID.findall(text)))


def _text(parts: list["Message[str, str]"]) -> str:
    texts = [part for part in parts if part.get_content_maintype() == "text"] or parts[:1]
    content = b"\n".join(bytes_of(part)[:LONGEST_WORDS] for part in texts[:3])
    return content.decode("utf-8", "replace").replace("\r\n", "\n")


def _reads_like_a_bounce(message: "Message[str, str]", text: str) -> bool:
    return bool(_SUBJECT.search(decoded(field(message, "subject")))) or "qmail-send program" in text[:2_000]


def _told(recipient: str, message: "Message[str, str]", words: str) -> Told:
    """The recipient's own lines decide, else the whole text; a bounce is a failure unless it says it goes on."""
    start = words.lower().find(recipient)
    own = words[start : start + 600] if start >= 0 else words[:600]
    code = _CODE.search(own) or _CODE.search(words)
    status = code.group() if code else ""
    later = _LATER.search(decoded(field(message, "subject"))) or _LATER.search(words)
    goes_on = status.startswith("4") or (not status and bool(later))
    delayed = goes_on and not _GIVEN_UP.search(words)
    return Told(
        addresses=(recipient,),
        fate=Fate.DELAYED if delayed else Fate.FAILED,
        status=status,
        detail=clean_line(own, LONGEST_DETAIL),
    )
