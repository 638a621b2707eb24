"""What the door counts: codes and numbers, never who or what."""

from prometheus_client import Counter, Gauge, Histogram

REPLIES = Counter("pli_door_replies_total", "answers to MAIL, RCPT and letters, by their codes", ["to", "reply"])
LETTER_BYTES = Counter("pli_door_letter_bytes_total", "bytes of letters that were taken")
FOR_OPERATORS = Counter("pli_door_letters_for_operators_total", "letters to postmaster@ and abuse@, to be read")
CONNECTIONS = Gauge("pli_door_connections", "connections that are open now")
TURNED_AWAY = Counter("pli_door_turned_away_total", "connections ended by the door", ["why"])
HANDSHAKES = Counter("pli_door_handshakes_total", "TLS handshakes, by protocol or failure", ["outcome"])
SCAN_SECONDS = Histogram(
    "pli_door_scan_seconds",
    "from the end of a letter to the scanner's verdict",
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30),
)
