"""Plain text derived from the dealer's simple HTML (R106): readable, with the links written out."""

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

_OPENS_BLOCK = frozenset({"p", "div", "h1", "h2", "h3", "h4", "ul", "ol", "table", "blockquote", "hr"})
_OPENS_LINE = frozenset({"li", "tr"})
_SPACES = re.compile(r"[ \t\r\n\f]+")


def plain_text(html: str) -> str:
    """Return the text of sanitised HTML: paragraphs apart, list items with a dash, links as `text <address>`."""
    body = LexborHTMLParser(html).body
    if body is None:
        return ""
    written = "".join(_written(body))
    lines = [_SPACES.sub(" ", line).strip() for line in written.replace("\xa0", " ").split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _written(node: LexborNode) -> list[str]:
    pieces: list[str] = []
    child = node.child
    while child is not None:
        pieces += _one(child)
        child = child.next
    return pieces


def _one(node: LexborNode) -> list[str]:
    tag = node.tag
    if tag == "-text":
        return [_SPACES.sub(" ", node.text_content or "")]
    if tag == "br":
        return ["\n"]
    if tag == "img":
        return [node.attributes.get("alt") or ""]
    inner = _written(node)
    if tag == "a":
        return [*inner, _address_of(node, "".join(inner))]
    if tag in ("td", "th"):
        return [*inner, " "]
    if tag in _OPENS_LINE:
        return ["\n- " if tag == "li" else "\n", *inner]
    if tag in _OPENS_BLOCK:
        return ["\n\n", *inner, "\n\n"]
    return inner


def _address_of(link: LexborNode, shown: str) -> str:
    href = (link.attributes.get("href") or "").strip()
    bare = href.split(":", 1)[-1].lstrip("/")
    is_new = bool(href) and bare.rstrip("/") not in shown and not href.startswith("tel:")
    return f" <{href.removeprefix('mailto:')}>" if is_new else ""
