"""A visitor without JavaScript: reads pages and presses buttons by the words a person sees.

It sends what a browser sends (cookies, Fetch Metadata) and nothing a browser would not: controls are found by
their label, buttons and links by their text, so that a page that lost a word or a field is noticed.
"""

from collections.abc import Iterator, Mapping, Sequence
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urljoin, urlsplit

import httpx
import lxml.html
from lxml.html import FormElement, HtmlElement, InputElement

MOST_REDIRECTS = 10


class NotOnThePage(AssertionError):
    """What was looked for isn't there. Says what is."""


class Page:
    """What came back: its status, its words, its links and forms."""

    def __init__(self, visitor: "Visitor", response: httpx.Response) -> None:
        self.status = response.status_code
        self.url = str(response.url)
        self.headers = response.headers
        self.content = response.content
        self._visitor = visitor
        self._tree = _tree(response)

    @property
    def title(self) -> str:
        """The page's title."""
        return _words(self._tree.find(".//title"))

    @property
    def text(self) -> str:
        """Every word of the page's body, white space folded."""
        return _words(self._tree.find("body"))

    def elements(self, css_class: str) -> list[str]:
        """The words of each element of this class."""
        path = f".//*[contains(concat(' ', normalize-space(@class), ' '), ' {css_class} ')]"
        return [_words(element) for element in self._tree.xpath(path)]

    def says(self, words: str) -> bool:
        """Whether the page's text holds these words."""
        return words in self.text

    def links(self) -> dict[str, str]:
        """Every link by its words; of several with the same words, the first."""
        found: dict[str, str] = {}
        for link in self._tree.iter("a"):
            if link.get("href"):
                found.setdefault(_words(link), urljoin(self.url, link.get("href")))
        return found

    def follow(self, words: str) -> "Page":
        """Press the link whose words contain `words`."""
        return self._visitor.get(self.address(words))

    def address(self, words: str) -> str:
        """Where the link whose words contain `words` leads."""
        links = self.links()
        for text, address in links.items():
            if words in text:
                return address
        raise NotOnThePage(f"no link {words!r} at {self.url}; there are {sorted(links)}")

    def has_button(self, words: str) -> bool:
        """Whether there is a button with these words."""
        return any(words in _button_words(button) for _, button in self._buttons())

    def value(self, label: str) -> str:
        """What a labelled control holds."""
        for form in self._tree.forms:
            for control in _labelled(form, label):
                return str(control.value or "")
        raise NotOnThePage(f"no control labelled {label!r} at {self.url}")

    def press(self, words: str, fill: Mapping[str, str | bool | Sequence[str]] | None = None) -> "Page":
        """Fill controls by their labels and press the button whose words contain `words`."""
        for form, button in self._buttons():
            if words in _button_words(button):
                for label, value in (fill or {}).items():
                    _fill(form, label, value, self.url)
                return self._visitor.submit(self.url, form, button)
        names = [_button_words(button) for _, button in self._buttons()]
        raise NotOnThePage(f"no button {words!r} at {self.url}; there are {names}")

    def _buttons(self) -> Iterator[tuple[FormElement, HtmlElement]]:
        by_id = {form.get("id"): form for form in self._tree.forms if form.get("id")}
        for button in self._tree.xpath(".//button[not(@type) or @type='submit'] | .//input[@type='submit']"):
            form = (
                by_id.get(button.get("form")) if button.get("form") else next(button.iterancestors("form"), None)
            )
            if form is not None:
                yield form, button


