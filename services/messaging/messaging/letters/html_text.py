"""The words of sanitised HTML in lines. No layout: what a stranger's tables and lists cost stays in proportion."""

import re
from html.parser import HTMLParser

AT_ONCE = 64 * 1024
_LINES = {
    *("blockquote", "br", "caption", "center", "div", "dl", "dt", "dd", "h1", "h2", "h3", "h4", "h5", "h6"),
    *("hr", "li", "ol", "pre", "table", "tr", "ul"),
}
_CELLS = {"td", "th"}
_SPACES = re.compile(r"[ \t\r\n\f\xa0]+")


def text_in(html: str, longest: int) -> str:
    """At most `longest` characters of sanitised HTML's words: a line a block, a blank one between paragraphs."""
    words = _Words()
    for start in range(0, len(html), AT_ONCE):
        words.feed(html[start : start + AT_ONCE])
        if words.length > longest:
            break
    words.close()
    return words.text()[:longest].rstrip()


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.length = 0
        self._lines: list[list[str]] = [[]]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin what the tag begins."""
        if tag == "p":
            self._break(blank=True)
        elif tag in _LINES:
            self._break(blank=False)
        elif tag in _CELLS:
            self._say("  ")
        if tag == "li":
            self._say("* ")

    def handle_endtag(self, tag: str) -> None:
        """End a line where a block ends."""
        if tag == "p" or tag in _LINES:
            self._break(blank=tag == "p")

    def handle_data(self, data: str) -> None:
        """Take the words."""
        self._say(_SPACES.sub(" ", data))

    def _say(self, words: str) -> None:
        self._lines[-1].append(words)
        self.length += len(words)

    def _break(self, *, blank: bool) -> None:
        if self._lines[-1]:
            self._lines.append([])
            self.length += 1
        if blank and len(self._lines) > 1 and self._lines[-2]:
            self._lines.append([])
            self.length += 1

    def text(self) -> str:
        """The lines, never two blank ones in a row."""
        found: list[str] = []
        for line in ("".join(pieces).strip() for pieces in self._lines):
            if line or (found and found[-1]):
                found.append(line)
        return "\n".join(found).strip()
