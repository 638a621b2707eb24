"""A letter's sanitised HTML as the document that its frame shows: our letters, its own pictures."""

import re
from html import escape

from messaging.domain.model import Message

_PICTURE = re.compile(r'src="cid:([0-9a-f-]{36})"')
_STYLE = (
    "@font-face{{font-family:Pli;src:url({font})format('woff2');font-weight:200 800;font-display:swap}}"
    "body{{margin:0;font:1.0625rem/1.55 Pli,system-ui,sans-serif;color:#18203a;"
    "background:#fff;overflow-wrap:anywhere}}img{{max-width:100%;height:auto}}table{{max-width:100%}}"
)


def letter_html(message: Message, html: str, *, font: str) -> str:
    """The whole document. Pictures are those of this message alone: others have no address in it.

    `font` is the address of the site's own typeface.
    """
    own = {file.id for file in message.attachments}

    def address(found: re.Match[str]) -> str:
        return f'src="/messagerie/pieces/{message.id}/{found[1]}/apercu"' if found[1] in own else ""

    body = _PICTURE.sub(address, html)
    return (
        '<!doctype html><html lang="fr"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title></title>'
        f"<style>{_STYLE.format(font=font)}</style></head><body>{body}</body></html>"
    )


def letter_words(message: Message, note: str, *, font: str) -> str:
    """What stands for the letter's HTML while that can't be had: its words, under a note that says so."""
    words = escape(message.text.strip()).replace("\n", "<br>")
    return letter_html(message, f"<p><strong>{escape(note)}</strong></p><p>{words}</p>", font=font)
