"""HTML to rows: what a reader would see, with tables, definition lists and label cells understood.

Hidden text (preheaders, style, script) is dropped; a label row above its value row, two cells, dt/dd and pairs of
spans become labelled rows. Nothing is executed or fetched.
"""

import re
from itertools import count

from selectolax.lexbor import LexborHTMLParser, LexborNode

from leadmaild.reading.charset import clean_line
from leadmaild.reading.rows import LONGEST_HEADING, LONGEST_LABEL, Row, is_rule, split_label

# lexbor's tree building is quadratic in the depth of open elements; deeper mail is read by its text alone.
DEEPEST_HTML = 256
_TAGS_OF_A_NORMAL_MAIL = 2_000

_DROPPED = ["script", "style", "head", "title", "template", "object", "svg", "select", "textarea", "noembed"]
_BLOCKS = frozenset(
    [
        "p", "div", "li", "ul", "ol", "dl", "dt", "dd", "tr", "td", "th", "tbody", "thead", "tfoot", "table", "h1",
        "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "section", "article", "header", "footer", "main", "aside",
        "nav", "address", "form", "fieldset", "legend", "caption", "center", "hr", "figure", "body", "html",
        "details", "summary",
    ]
)  # fmt: skip
_HEADINGS = frozenset(["h1", "h2", "h3", "h4", "h5", "h6", "legend", "caption"])
_BOLD = frozenset(["b", "strong", "th", "dt", "label"]) | _HEADINGS
_PAIRED = frozenset(["span", "b", "strong", "label", "em", "font", "i", "div", "a", "small", "td", "p", "u", "time"])
_LABEL_CLASS = re.compile(r"label|field-?name|\bkey\b|title|caption|\bname\b|\bth\b", re.IGNORECASE)

_HIDING = re.compile(r"display:none|visibility:hidden|max-height:0(?!\.?[1-9])|(?<![-\w])opacity:0(?!\.?[1-9])")
_NO_FONT = re.compile(r"font-size:0(?!\.?[1-9])")
_SOME_FONT = re.compile(r"font-size:\.?[1-9]|font:")
_BOLD_STYLE = re.compile(r"font-weight:(?:bold|[6-9]00)")
_MEDIA = re.compile(r"@media[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}|/\*.*?\*/", re.DOTALL)
_HIDDEN_CLASS = re.compile(r"\.([\w-]+)\s*\{[^}]*display\s*:\s*none[^}]*\}")
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)[^>]*>")
_VOID = frozenset(["br", "hr", "img", "input", "meta", "link", "area", "base", "col", "wbr", "param", "source"])
# Only nodes with such a style are looked at more closely.
_TELLING = ",".join(
    f'[style*="{word}" i]'
    for word in ("none", "hidden", "max-height", "opacity", "font-size:0", "font-size: 0", "weight")
)


def rows_of_html(html: str, separator: str = ":") -> tuple[list[Row], list[str]]:
    """Return the rows of an HTML text and the targets of its links (http, https, mailto, tel), in order."""
    if _is_too_deep(html):
        return _rows_without_structure(html, separator), []
    tree = LexborHTMLParser(html)
    body = tree.body
    if body is None:
        return [], []
    classes = _hidden_classes(tree)
    tree.strip_tags(_DROPPED)
    links = [href for a in tree.css("a[href]") if (href := _target(a))]
    rows = _visible_rows(tree, classes, separator)
    if not any(row.text for row in rows):
        # Everything hidden: then the sender's styles mean something else than we think, and the text must not be lost.
        tree = LexborHTMLParser(html)
        tree.strip_tags(_DROPPED)
        rows = _walk(tree, separator, frozenset())
    return rows, links


def _visible_rows(tree: LexborHTMLParser, classes: list[str], separator: str) -> list[Row]:
    bold: set[int] = set()
    for node in tree.css(f"[hidden],{_TELLING}"):
        style = _style(node)
        if "hidden" in node.attributes or _HIDING.search(style) or (_NO_FONT.search(style) and not _has_font(node)):
            if node.tag not in ("body", "html"):
                node.decompose()
        elif _BOLD_STYLE.search(style):
            bold.add(node.mem_id)
    for name in classes:
        for node in tree.css(f".{name}"):
            node.decompose()
    return _walk(tree, separator, frozenset(bold))


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
    return list(dict.fromkeys(_HIDDEN_CLASS.findall(_MEDIA.sub("", sheets))))[:20]


