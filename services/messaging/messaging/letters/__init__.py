"""Reading letters: from whatever bytes a sender sends to a `Letter`, without ever failing."""

from messaging.letters.masking import patient_copy
from messaging.letters.reading import bare_letter, read_letter
from messaging.letters.reports import read_report
from messaging.letters.senders import header_end, sender_in

__all__ = ["bare_letter", "header_end", "patient_copy", "read_letter", "read_report", "sender_in"]