class Cookies:
    """A browser's cookies for one site. Secure ones stay on plain localhost, as in browsers (httpx drops them)."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], str] = {}

    def learn(self, headers: Sequence[str]) -> None:
        """Keep what the answer sets; forget what it lets expire."""
        for header in headers:
            for name, morsel in SimpleCookie(header).items():
                key = (name, morsel["path"] or "/")
                if morsel["max-age"] == "0":
                    self._kept.pop(key, None)
                else:
                    self._kept[key] = morsel.value

    def for_path(self, path: str) -> str:
        """The Cookie header for a path; empty if there is none."""
        matching = [f"{name}={value}" for (name, kept), value in self._kept.items() if _is_below(path, kept)]
        return "; ".join(matching)

    def get(self, name: str) -> str | None:
        """The value of a cookie, whatever its path."""
        return next((value for (found, _), value in self._kept.items() if found == name), None)

    def put(self, name: str, value: str, path: str = "/") -> None:
        """Set a cookie by hand."""
        self._kept[(name, path)] = value


def _is_below(path: str, kept: str) -> bool:
    return kept in ("/", path) or path.startswith(kept.rstrip("/") + "/")


class Visitor:
    """One browser: its cookies and the site it visits."""

    def __init__(self, origin: str, timeout: float = 15.0) -> None:
        self.origin = origin.rstrip("/")
        self.cookies = Cookies()
        self._client = httpx.Client(timeout=timeout, follow_redirects=False)

    def __enter__(self) -> "Visitor":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, path: str) -> Page:
        """Open a page, following redirects as a browser does."""
        return self._follow(self._send("GET", urljoin(f"{self.origin}/", path)))

    def post(self, path: str, fields: Sequence[tuple[str, str]], method: str = "POST", **headers: str) -> Page:
        """A hand-made request, with the headers of one of our own pages unless told otherwise."""
        sent = {"Sec-Fetch-Site": "same-origin", "Origin": self.origin, **headers}
        return self._follow(self._send(method, urljoin(f"{self.origin}/", path), list(fields), sent))

    def submit(self, page: str, form: FormElement, button: HtmlElement) -> Page:
        """Send a form as its button does."""
        fields = [(name, value) for name, value in form.form_values() if isinstance(value, str)]
        if button.get("name"):
            fields.append((button.get("name"), button.get("value", "")))
        action = urljoin(page, button.get("formaction") or form.get("action") or page)
        method = (button.get("formmethod") or form.get("method") or "get").upper()
        if method == "GET":
            return self.get(str(httpx.URL(action).copy_merge_params(dict(fields))))
        if form.get("enctype") == "multipart/form-data":
            return self._multipart(action, fields)
        return self.post(action, fields)

    def _multipart(self, action: str, fields: Sequence[tuple[str, str]]) -> Page:
        parts = [(name, (None, value.encode())) for name, value in fields]
        headers = {"Sec-Fetch-Site": "same-origin", "Origin": self.origin}
        return self._follow(
            self._exchange(self._client.build_request("POST", action, files=parts, headers=headers))
        )

    def _send(
        self,
        method: str,
        url: str,
        fields: list[tuple[str, str]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        sent = {"Accept": "text/html", "Accept-Language": "fr", "Sec-Fetch-Mode": "navigate", **(headers or {})}
        if fields is None:
            return self._exchange(self._client.build_request(method, url, headers=sent))
        body = urlencode(fields).encode()
        sent["Content-Type"] = "application/x-www-form-urlencoded"
        return self._exchange(self._client.build_request(method, url, content=body, headers=sent))

    def _exchange(self, request: httpx.Request) -> httpx.Response:
        if sent := self.cookies.for_path(request.url.path):
            request.headers["Cookie"] = sent
        response = self._client.send(request)
        self._client.cookies.clear()
        self.cookies.learn(response.headers.get_list("set-cookie"))
        return response

    def _follow(self, response: httpx.Response) -> Page:
        for _ in range(MOST_REDIRECTS):
            if not response.is_redirect:
                return Page(self, response)
            target = urljoin(str(response.url), response.headers["location"])
            if urlsplit(target).netloc != urlsplit(self.origin).netloc:
                raise NotOnThePage(f"sent away to {target}")
            response = self._send("GET", target)
        raise NotOnThePage(f"sent in circles at {response.url}")


def _tree(response: httpx.Response) -> HtmlElement:
    is_page = "html" in response.headers.get("content-type", "") and response.content.strip()
    tree = lxml.html.document_fromstring(response.text if is_page else "<html><body></body></html>")
    for area in tree.iter("textarea"):
        area.text = (area.text or "").removeprefix("\n")  # HTML: a newline right behind the tag doesn't count
    return tree


def _words(element: HtmlElement | None) -> str:
    if element is None:
        return ""
    hidden = (element.tag in ("script", "style", "template")) or None
    if hidden:
        return ""
    parts = [element.text or ""]
    for child in element:
        if isinstance(child.tag, str):
            parts.append(_words(child))
        parts.append(child.tail or "")
    return " ".join(" ".join(parts).replace("\xa0", " ").split())


def _button_words(button: HtmlElement) -> str:
    return button.get("aria-label") or _words(button) or button.get("value", "")


def _labelled(form: FormElement, label: str) -> list[InputElement]:
    found = []
    for element in form.iter("label"):
        if label in _words(element):
            control = element.for_element if hasattr(element, "for_element") else None
            control = control if control is not None else next(element.iter("input", "textarea", "select"), None)
            if control is not None:
                found.append(control)
    return found


def _fill(form: FormElement, label: str, value: str | bool | Sequence[str], url: str) -> None:
    controls = _labelled(form, label)
    if not controls:
        names = [_words(element) for element in form.iter("label")]
        raise NotOnThePage(f"no control labelled {label!r} at {url}; there are {names}")
    control = controls[0]
    if isinstance(value, bool):
        _tick(control, value)
    elif control.tag == "select":
        control.value = _option(control, str(value))
    else:
        control.value = value


def _tick(control: InputElement, on: bool) -> None:
    if control.get("type") == "radio":
        for other in control.getroottree().iter("input"):
            if other.get("type") == "radio" and other.get("name") == control.get("name"):
                other.attrib.pop("checked", None)
    if on:
        control.set("checked", "checked")
    else:
        control.attrib.pop("checked", None)


def _option(select: HtmlElement, words: str) -> str:
    for option in select.iter("option"):
        if words in _words(option):
            return str(option.get("value", _words(option)))
    raise NotOnThePage(f"no choice {words!r}; there are {[_words(option) for option in select.iter('option')]}")