def _target(anchor: LexborNode) -> str | None:
    href = clean_line(anchor.attributes.get("href") or "")
    return href if href.lower().startswith(("http://", "https://", "mailto:", "tel:")) else None


def _is_too_deep(html: str) -> bool:
    if html.count("<") < DEEPEST_HTML:
        return False
    depth = deepest = 0
    for closing, name in _TAG.findall(html) if html.count("<") > _TAGS_OF_A_NORMAL_MAIL else ():
        if name.lower() not in _VOID:
            depth += -1 if closing else 1
            deepest = max(deepest, depth)
    return deepest > 4 * DEEPEST_HTML


def _rows_without_structure(html: str, separator: str) -> list[Row]:
    """Text of markup nobody can have meant: tags taken out, block ends as line ends."""
    spaced = re.sub(r"<(?:br|/p|/div|/tr|/li|/td|/th|/h\d)[^>]*>", "\n", html, flags=re.IGNORECASE)
    tree = LexborHTMLParser(re.sub(r"<[a-zA-Z/!][^>]{0,10000}>", "", spaced))
    text = tree.body.text() if tree.body else ""
    lines = (clean_line(line) for line in text.split("\n"))
    return [Row(line, *(split_label(line, separator) or (None, None))) for line in lines if line]


def _walk(tree: LexborHTMLParser, separator: str, bold: frozenset[int]) -> list[Row]:
    if tree.body is None:
        return []
    walker = _Walker(separator, bold)
    walker.block(tree.body, 0)
    walker.flush()
    return _without_blank_runs(walker.rows)


def _without_blank_runs(rows: list[Row]) -> list[Row]:
    kept: list[Row] = []
    for row in rows:
        if row.text or (kept and kept[-1].text):
            kept.append(row)
    while kept and kept[-1].is_blank:
        kept.pop()
    return kept


