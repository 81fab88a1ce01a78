"""Structured carriers of any source: XML in HTML comments, JSON in hidden elements, links behind redirects.

Source-independent: which element means what says the definition (lead-formats 0.2, 5.4).
"""

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from xml.etree.ElementTree import Element, ParseError

import re2
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from selectolax.lexbor import LexborHTMLParser

from leadmaild.reading.fields.urls import links_in_html, links_in_text, unwrapped
from leadmaild.reading.html_text import rows_of_html
from leadmaild.reading.message import Document, Message

_COMMENT = re2.compile(r"(?s)<!--(.*?)-->")  # RE2: see adf_text
_XML_START = re.compile(r"\s*(?:<\?[^>]{0,200}\?>\s*)?<[A-Za-z_][\w.:-]*[\s/>]")
_DOCTYPE = re2.compile(r"(?is)<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>|<!(?:ENTITY|ELEMENT|ATTLIST)[^>]*>|<\?.*?\?>")
_BARE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});)")
_LEAF = re.compile(r"<([A-Za-z_][\w.:-]{0,60})(?:\s[^<>]{0,500})?>([^<>]{1,2000})</\1\s*>")
_JSON_START = re.compile(r"\{\s*(?:\"|&quot;|&#34;)")
_JSON_PLACES = "#jsonlead,[id*=json],script[type*=json],[style*=none],[hidden],pre,code,textarea"
_LONGEST = 262_144
_MOST_BRACKETS = 2_000
_MOST_LEAVES = 2_000


@dataclass(frozen=True, slots=True)
class XmlLeaf:
    """One element or attribute of XML in an HTML comment: its path in lower case (`lead/call/caller`) and its text."""

    path: str
    text: str

    def is_at(self, wanted: str) -> bool:
        """Whether `wanted` names this leaf: `*`, the whole path, or the end of it at a slash."""
        path = wanted.lower().strip("/")
        return path == "*" or self.path == path or self.path.endswith("/" + path)


class Carriers:
    """What a mail carries beside its visible text; each thing is looked for when it is first asked for."""

    def __init__(self, message: Message, documents: tuple[Document, ...]) -> None:
        self._pages = [
            p.text for p in message.parts if p.text and p.content_type == "text/html" and not p.is_attachment
        ]
        self._texts = [d.plain for d in documents if d.origin == "text"]
        self._message = message
        self._documents = documents

    @property
    def markup(self) -> str:
        """The HTML of the mail as it came."""
        return "\n".join(self._pages)

    @cached_property
    def xml_leaves(self) -> tuple[XmlLeaf, ...]:
        """Every element with text, and every attribute, of the XML in HTML comments."""
        found: list[XmlLeaf] = []
        for page in self._pages:
            for comment in _COMMENT.findall(page) if "<!--" in page else ():
                if len(comment) <= _LONGEST and "<" not in comment and "&lt;" in comment:
                    comment = html.unescape(comment)
                if len(comment) <= _LONGEST and not comment.startswith("[if") and _XML_START.match(comment):
                    found.extend(_leaves_of(comment))
        return tuple(found[:_MOST_LEAVES])

    @cached_property
    def json_objects(self) -> tuple[dict[str, Any], ...]:
        """The JSON objects in hidden or marked elements and in JSON parts, but for doubtful ones (BI-55)."""
        found = []
        for page in self._pages:
            if _JSON_START.search(page):
                tree = LexborHTMLParser(page)
                found += [_json_object(n.text()) for n in tree.css(_JSON_PLACES) if n.text().lstrip().startswith("{")]
        for part in self._message.parts:
            if part.content_type == "application/json" and len(part.payload) <= _LONGEST:
                found.append(_json_object(part.payload.decode("utf-8", "replace")))
        return tuple(o for o in found if o is not None)

    @cached_property
    def links(self) -> tuple[str, ...]:
        """Every link of the mail and every target it carries inside, in order, each once."""
        found: dict[str, None] = {}
        for document in self._documents:
            for link in document.links:
                found.update(dict.fromkeys(unwrapped(link)))
        for page in self._pages if not found else ():
            for link in links_in_html(page):
                found.update(dict.fromkeys(unwrapped(link)))
        for text in self._texts:
            for link in links_in_text(text):
                found.update(dict.fromkeys(unwrapped(link)))
        return tuple(found)

    def css_texts(self, selector: str) -> Iterator[str]:
        """Yield the readable text of every element the CSS selector finds, line breaks kept."""
        for page in self._pages:
            for node in LexborHTMLParser(page).css(selector):
                rows, _ = rows_of_html(node.html or "")
                yield "\n".join(row.text for row in rows).strip()
                target = (node.attributes.get("href") or "").partition("?")[0]
                if target.lower().startswith(("mailto:", "tel:")):  # "Écrire" says nothing, its link does
                    yield target.partition(":")[2]

    def json_values(self, path: str) -> Iterator[str]:
        """Yield the texts at a dotted path (`client.email`), at whatever depth the path begins."""
        steps = path.lower().split(".")
        for found in self.json_objects:
            for value in _at(found, steps):
                if isinstance(value, str | int | float) and not isinstance(value, bool):
                    yield str(value)


