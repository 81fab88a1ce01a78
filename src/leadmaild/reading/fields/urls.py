"""Links in a mail: collected from text and HTML, and the target seen through percent-encoded redirects."""

import html
import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, unquote, urlsplit

_HREF = re.compile(r"""\bhref\s*=\s*(?:"([^"]{8,2000})"|'([^']{8,2000})'|([^\s"'>]{8,2000}))""", re.IGNORECASE)
_BARE = re.compile(r"https?://[^\s<>\"'\])}|]{4,2000}", re.IGNORECASE)
_DEEPEST_REDIRECT = 3
_MOST_LINKS = 200
_REGION_OF_TLD = {"de": "DE", "at": "AT", "ch": "CH", "fr": "FR", "it": "IT", "nl": "NL", "be": "BE", "lu": "LU"}


def links_in_html(markup: str) -> Iterator[str]:
    """Yield the http(s) targets of a page's links, entities resolved, in order."""
    if "href" not in markup.lower():
        return
    for count, found in enumerate(_HREF.finditer(markup)):
        target = html.unescape(found[1] or found[2] or found[3]).strip()
        if target.lower().startswith(("http://", "https://")) and count < _MOST_LINKS:
            yield target


def links_in_text(text: str) -> Iterator[str]:
    """Yield the http(s) links written in plain text, without the punctuation that follows them."""
    if "://" not in text:
        return
    for count, found in enumerate(_BARE.finditer(text)):
        if count < _MOST_LINKS:
            yield found.group().rstrip(".,;:!?*'’»“”")


def unwrapped(link: str) -> Iterator[str]:
    """Yield the link itself, then every target it carries percent-encoded in its query or path (tracking redirects)."""
    yield link
    current = link
    for _ in range(_DEEPEST_REDIRECT):
        inner = _inner_target(current)
        if inner is None:
            return
        yield inner
        current = inner


def region_of_link(link: str) -> str | None:
    """Return the country whose top-level domain the link's host has, as ISO 3166-1 alpha-2, or None."""
    try:
        host = urlsplit(link).hostname or ""
    except ValueError:
        return None
    return _REGION_OF_TLD.get(host.rpartition(".")[2])


def _inner_target(link: str) -> str | None:
    if "http" not in link[4:].lower():
        return None
    try:
        parts = urlsplit(link)
        pairs = parse_qsl(parts.query, max_num_fields=50)
    except ValueError:
        return None
    for _, value in pairs:
        if value.lower().startswith(("http://", "https://")):
            return value
    # The target hidden in the path: /redirect/https%3A%2F%2Fwww.example.org%2F...
    found = re.search(r"https?%3A%2F%2F[^&\s]+", link, re.IGNORECASE)
    return unquote(found.group()) if found else None
