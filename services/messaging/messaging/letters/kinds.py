"""What a letter's files are treated as, once `chassis.formats` has told what they are."""

from chassis.formats import Format

INLINE_PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""What HTML may show in its place."""
_EXTENSIONS = {form.value: form.extension for form in Format} | {
    "application/zip": ".zip",
    "application/xml": ".xml",
    "image/gif": ".gif",
    "message/rfc822": ".eml",
    "text/calendar": ".ics",
    "text/csv": ".csv",
    "text/html": ".html",
}


def extension_of(media_type: str) -> str:
    """How the name of a file of this kind usually ends, with its dot; `.bin` for what has none here."""
    return _EXTENSIONS.get(media_type, ".bin")
