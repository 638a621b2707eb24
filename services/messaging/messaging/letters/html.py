"""HTML of letters: an allow-list, nothing from outside, pictures only from the letter itself."""

import re
from collections.abc import Callable, Mapping
from html import escape

import nh3

DEEPEST_TAGS = 1_000
"""The parser's time is the product of depth and length."""
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,15})")
_SELF_ENDING = {
    *("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"),
    *("dd", "dt", "li", "option", "p", "td", "th", "tr"),
}
TAGS = {
    *("a", "abbr", "address", "b", "blockquote", "br", "caption", "center", "code", "col", "colgroup"),
    *("dd", "del", "div", "dl", "dt", "em", "font", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img"),
    *("ins", "li", "ol", "p", "pre", "q", "s", "small", "span", "strike", "strong", "sub", "sup"),
    *("table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul"),
}
DROPPED_WITH_CONTENT = {
    *("head", "iframe", "math", "noscript", "object", "script", "style", "svg", "template", "title"),
}
ATTRIBUTES = {
    "*": {"dir", "lang", "title", "align", "style"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan", "valign", "bgcolor", "width"},
    "th": {"colspan", "rowspan", "valign", "bgcolor", "width", "scope"},
    "table": {"border", "cellpadding", "cellspacing", "width", "bgcolor"},
    "font": {"color", "size"},
    "ol": {"start", "type"},
}
STYLES = {
    "background-color",
    "border",
    "border-collapse",
    "color",
    "font-size",
    "font-style",
    "font-weight",
    "list-style-type",
    "margin",
    "margin-bottom",
    "margin-left",
    "margin-top",
    "padding",
    "text-align",
    "text-decoration",
    "vertical-align",
    "white-space",
    "width",
}


def sanitised(html: str, pictures: Mapping[str, str]) -> str:
    """HTML that can do nothing but be read.

    `pictures` leads from Content-IDs to the ids of the letter's own pictures; such an `img` keeps
    `src="cid:<id>"`, which the page replaces by the picture's address; any other `src` is gone.
    """
    return nh3.clean(
        html,
        tags=TAGS,
        clean_content_tags=DROPPED_WITH_CONTENT,
        attributes=ATTRIBUTES,
        attribute_filter=_filter(pictures),
        filter_style_properties=STYLES,
        url_schemes={"http", "https", "mailto", "tel", "cid"},
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )


def as_html(text: str) -> str:
    """Plain words as they stand among HTML."""
    return f'<p style="white-space: pre-wrap">{escape(text.strip())}</p>'


def is_too_deep(html: str) -> bool:
    """Whether so many tags are open at once that sanitising would take minutes."""
    depth = 0
    for found in _TAG.finditer(html):
        if found[2].lower() not in _SELF_ENDING:
            depth = max(0, depth - 1) if found[1] else depth + 1
        if depth > DEEPEST_TAGS:
            return True
    return False


def _filter(pictures: Mapping[str, str]) -> Callable[[str, str, str], str | None]:
    def keep(tag: str, attribute: str, value: str) -> str | None:
        if attribute == "style" and "(" in value:
            return None
        if tag == "img" and attribute == "src":
            picture = pictures.get(value.strip()[4:]) if value.strip().lower().startswith("cid:") else None
            return f"cid:{picture}" if picture else None
        if attribute == "href" and not value.strip().lower().startswith(("http:", "https:", "mailto:", "tel:")):
            return None
        return value

    return keep
