"""Reading letters: from whatever bytes a sender sends to a `Letter`, without ever failing."""

from messaging.letters.masking import masked_header
from messaging.letters.reading import bare_letter, read_letter
from messaging.letters.reports import read_report
from messaging.letters.senders import header_end, sender_in

__all__ = ["bare_letter", "header_end", "masked_header", "read_letter", "read_report", "sender_in"]
