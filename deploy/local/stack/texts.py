"""The catalogues of texts: French is in the code, other languages in each package's `locale/`.

`update` brings every catalogue to what the code says; `complaints` tells what a person reading in another
language would miss. A text that another package has translated already is taken over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from stack.places import CHECKOUT

LANGUAGES = ("en",)
PACKAGES = (
    *(CHECKOUT / "services" / name / name for name in ("chassis", "auth", "messaging", "documents", "synthesis")),
    CHECKOUT / "services" / "notifier" / "notifier",
    CHECKOUT / "deploy" / "gateway" / "pages" / "gateway_pages",
)
METHODS = [
    ("**.py", "python"),
    *((f"**/templates/**.{kind}", "jinja2") for kind in ("html", "txt", "sms", "subject")),
]
OPTIONS = {
    f"**/templates/**.{kind}": {"extensions": "jinja2.ext.i18n", "trimmed": "true", "silent": "false"}
    for kind in ("html", "txt", "sms", "subject")
}
WIDTH = 115
HEADER = """\
# {package}: what a person reads, in {language}. `make texts` adds what is new; write the translations here.
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plural_forms};\\n"

"""
_PLACEHOLDER = re.compile(r"%\((\w+)\)[a-z]|%[a-z](?![a-z])|\{(\w*)\}")

Texts = dict[str, Message]
"""By the source text, a plural's singular."""


def update(packages: tuple[Path, ...] = PACKAGES) -> int:
    """Write every catalogue anew: what is new is added, what is gone is dropped; how many lack a translation."""
    lacking = 0
    for language in LANGUAGES:
        known = {package: read(package, language) for package in packages}
        for package in packages:
            memory = [texts for other, texts in known.items() if other != package]
            texts = _brought_over(extracted(package), known[package], memory)
            write(package, language, texts)
            lacking += sum(not _is_translated(message) for message in texts.values())
    return lacking


def complaints(packages: tuple[Path, ...] = PACKAGES) -> list[str]:
    """What is wrong with the catalogues, a line each: what lacks, is said no more, or changed a placeholder."""
    return [
        f"{path_of(package, language).relative_to(CHECKOUT)}: {line}"
        for language in LANGUAGES
        for package in packages
        for line in _wrong_with(extracted(package), read(package, language))
    ]


def extracted(package: Path) -> Texts:
    """Every text that the package's code and templates say."""
    found: Texts = {}
    for name, _line, text, comments, context in extract_from_dir(package, METHODS, OPTIONS):
        assert context is None, f"{name}: texts with a context are not used here"
        source = text if isinstance(text, str) else tuple(text)
        key = source if isinstance(source, str) else source[0]
        known = found.get(key)
        plural = isinstance(source, tuple) or (known is not None and known.pluralizable)
        kept = known.id if known is not None and known.pluralizable else source
        places = sorted({*(place for place, _ in known.locations if known), name}) if known else [name]
        flags = ["python-format"] if plural or "%(" in key else []
        found[key] = Message(kept, locations=[(place, 0) for place in places], flags=flags, auto_comments=comments)
    return {key: found[key] for key in sorted(found)}


def read(package: Path, language: str) -> Texts:
    """The catalogue of a package as it is written; empty when there is none."""
    path = path_of(package, language)
    if not path.is_file():
        return {}
    with path.open("rb") as written:
        texts = read_po(written, locale=language)
    return {_key(message): message for message in texts if message.id}


def write(package: Path, language: str, texts: Texts) -> None:
    """Write a catalogue, in the order of the source texts, without what would differ from day to day."""
    catalog = Catalog(locale=language)
    for message in texts.values():
        catalog[message.id] = message
    body = BytesIO()
    write_po(body, catalog, width=WIDTH, omit_header=True, include_lineno=False)
    path = path_of(package, language)
    path.parent.mkdir(parents=True, exist_ok=True)
    head = HEADER.format(package=package.name, language=language, plural_forms=catalog.plural_forms)
    path.write_text(head + body.getvalue().decode(), encoding="utf-8")


def path_of(package: Path, language: str) -> Path:
    """Where the catalogue of a package lies."""
    return package / "locale" / language / "LC_MESSAGES" / "pages.po"


def _key(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _brought_over(said: Texts, known: Mapping[str, Message], memory: list[Texts]) -> Texts:
    """What the code says, each with the translation there is: this package's own first."""
    for key, message in said.items():
        for texts in (known, *memory):
            old = texts.get(key)
            if old is not None and old.pluralizable == message.pluralizable and _is_translated(old):
                message.string = old.string
                break
    return said


def _is_translated(message: Message) -> bool:
    return all(_strings(message.string))


def _wrong_with(said: Texts, written: Texts) -> Iterator[str]:
    for key in said.keys() - written.keys():
        yield f"lacks {key!r} (run `make texts`, then translate it)"
    for key in written.keys() - said.keys():
        yield f"nobody says {key!r} any more (run `make texts`)"
    for key, message in written.items():
        if not _is_translated(message):
            yield f"{key!r} is not translated"
        elif fault := placeholder_fault(message):
            yield f"{key!r}: {fault}"


def placeholder_fault(message: Message) -> str | None:
    """How the placeholders of a translation differ from those of its source, or None."""
    sources, translations = _strings(message.id), _strings(message.string)
    allowed = set().union(*map(_placeholders, sources))
    strange = set().union(*map(_placeholders, translations)) - allowed
    missing = _placeholders(sources[-1]) - _placeholders(translations[-1])
    return f"differs by {sorted(strange | missing)}" if strange or missing else None


def _strings(texts: str | Sequence[str] | None) -> tuple[str, ...]:
    """One text, or the forms of a plural; an empty one where there is none."""
    return (texts or "",) if isinstance(texts, str | None) else tuple(texts)


def _placeholders(text: str) -> set[str]:
    return {found.group() for found in _PLACEHOLDER.finditer(text)}
