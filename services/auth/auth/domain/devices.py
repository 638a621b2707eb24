"""What a person recognises a device by: the browser and the system it says it is, never more."""

import re

UNKNOWN = ""
LONGEST_READ = 500

_BROWSERS = (
    (re.compile(r"\bEdgA?/|\bEdgiOS/"), "Edge"),
    (re.compile(r"\bOPR/|\bOPT/"), "Opera"),
    (re.compile(r"\bSamsungBrowser/"), "Samsung Internet"),
    (re.compile(r"\bFirefox/|\bFxiOS/"), "Firefox"),
    (re.compile(r"\bHeadlessChrome/|\bChrome/|\bCriOS/|\bChromium/"), "Chrome"),
    (re.compile(r"\bVersion/[\d.]+.*\bSafari/"), "Safari"),
)
_SYSTEMS = (
    (re.compile(r"\biPhone\b"), "iPhone"),
    (re.compile(r"\biPad\b"), "iPad"),
    (re.compile(r"\bAndroid\b"), "Android"),
    (re.compile(r"\bWindows\b"), "Windows"),
    (re.compile(r"\bMac OS X\b|\bMacintosh\b"), "Mac"),
    (re.compile(r"\bCrOS\b"), "Chromebook"),
    (re.compile(r"\bLinux\b"), "Linux"),
)


def device_of(user_agent: str | None) -> str:
    """ "Firefox, Windows" of a `User-Agent` (RFC 9110 §10.1.5); empty when it says nothing we know.

    Only these names are kept, not the header: its versions would tell one person's devices apart for ever.
    """
    read = (user_agent or "")[:LONGEST_READ]
    found = (_first(table, read) for table in (_BROWSERS, _SYSTEMS))
    return ", ".join(name for name in found if name)


def _first(table: tuple[tuple[re.Pattern[str], str], ...], read: str) -> str:
    return next((name for pattern, name in table if pattern.search(read)), UNKNOWN)