class _Walker:
    """Goes through the tree once, from block to block, gathering inline text in between."""

    def __init__(self, separator: str, bold: frozenset[int]) -> None:
        self.rows: list[Row] = []
        self._separator = separator
        self._bold_nodes = bold
        self._inline: list[str] = []
        # Whether the gathered text holds text that is not bold, and text that is no link.
        self._has_plain = self._has_unlinked = False
        self._bold = self._quote = self._pre = self._link = 0
        self._scope: tuple[int, ...] = ()
        self._tables = count(1)

    def block(self, node: LexborNode, depth: int) -> None:
        """Walk the children of a block, in order."""
        if depth > DEEPEST_HTML:
            self._text(node.text(separator=" "))
            return
        child = node.first_child
        while child is not None:
            self._node(child, depth + 1)
            child = child.next

    def _node(self, node: LexborNode, depth: int) -> None:
        tag = node.tag
        if tag == "-text":
            self._text(node.text_content or "")
        elif tag == "br":
            self.flush(is_break=True)
        elif tag == "table":
            self.flush()
            self._table(node, depth)
        elif tag == "dl":
            self.flush()
            self._definitions(node, depth)
        elif tag == "hr":
            self.flush()
            self._add(Row("-----", is_rule=True))
        elif tag in _BLOCKS:
            self.flush()
            self._block_of(node, tag or "", depth)
            self.flush()
            if tag in ("p", "ul", "ol", "blockquote") or tag in _HEADINGS:
                self._add(Row(""))
        elif tag and not tag.startswith(("-", "!")):
            self._inside(node, tag, depth)

    def _inside(self, node: LexborNode, tag: str, depth: int) -> None:
        is_bold = tag in _BOLD or node.mem_id in self._bold_nodes
        self._bold += is_bold
        self._link += tag == "a"
        self.block(node, depth)
        self._link -= tag == "a"
        self._bold -= is_bold

    def _block_of(self, node: LexborNode, tag: str, depth: int) -> None:
        if self._pair(node):
            return
        if tag in _HEADINGS:
            start = len(self.rows)
            self._inside(node, tag, depth)
            self.flush()
            texts = [row for row in self.rows[start:] if row.text]
            if len(texts) == 1 and len(texts[0].text) <= LONGEST_HEADING and not texts[0].value:
                texts[0].is_heading = True
            return
        quotes = tag == "blockquote" or "gmail_quote" in (node.attributes.get("class") or "")
        is_pre = tag == "pre" or (tag == "div" and "pre" in _white_space(node))
        self._quote += quotes
        self._pre += is_pre
        self._inside(node, tag, depth)
        self.flush()
        self._pre -= is_pre
        self._quote -= quotes

    # ---- inline text ----

    def _text(self, text: str) -> None:
        if self._pre and "\n" in text:
            first, *more = text.split("\n")
            self._gather(first)
            for line in more:
                self.flush(is_break=True)
                self._gather(line)
        else:
            self._gather(text)

    def _gather(self, text: str) -> None:
        if text:
            self._inline.append(text)
            if not text.isspace():
                self._has_plain = self._has_plain or not self._bold
                self._has_unlinked = self._has_unlinked or not self._link

    def flush(self, is_break: bool = False) -> None:
        """End the line; `is_break` ends it even if it is empty."""
        text = clean_line("".join(self._inline)) if self._inline else ""
        is_bold, is_link = not self._has_plain, not self._has_unlinked
        self._inline.clear()
        self._has_plain = self._has_unlinked = False
        if text:
            found = split_label(text, self._separator)
            row = Row(text, *found) if found else Row(text, is_rule=is_rule(text), is_link=is_link)
            row.is_bold = is_bold and not row.value and not is_link
            self._add(row)
        elif is_break and self.rows:
            self._add(Row(""))

    def _add(self, row: Row) -> None:
        row.scope = self._scope
        row.is_quoted = self._quote > 0
        self.rows.append(row)

    def _labelled(self, label: str, value: str, is_cell: bool = True) -> None:
        name = label.rstrip(" :：*=")
        text = f"{name}: {value}" if "\n" not in value else f"{name}:\n{value}"
        self._add(Row(text, name, value, is_cell=is_cell))

    # ---- pairs, lists, tables ----

    def _pair(self, node: LexborNode) -> bool:
        """Read a block of exactly two small elements, the first of them a label (spans, label and div)."""
        first, second = _only_two(node)
        if first is None or second is None or first.tag not in _PAIRED or second.tag not in _PAIRED:
            return False
        label = clean_line(first.text())
        if not _is_label(label) or _holds(first, "br,div,p,table") or _holds(second, "table,div,p,ul,dl"):
            return False
        says_so = label.endswith((":", "：")) or first.tag in ("label", "b", "strong") or _says_label(first)
        if not says_so and not (first.tag == second.tag == "span"):
            return False
        value = "\n".join(row.text for row in self._rows_inside(second)).strip()
        if not value or ("a" in (first.tag, second.tag) and not says_so):
            return False
        self._labelled(label, value)
        return True

    def _rows_inside(self, node: LexborNode) -> list[Row]:
        """The rows of a node, walked apart from what is being gathered."""
        walker = _Walker(self._separator, self._bold_nodes)
        walker._bold = int(node.tag in _BOLD or node.mem_id in self._bold_nodes)
        walker.block(node, len(self._scope))
        walker.flush()
        return _without_blank_runs(walker.rows)

    def _definitions(self, node: LexborNode, depth: int) -> None:
        label: str | None = None
        for item in node.css("dt,dd"):
            if item.tag == "dt":
                if label:
                    self._labelled(label, "")
                label = clean_line(item.text())
            elif label and _is_label(label):
                self._labelled(label, "\n".join(row.text for row in self._rows_inside(item)))
                label = None
            else:
                self._inside(item, "dd", depth + 1)
                self.flush()
        if label:
            self._labelled(label, "")

    def _table(self, node: LexborNode, depth: int) -> None:
        outer = self._scope
        trs = _own_rows(node)
        if len(trs) > 1:
            self._scope = (*outer, next(self._tables))
        is_layout = len(node.css("table")) > 1
        held: Row | None = None  # a lone label cell that waits for the value row below it
        heads: list[str] = []
        for tr in trs:
            cells = _own_cells(tr)
            if is_layout and any(cell.css_first("table") for cell in cells):
                held = None
                for cell in cells:
                    self._block_of(cell, "td", depth + 1)
                    self.flush()
                continue
            held, heads = self._row_of_cells(cells, held, heads)
        self._scope = outer
        self._add(Row(""))

    def _row_of_cells(
        self, cells: list[LexborNode], held: Row | None, heads: list[str]
    ) -> tuple[Row | None, list[str]]:
        """Take up one table row; return the label waiting for the next row, and the column heads in force."""
        contents = [self._rows_inside(cell) for cell in cells]
        texts = ["\n".join(row.text for row in rows).strip() for rows in contents]
        filled = [index for index, text in enumerate(texts) if text]
        if not filled:
            return None, heads
        if len(filled) == 1:
            return self._lone_cell(filled[0], contents[filled[0]], texts[filled[0]], held), heads
        is_head = all(cells[index].tag == "th" for index in filled)
        if is_head and (len(filled) > 2 or not texts[filled[0]].endswith(":")):
            self._add(Row(" | ".join(texts[index] for index in filled)))
            return None, texts
        if heads and len(texts) == len(heads) and len(heads) >= 2 and cells[0].tag == "td":
            for head, text in zip(heads, texts, strict=True):
                self._labelled(head, text)
            return None, heads
        self._side_by_side(cells, contents, [texts[index] for index in filled], filled)
        return None, []

    def _lone_cell(self, index: int, rows: list[Row], text: str, held: Row | None) -> Row | None:
        """A row with one filled cell: a label above its value, the value below its label, a heading, or plain text."""
        is_value = held is not None and (index > 0 or (held.is_bold and not rows[0].is_bold)) and rows[0].label is None
        if held is not None and is_value:
            self.rows.remove(held)
            self._labelled(held.text, text)
            return None
        if len(rows) > 1 and rows[0].label and not rows[0].value and all(row.label is None for row in rows[1:]):
            # `Nachricht:` and the words below it share a cell: the cell's end is the message's end.
            self._labelled(rows[0].label, "\n".join(row.text for row in rows[1:]).strip())
            return None
        for row in rows:
            self._add(row)
        lone = rows[0] if len(rows) == 1 else None
        return lone if lone and index == 0 and not lone.is_heading and not lone.value and _is_label(text) else None

    def _side_by_side(
        self, cells: list[LexborNode], contents: list[list[Row]], texts: list[str], filled: list[int]
    ) -> None:
        labels, values = texts[::2], texts[1::2]
        own_labels = any(row.value for index in filled for row in contents[index] if len(contents[index]) == 1)
        is_paired = len(texts) % 2 == 0 and all(map(_is_label, labels)) and not own_labels
        if is_paired and (
            len(texts) == 2 or all(_reads_as_label(cells[i], texts[n]) for n, i in enumerate(filled[::2], 0))
        ):
            for label, value in zip(labels, values, strict=True):
                self._labelled(label, value)
        elif own_labels or any(len(contents[index]) > 1 for index in filled):
            for index in filled:
                for row in contents[index]:
                    self._add(row)
        else:
            self._add(Row(" | ".join(texts)))


