"""Rows of an HTML table to lines: pairs of cells, a label row above a value row, column heads, a label over it all."""

from collections.abc import Callable

from selectolax.lexbor import LexborNode

from leadmaild.reading.html_cells import is_label, reads_as_label
from leadmaild.reading.labels import common_targets
from leadmaild.reading.rows import Row


def labelled_row(label: str, value: str, *, is_cell: bool = True) -> Row:
    """Return the row of a label and its value, read as such from markup."""
    name = label.rstrip(" :：*=")
    text = f"{name}: {value}" if "\n" not in value else f"{name}:\n{value}"
    return Row(text, name, value, is_cell=is_cell)


class TableLines:
    """Takes up the rows of one table in order, and knows which label waits for a value and which heads are in force.

    `lines` are those of the whole text so far; `add` appends to them.
    """

    def __init__(self, lines: list[Row], add: Callable[[Row], None]) -> None:
        self._lines = lines
        self._add = add
        self._held: Row | None = None  # a lone label cell that waits for the value row below it
        self._heads: list[str] = []

    def interrupt(self) -> None:
        """A row of other tables stands in between: no label waits across it."""
        self._held = None

    def take(self, cells: list[LexborNode], contents: list[list[Row]]) -> None:
        """Take up one row: its cells, and the lines of each."""
        texts = ["\n".join(row.text for row in rows).strip() for rows in contents]
        filled = [index for index, text in enumerate(texts) if text]
        held, self._held = self._held, None
        if not filled:
            return
        if len(filled) == 1:
            self._held = self._lone_cell(filled[0], contents[filled[0]], texts[filled[0]], held)
            return
        is_head = all(cells[index].tag == "th" for index in filled)
        if is_head and (len(filled) > 2 or not texts[filled[0]].endswith(":")):
            self._add(Row(" | ".join(texts[index] for index in filled)))
            # "Feld | Wert" says nothing of the rows below; "Fahrzeug | Preis" does.
            self._heads = texts if any(map(common_targets, texts)) else []
        elif self._heads and len(texts) == len(self._heads) >= 2 and cells[0].tag == "td":
            for head, text in zip(self._heads, texts, strict=True):
                self._add(labelled_row(head, text))
        else:
            self._heads = []
            self._side_by_side(cells, contents, [texts[index] for index in filled], filled)

    def _lone_cell(self, index: int, rows: list[Row], text: str, held: Row | None) -> Row | None:
        """A row with one filled cell: a label above its value, the value below its label, a heading, or plain text.

        Return it if it is a label that may wait for the next row.
        """
        is_value = held is not None and (index > 0 or (held.is_bold and not rows[0].is_bold)) and rows[0].label is None
        if held is not None and is_value:
            del self._lines[-1]  # the label, just added by the row above
            self._add(labelled_row(held.text, text))
            return None
        if len(rows) > 1 and rows[0].label and not rows[0].value and all(row.label is None for row in rows[1:]):
            # `Nachricht:` and the words below it share a cell: the cell's end is the message's end.
            self._add(labelled_row(rows[0].label, "\n".join(row.text for row in rows[1:]).strip()))
            return None
        for row in rows:
            self._add(row)
        lone = rows[0] if len(rows) == 1 else None
        return lone if lone and index == 0 and not lone.is_heading and not lone.value and is_label(text) else None

    def _side_by_side(
        self, cells: list[LexborNode], contents: list[list[Row]], texts: list[str], filled: list[int]
    ) -> None:
        labels, values = texts[::2], texts[1::2]
        own_labels = any(row.value for index in filled for row in contents[index] if len(contents[index]) == 1)
        if own_labels and len(texts) == 2 and not contents[filled[0]][0].value:
            own_labels = not reads_as_label(cells[filled[0]], texts[0])  # "evenings: +44 ..." is a value all the same
        is_paired = len(texts) % 2 == 0 and all(map(is_label, labels)) and not own_labels
        if is_paired and (
            len(texts) == 2 or all(reads_as_label(cells[i], texts[n]) for n, i in enumerate(filled[::2], 0))
        ):
            for label, value in zip(labels, values, strict=True):
                self._add(labelled_row(label, value))
        elif own_labels or any(len(contents[index]) > 1 for index in filled):
            for index in filled:
                for row in contents[index]:
                    self._add(row)
        else:
            self._add(Row(" | ".join(texts)))
