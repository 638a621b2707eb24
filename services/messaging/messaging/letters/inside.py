"""What is inside a letter's files: appointments, and the PDFs and pictures of structured documents."""

from messaging.letters import calendars
from messaging.letters.found import File, Found
from messaging.letters.structured import read_structured, structured_kind


def keep(file: File, found: Found) -> int | None:
    """Keep a file and what is inside it; its number, None where there is no room for it."""
    number = found.add_file(file)
    if number is not None:
        _look_inside(number, found)
    return number


def _look_inside(number: int, found: Found) -> None:
    """Add what is inside file `number`: its appointments, or the files of a structured document."""
    file = found.files[number]
    if file.media_type == "text/calendar":
        size = len(file.content)
        if size <= calendars.MOST_BYTES and found.has_room_for_calendar(size):
            found.invitations += calendars.invitations(file.content)
        return
    kind = structured_kind(file.content, file.media_type)
    if kind is None:
        return
    structured = read_structured(file.content, kind, file.name)
    file.reads = kind
    file.patient_ids = structured.every_id
    for inner in structured.files:
        if not found.has_room_inside(len(inner.content)):
            return  # those that follow too: a page finds them by their order
        found.add_file(
            File(
                name=inner.name,
                media_type=inner.media_type,
                content=inner.content,
                inside=number,
                patient_ids=file.patient_ids,
            )
        )
