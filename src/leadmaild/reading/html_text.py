"""HTML to rows: what a reader would see, with tables, definition lists and label cells understood.

A label row above its value row, two cells, dt/dd and pairs of spans become labelled rows. Nothing is executed or
fetched.
"""

from itertools import count

from selectolax.lexbor import LexborNode

from leadmaild.reading.charset import clean, clean_line, one_blank_each
from leadmaild.reading.html_cells import (
    PAIRED,
    holds,
    is_label,
    is_pair_of_cells,
    is_tight,
    keeps_line_ends,
    only_two,
    own_cells,
    own_items,
    own_rows,
    says_label,
)
from leadmaild.reading.html_table import TableLines, labelled_row
from leadmaild.reading.html_tree import Tree, is_too_complex, text_without_structure, visible_tree
from leadmaild.reading.labels import common_targets
from leadmaild.reading.plain_text import rows_of_text
from leadmaild.reading.rows import LONGEST_HEADING, Row, holds_none, is_rule, signs_in, split_label

# Deeper blocks are read as one text; five frames a level stay well below Python's limit.
_DEEPEST_BLOCK = 100

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


def rows_of_html(html: str, separator: str = ":") -> tuple[list[Row], tuple[str, ...]]:
    """Return the rows of an HTML text and the targets of its links (http, https, mailto, tel), in order."""
    if is_too_complex(html):
        return rows_of_text(text_without_structure(html), separator), ()
    tree = visible_tree(html)
    if tree.body is None:
        return [], ()
    walker = _Walker(separator, tree)
    walker.block(tree.body, 0)
    walker.flush()
    return _without_blank_runs(walker.rows), tree.links


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

    def __init__(self, separator: str, tree: Tree) -> None:
        self.rows: list[Row] = []
        self._separator = separator
        self._tree = tree
        self._inline: list[str] = []
        # Whether the gathered text holds text that is not bold, and text that is no link.
        self._has_plain = self._has_unlinked = self._starts_bold = False
        self._bold = self._quote = self._pre = self._link = 0
        self._scope: tuple[int, ...] = ()
        self._tables = count(1)

    def block(self, node: LexborNode, depth: int) -> None:
        """Walk the children of a block, in order."""
        if depth > _DEEPEST_BLOCK:
            self._text(self._as_shown(node.text(separator=" ")))
            return
        child = node.first_child
        run: list[str] = []  # text and line breaks, most of what there is
        while child is not None:
            tag = child.tag
            if tag == "-text":
                run.append(self._as_shown(child.text_content or ""))
            elif tag == "br":
                run.append("\n")
            else:
                if run:
                    self._text("".join(run))
                    run.clear()
                self._element(child, tag or "", depth + 1)
            child = child.next
        if run:
            self._text("".join(run))

    def _element(self, node: LexborNode, tag: str, depth: int) -> None:
        if tag == "table":
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
            if tag == "footer":
                self._add(Row("-----", is_rule=True))
            start = len(self.rows)
            self._block_of(node, tag, depth)
            self.flush()
            is_spaced = tag in ("p", "ul", "ol", "blockquote") or tag in _HEADINGS
            is_empty = len(self.rows) == start
            is_gmx_line = tag == "div" and is_empty and "\xa0" in node.text()
            if (is_spaced and (is_empty or not is_tight(node))) or is_gmx_line:
                self._add(Row(""))
        elif tag and not tag.startswith(("-", "!")):
            self._inside(node, tag, depth)

    def _inside(self, node: LexborNode, tag: str, depth: int) -> None:
        is_bold = tag in _BOLD or node.mem_id in self._tree.bold
        self._bold += is_bold
        self._link += tag == "a"
        self.block(node, depth)
        self._link -= tag == "a"
        self._bold -= is_bold

    def _block_of(self, node: LexborNode, tag: str, depth: int) -> None:
        if self._pair(node, depth):
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
        is_pre = tag == "pre" or (tag in ("div", "p", "td") and keeps_line_ends(node))
        self._quote += quotes
        self._pre += is_pre
        start = len(self.rows)
        self._inside(node, tag, depth)
        self.flush()
        self._pre -= is_pre
        self._quote -= quotes
        if tag == "li":
            self._join_item(start)

    def _join_item(self, start: int) -> None:
        """A list item that begins with a label and holds no other: its end is the value's end."""
        first, *more = self.rows[start:] or [Row("")]
        if first.label and not any(row.label or row.is_heading for row in more):
            value = "\n".join(row.text for row in (Row(first.value or ""), *more)).strip()
            del self.rows[start:]
            self._add(labelled_row(first.label, value))

    # ---- inline text ----

    def _as_shown(self, text: str) -> str:
        """The text of a node; a line end in it is a blank, unless its block keeps line ends."""
        return text if self._pre else text.replace("\n", " ")

    def _text(self, text: str) -> None:
        """Take up inline text; every line end in it is a line break."""
        if "\n" not in text:
            self._gather(text)
            return
        first, *more = text.split("\n")
        self._gather(first)
        self.flush(is_break=True)
        last = more.pop()
        if more:
            self._lines(clean("\n".join(more)))
        self._gather(last)

    def _lines(self, text: str) -> None:
        """Take up whole lines: what is no label, no rule and no link needs no closer look."""
        signs = signs_in(text, self._separator)
        is_bold, is_quoted = self._bold > 0, self._quote > 0
        for line in text.split("\n"):
            words = one_blank_each(line)
            if words[:1].isalpha() and not self._link and holds_none(words, signs):
                self.rows.append(Row(words, is_bold=is_bold, is_quoted=is_quoted, scope=self._scope))
            else:
                self._gather(words)
                self.flush(is_break=True)

    def _gather(self, text: str) -> None:
        if text and not text.isspace():
            self._starts_bold = self._bold > 0 if not self._inline else self._starts_bold
            self._inline.append(text)
            self._has_plain = self._has_plain or not self._bold
            self._has_unlinked = self._has_unlinked or not self._link
        elif text and self._inline:  # blanks before a line's first word say nothing
            self._inline.append(text)

    def flush(self, is_break: bool = False) -> None:
        """End the line; `is_break` ends it even if it is empty."""
        if not self._inline and not (is_break and self.rows):
            return
        text = clean_line("".join(self._inline))
        is_bold, is_link = not self._has_plain, not self._has_unlinked
        self._inline.clear()
        self._has_plain = self._has_unlinked = False
        if text:
            found = split_label(text, self._separator)
            row = Row(text, *found) if found else Row(text, is_rule=is_rule(text), is_link=is_link)
            row.is_bold = is_bold and not row.value and not is_link
            row.is_set_off = self._starts_bold and not is_bold and bool(row.value)
            self._add(row)
        elif is_break and self.rows:
            self._add(Row(""))

    def _add(self, row: Row) -> None:
        row.scope = self._scope
        row.is_quoted = self._quote > 0
        self.rows.append(row)

    # ---- pairs, lists, tables ----

    def _pair(self, node: LexborNode, depth: int) -> bool:
        """Read a block of exactly two small elements, the first of them a label (spans, label and div)."""
        first, second = only_two(node)
        if first is None or second is None or first.tag not in PAIRED or second.tag not in PAIRED:
            return False
        label = clean_line(first.text())
        if not is_label(label) or holds(first, "br,div,p,table") or holds(second, "table,div,p,ul,dl"):
            return False
        says_so = label.endswith((":", "：")) or first.tag in ("label", "b", "strong") or says_label(first)
        if not says_so and not (first.tag == second.tag == "span"):
            return False
        if ("a" in (first.tag, second.tag) and not says_so) or not second.text().strip():
            return False
        # From here on it is a pair: to walk below and then walk again would double the work at every level.
        rows = self._rows_inside(second, depth)
        own = next((at for at, row in enumerate(rows) if at and row.label and row.value), len(rows))
        if "message" in common_targets(label.rstrip(" :")):
            own = len(rows)  # labels inside a message are its text
        self._add(labelled_row(label, "\n".join(row.text for row in rows[:own]).strip()))
        for row in rows[own:]:  # "From:" and below its value "Sent:", "To:", as Outlook nests them
            self._add(row)
        return True

    def _rows_inside(self, node: LexborNode, depth: int) -> list[Row]:
        """The rows of a node, walked apart from what is being gathered."""
        walker = _Walker(self._separator, self._tree)
        walker._bold = int(node.tag in _BOLD or node.mem_id in self._tree.bold)
        walker.block(node, depth)
        walker.flush()
        return _without_blank_runs(walker.rows)

    def _definitions(self, node: LexborNode, depth: int) -> None:
        label: str | None = None
        for item in own_items(node):
            if item.tag == "dt":
                if label:
                    self._add(labelled_row(label, ""))
                label = clean_line(item.text())
            elif label and item.tag == "dd" and is_label(label):
                self._add(labelled_row(label, "\n".join(row.text for row in self._rows_inside(item, depth + 1))))
                label = None
            elif item.tag == "-text":
                self._text(self._as_shown(item.text_content or ""))
            else:
                self._element(item, item.tag or "", depth + 1)
        self.flush()
        if label:
            self._add(labelled_row(label, ""))

    def _table(self, node: LexborNode, depth: int) -> None:
        outer = self._scope
        trs = own_rows(node)
        if len(trs) > 1:
            self._scope = (*outer, next(self._tables))
        is_layout = len(node.css("table")) > 1
        lines = TableLines(self.rows, self._add)
        for tr in trs:
            cells = own_cells(tr)
            if is_layout and any(cell.css_first("table") for cell in cells) and not is_pair_of_cells(cells):
                lines.interrupt()
                for cell in cells:
                    self._block_of(cell, "td", depth + 1)
                    self.flush()
                continue
            lines.take(cells, [self._rows_inside(cell, depth + 1) for cell in cells])
        self._scope = outer
        self._add(Row(""))
