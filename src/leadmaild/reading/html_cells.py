"""What the nodes of an HTML tree are to a table reader: rows, cells, labels, pairs."""

import re

from selectolax.lexbor import LexborNode

from leadmaild.reading.rows import LONGEST_LABEL

PAIRED = frozenset(["span", "b", "strong", "label", "em", "font", "i", "div", "a", "small", "td", "p", "u", "time"])
_NO_MARGIN = re.compile(
    r"(?<![\w-])margin(?:-bottom)?\s*:\s*0(?:\.0+)?\s*(?:cm|px|pt|in|em)?\s*(?:;|!|$)", re.IGNORECASE
)
_LABEL_CLASS = re.compile(r"label|field-?name|\bkey\b|title|caption|\bname\b|\bth\b", re.IGNORECASE)


def holds(node: LexborNode, selector: str) -> bool:
    """Whether anything below the node matches (a selector finds the node itself too)."""
    return any(found.mem_id != node.mem_id for found in node.css(selector))


def reads_as_label(cell: LexborNode, text: str) -> bool:
    """Whether a cell with this text is made to look like a label."""
    return text.endswith(":") or cell.tag == "th" or cell.css_first("b,strong") is not None or says_label(cell)


def is_pair_of_cells(cells: list[LexborNode]) -> bool:
    """Whether a row is a label and its value, each wrapped in a table of its own, as builders of mail pages do."""
    if len(cells) != 2 or any(len(cell.css("table")) > 1 or len(cell.css("tr")) > 1 for cell in cells):
        return False
    text = " ".join(cells[0].text().split())
    return is_label(text) and reads_as_label(cells[0], text)


def is_label(text: str) -> bool:
    """Whether a text can be a label: one short line with letters in it."""
    return 0 < len(text.rstrip(" :*")) <= LONGEST_LABEL + 20 and "\n" not in text and any(map(str.isalpha, text))


def says_label(node: LexborNode) -> bool:
    """Whether the node's class calls it a label."""
    return bool(_LABEL_CLASS.search(node.attributes.get("class") or ""))


def keeps_line_ends(node: LexborNode) -> bool:
    """Whether the node's style shows line ends of the source as they are (white-space: pre, pre-line, pre-wrap)."""
    style = node.attributes.get("style") or ""
    return "white-space" in style and "pre" in style.partition("white-space")[2][:12]


def is_tight(node: LexborNode) -> bool:
    """Whether no space is shown below the node: a paragraph of Word, or one whose style says so."""
    found = node.attributes
    return (found.get("class") or "").startswith("Mso") or _NO_MARGIN.search(found.get("style") or "") is not None


def only_two(node: LexborNode) -> tuple[LexborNode | None, LexborNode | None]:
    """The two element children of a block, if it has exactly two and no text of its own but blanks and colons."""
    found: list[LexborNode] = []
    child = node.first_child
    while child is not None:
        if child.tag == "-text":
            if (child.text_content or "").strip(" \t\n\r:\u00a0"):
                return None, None
        elif child.tag and not child.tag.startswith(("-", "!")):
            if len(found) == 2 or child.tag not in PAIRED:
                return None, None
            found.append(child)
        child = child.next
    return (found[0], found[1]) if len(found) == 2 else (None, None)


def own_rows(table: LexborNode) -> list[LexborNode]:
    """The rows of a table, not those of tables inside it; a caption counts as a row."""
    rows: list[LexborNode] = []
    for child in table.iter():
        if child.tag == "tr":
            rows.append(child)
        elif child.tag in ("tbody", "thead", "tfoot"):
            rows.extend(grandchild for grandchild in child.iter() if grandchild.tag == "tr")
        elif child.tag == "caption":
            rows.append(child)
    return rows


def own_items(definitions: LexborNode) -> list[LexborNode]:
    """What a definition list holds, its groups (div) opened: dt, dd, and whatever else a sender put there."""
    items: list[LexborNode] = []
    for child in definitions.iter(include_text=True):
        items.extend(child.iter(include_text=True) if child.tag == "div" else [child])
    return items


def own_cells(row: LexborNode) -> list[LexborNode]:
    """The cells of a row, in order."""
    return [row] if row.tag == "caption" else [cell for cell in row.iter() if cell.tag in ("td", "th")]