def _holds(node: LexborNode, selector: str) -> bool:
    """Whether anything below the node matches (a selector finds the node itself too)."""
    return any(found.mem_id != node.mem_id for found in node.css(selector))


def _reads_as_label(cell: LexborNode, text: str) -> bool:
    return text.endswith(":") or cell.tag == "th" or cell.css_first("b,strong") is not None or _says_label(cell)


def _is_label(text: str) -> bool:
    return 0 < len(text.rstrip(" :*")) <= LONGEST_LABEL + 20 and "\n" not in text and any(map(str.isalpha, text))


def _says_label(node: LexborNode) -> bool:
    return bool(_LABEL_CLASS.search(node.attributes.get("class") or ""))


def _white_space(node: LexborNode) -> str:
    style = node.attributes.get("style") or ""
    return style.partition("white-space")[2][:20] if "white-space" in style else ""


def _only_two(node: LexborNode) -> tuple[LexborNode | None, LexborNode | None]:
    """The two element children of a block, if it has exactly two and no text of its own but blanks and colons."""
    found: list[LexborNode] = []
    child = node.first_child
    while child is not None:
        if child.tag == "-text":
            if (child.text_content or "").strip(" \t\n\r:\u00a0"):
                return None, None
        elif child.tag and not child.tag.startswith(("-", "!")):
            if len(found) == 2 or child.tag not in _PAIRED:
                return None, None
            found.append(child)
        child = child.next
    return (found[0], found[1]) if len(found) == 2 else (None, None)


def _own_rows(table: LexborNode) -> list[LexborNode]:
    rows: list[LexborNode] = []
    for child in table.iter():
        if child.tag == "tr":
            rows.append(child)
        elif child.tag in ("tbody", "thead", "tfoot"):
            rows.extend(grandchild for grandchild in child.iter() if grandchild.tag == "tr")
        elif child.tag == "caption":
            rows.append(child)
    return rows


def _own_cells(row: LexborNode) -> list[LexborNode]:
    return [row] if row.tag == "caption" else [cell for cell in row.iter() if cell.tag in ("td", "th")]
