"""The tree of an HTML text as a reader sees it: what is hidden or struck out is gone (lead-formats.md 5.5)."""

import re
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

from leadmaild.reading.charset import clean_line
from leadmaild.reading.rows import holds_none

# lexbor's tree building is quadratic in the depth of open elements; deeper mail is read by its text alone.
DEEPEST_TREE = 1_000
MOST_TAGS = 30_000
_TAGS_OF_A_NORMAL_MAIL = 3_000

_DROPPED = [
    "script",
    "style",
    "head",
    "title",
    "template",
    "object",
    "svg",
    "select",
    "textarea",
    "noembed",
    "s",
    "del",
    "strike",
]

_HIDING = re.compile(
    r"display:none|visibility:hidden|max-height:0(?!\.?[1-9])|(?<![-\w])opacity:0(?!\.?[1-9])|text-decoration[\w-]*:[^;]*line-through"
)
_NO_FONT = re.compile(r"font-size:0(?!\.?[1-9])")
_SOME_FONT = re.compile(r"font-size:\.?[1-9]|font:")
_BOLD_STYLE = re.compile(r"font-weight:(?:bold|[6-9]00)")
_CSS_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_CLASS = re.compile(r"\.([\w-]{1,60})")
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)[^<>]*>")
# Without an end tag, or ended by the next of their kind: they do not nest by themselves.
_NOT_NESTING = frozenset(
    [
        "br", "hr", "img", "input", "meta", "link", "area", "base", "col", "wbr", "param", "source", "p", "li", "td",
        "tr", "th", "dt", "dd", "tbody", "thead", "tfoot", "option",
    ]
)  # fmt: skip
# Only a style that says one of these is looked at more closely.
_TELLING = ("display", "visibility", "max-height", "opacity", "font-size:0", "font-size: 0", "weight", "through")


@dataclass(frozen=True, slots=True)
class Tree:
    """A parsed HTML text: its body, the nodes made bold by style (their ids), and the targets of its links."""

    body: LexborNode | None
    bold: frozenset[int]
    links: tuple[str, ...]
    parser: LexborHTMLParser  # owns the nodes


def visible_tree(html: str) -> Tree:
    """Return the tree without what is hidden; all of it where nothing would be left, for then the sender's styles mean
    something else than we think, and text must not be lost."""
    parser = LexborHTMLParser(html)
    classes = _hidden_classes(parser)
    parser.strip_tags(_DROPPED)
    bold = _without_hidden(parser, classes)
    if parser.body is not None and not parser.body.text().strip():
        parser = LexborHTMLParser(html)
        parser.strip_tags(_DROPPED)
        bold = frozenset()
    links = tuple(href for a in parser.css("a[href]") if (href := _target(a)))
    return Tree(parser.body, bold, links, parser)


def _without_hidden(parser: LexborHTMLParser, classes: list[str]) -> frozenset[int]:
    """Take hidden nodes out of the tree; return the ids of the nodes that are bold by style."""
    bold: set[int] = set()
    hidden: dict[int, LexborNode] = {}
    of_class = {node.mem_id for name in classes for node in parser.css(f".{name}")}
    for node in parser.css(",".join(("[hidden]", "[style]", *(f".{name}" for name in classes)))):
        attributes = node.attributes
        is_hidden = "hidden" in attributes or node.mem_id in of_class
        if not is_hidden and holds_none((attributes.get("style") or "").lower(), _TELLING):
            continue
        style = _style(node)
        if is_hidden or _HIDING.search(style) or (_NO_FONT.search(style) and not _has_font(node)):
            hidden[node.mem_id] = node
        elif _BOLD_STYLE.search(style):
            bold.add(node.mem_id)
    # The tree frees what it drops, with all below it: in document order the outer nodes come first, so from the end.
    for node in reversed(hidden.values()):
        if node.tag not in ("body", "html"):
            node.decompose()
    return frozenset(bold)


def _has_font(node: LexborNode) -> bool:
    """Layout tables set font-size:0 to close gaps, and their cells set a real size again: that is no hiding."""
    return any(_SOME_FONT.search(_style(child)) for child in node.css("[style]")) or bool(node.css_first("font[size]"))


def _style(node: LexborNode) -> str:
    return "".join((node.attributes.get("style") or "").split()).lower()


def _hidden_classes(tree: LexborHTMLParser) -> list[str]:
    """Classes that a style sheet outside @media hides."""
    sheets = "".join(style.text() for style in tree.css("style"))[:200_000]
    if "none" not in sheets:
        return []
    hidden: dict[str, None] = {}
    depth = 0  # within @media or another block of rules
    for piece in _CSS_COMMENT.sub("", sheets).split("}"):
        selector, *blocks = piece.split("{")
        if depth == 0 and len(blocks) == 1 and "display:none" in "".join(blocks[0].split()).lower():
            hidden.update((name, None) for name in _CLASS.findall(selector[-200:]))
        depth = max(0, depth + len(blocks) - 1)
    return list(hidden)[:20]


def _target(anchor: LexborNode) -> str | None:
    href = clean_line(anchor.attributes.get("href") or "")
    return href if href.lower().startswith(("http://", "https://", "mailto:", "tel:")) else None


def is_too_complex(html: str) -> bool:
    """Whether tags are more, or nested deeper, than any mail program's, so that the tree would take long."""
    tags = html.count("<")
    if tags < _TAGS_OF_A_NORMAL_MAIL:
        return False
    if tags > MOST_TAGS:
        return True
    depth = deepest = 0
    for closing, name in _TAG.findall(html):
        if name.lower() not in _NOT_NESTING:
            depth += -1 if closing else 1
            deepest = max(deepest, depth)
    return deepest > DEEPEST_TREE


def text_without_structure(html: str) -> str:
    """Text of markup nobody can have meant: tags taken out, the ends of blocks as line ends."""
    spaced = re.sub(r"</?(?:br|p|div|tr|li|td|th|h\d)\b[^<>]*>", "\n", html, flags=re.IGNORECASE)
    parser = LexborHTMLParser(re.sub(r"<[a-zA-Z/!][^<>]{0,10000}>", "", spaced))
    return parser.body.text() if parser.body else ""
