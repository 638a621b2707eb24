"""winmail.dat in a letter: its files and words take its place; one that can't be read stays a file."""

from chassis.formats import media_type_of
from messaging.letters.filenames import safe_name
from messaging.letters.found import Body, Fate, File, Found
from messaging.letters.inside import keep
from messaging.letters.kinds import INLINE_PICTURES, extension_of
from messaging.letters.tnef import MEDIA_TYPES, SIGNATURE, NotTnef, Packed, Tnef, read_tnef


def is_winmail(content: bytes, label: str) -> bool:
    """Whether a part is a package of Outlook's."""
    return label in MEDIA_TYPES or content.startswith(SIGNATURE)


def unpack(content: bytes, found: Found, inside: int | None) -> bool:
    """Put what is in a winmail.dat in its place. False when it cannot be read whole, is empty, or has more files
    than there is room for: it is a file."""
    try:
        tnef = read_tnef(content)
    except NotTnef:
        return False
    if not (tnef.text.strip() or tnef.html.strip() or tnef.rtf or any(packed.content for packed in tnef.files)):
        return False  # an empty package, or one so hurt that it looks like one: whoever can may open it
    files = [packed for packed in tnef.files if packed.content or packed.name]
    if not found.has_room_for(len(files) + 1):  # one more for its words
        return False
    for packed in files:
        _keep(packed, found, inside)
    if inside is None:
        _say(tnef, found)
        found.counts(Fate.WRAPPER, len(content))
    elif tnef.text or tnef.html:
        name = "Message.html" if tnef.html else "Message.txt"
        _keep(Packed(name, (tnef.html or tnef.text).encode()), found, inside)
    return True


def _say(tnef: Tnef, found: Found) -> None:
    """Its words, unless the letter says the same already; RTF alone is a file."""
    if tnef.text.strip() or tnef.html.strip():
        if not _is_said(tnef.text, found):
            found.bodies.append(Body(text=found.add_text(tnef.text), html=found.add_html(tnef.html)))
    elif tnef.rtf and not any(body.text.strip() or body.html for body in found.bodies):
        _keep(Packed("Message.rtf", tnef.rtf), found, None)


def _is_said(text: str, found: Found) -> bool:
    plain = "".join(text.split())
    return bool(plain) and any(plain == "".join(body.text.split()) for body in found.bodies)


def _keep(packed: Packed, found: Found, inside: int | None) -> None:
    if inside is not None and not found.has_room_inside(len(packed.content)):
        return
    media_type = media_type_of(packed.content, packed.label)
    picture = packed.content_id if media_type in INLINE_PICTURES and inside is None else ""
    safe = safe_name(packed.name, len(found.files) + 1, extension_of(media_type))
    file = File(name=safe, media_type=media_type, content=packed.content, content_id=picture, inside=inside)
    keep(file, found)