def _leaves_of(xml: str) -> Iterator[XmlLeaf]:
    bare = _BARE_AMPERSAND.sub("&amp;", _DOCTYPE.sub("", xml))
    if bare.count("<") > 2 * _MOST_LEAVES:
        return
    try:
        root = fromstring(f"<all>{bare}</all>", forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError):
        # Not well-formed: the leaves still stand there to be read.
        yield from (XmlLeaf(_local(name), text.strip()) for name, text in _LEAF.findall(bare) if text.strip())
        return
    stack: list[tuple[Element, str]] = [(child, _local(child.tag)) for child in reversed(root)]
    while stack:
        element, path = stack.pop()
        if text := (element.text or "").strip():
            yield XmlLeaf(path, text)
        yield from (
            XmlLeaf(f"{path}/{_local(name)}", value.strip()) for name, value in element.attrib.items() if value.strip()
        )
        stack.extend((child, f"{path}/{_local(child.tag)}") for child in reversed(element))


def _local(name: str) -> str:
    return name.rpartition("}")[2].rpartition(":")[2].lower()


class _Doubtful(ValueError):
    """JSON that means different things to different readers."""


def _json_object(text: str) -> dict[str, Any] | None:
    """Parse one JSON object; None for what is broken, too deep, or doubtful (NaN, 1e400, duplicate keys: BI-55)."""
    if len(text) > _LONGEST or text.count("[") + text.count("{") > _MOST_BRACKETS:
        return None
    try:
        found = json.loads(
            text.strip(), parse_constant=_refused, parse_float=_finite, object_pairs_hook=_without_duplicates
        )
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _refused(_constant: str) -> float:
    raise _Doubtful


def _finite(written: str) -> float:
    number = float(written)
    if number in (float("inf"), float("-inf")):
        raise _Doubtful
    return number


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = {k.lower(): v for k, v in pairs}
    if len(found) != len(pairs):
        raise _Doubtful
    return found


def _at(value: Any, steps: list[str]) -> Iterator[Any]:
    """Every value reached by `steps` from `value` or from anything below it; lists are seen through."""
    waiting = [value]
    while waiting:
        current = waiting.pop(0)
        reached = current
        for step in steps:
            if isinstance(reached, list) and reached:
                reached = reached[0]
            reached = reached.get(step) if isinstance(reached, dict) else None
        if reached is not None:
            yield reached
        if isinstance(current, dict):
            waiting.extend(v for v in current.values() if isinstance(v, dict | list))
        elif isinstance(current, list):
            waiting.extend(v for v in current if isinstance(v, dict | list))
