"""Plain text to rows: unflowed (RFC 3676), quote marks read, labels split."""

import re
from collections.abc import Iterator

from leadmaild.reading.charset import clean_line
from leadmaild.reading.rows import Row, holds_none, is_rule, signs_in, split_label

# What lies beyond stays one piece of text: no enquiry is that long, and splitting labels takes its time.
MOST_LINES = 20_000

_BLANK_LINES = re.compile(r"\n\s*\n")
_QUOTE = re.compile(r"(?:>\s?)+")
_LONGEST_TABLE_ROW = 500
_SHORT_LINE = 40  # greetings, closings, names, headings, buttons
_TABLE_ROW = re.compile(r"\|\s*([^|]*?)\s*\|\s*([^|]*?)\s*\|?")


def rows_of_text(text: str, separator: str = ":", is_flowed: bool = False, *, in_paragraphs: bool = False) -> list[Row]:
    """Return the rows of a plain text; blank lines stay, runs of them shrink to one.

    `in_paragraphs`: long lines of mere words make one row, from the second of them on. It is enough where another
    rendering of the same words is read line by line, and takes a fraction of the time.
    """
    lines = _BLANK_LINES.sub("\n\n", text).split("\n", MOST_LINES)
    rest = lines.pop() if len(lines) > MOST_LINES else ""
    rows: list[Row] = []
    signs = signs_in(text, separator)
    lines = _unflowed(lines, separator) if is_flowed else lines
    for line in _paragraphs(lines, signs) if in_paragraphs else lines:
        # Words as most lines are: without quote mark, rule, table or label.
        if line[:1].isalpha() and holds_none(line, signs):
            rows.append(Row(line.rstrip()))
            continue
        row = _row(line.rstrip(), separator)
        if row.text or (rows and rows[-1].text):
            rows.append(row)
    while rows and rows[-1].is_blank:
        rows.pop()
    return [*rows, Row(rest.strip())] if rest else rows


def by_lines(rows: list[Row]) -> list[Row]:
    """Return the rows with paragraphs taken apart again into their lines."""
    return [line for row in rows for line in (map(Row, row.text.split("\n")) if _is_paragraph(row) else (row,))]


def _is_paragraph(row: Row) -> bool:
    return row.label is None and "\n" in row.text


def _paragraphs(lines: list[str], signs: tuple[str, ...]) -> Iterator[str]:
    """The lines, runs of long ones without any sign of a label joined, but for the first of each: that one may be the
    value of a label above it."""
    run: list[str] = []
    is_below_words = False
    for line in lines:
        is_words = len(line) > _SHORT_LINE and line[0].isalpha() and holds_none(line, signs)
        if is_words and is_below_words:
            run.append(line.rstrip())
            continue
        is_below_words = is_words
        if run:
            yield "\n".join(run)
            run.clear()
        yield line
    if run:
        yield "\n".join(run)


def _row(line: str, separator: str) -> Row:
    quote = _QUOTE.match(line)
    if quote and not line.startswith(separator):
        row = _row(line[quote.end() :], separator)
        row.is_quoted = True
        row.text = f"> {row.text}" if row.text else ""
        return row
    stripped = line.strip()
    if is_rule(stripped):
        return Row(stripped, is_rule=True)
    if (
        line.startswith("|")
        and len(line) <= _LONGEST_TABLE_ROW
        and (cells := _TABLE_ROW.fullmatch(line.strip()))
        and cells[1]
        and cells[2]
    ):
        return Row(f"{cells[1]}: {cells[2]}", cells[1].rstrip(" :*"), cells[2], is_cell=True)
    found = split_label(line, separator)
    return Row(clean_line(line), *found) if found else Row(stripped)


def _unflowed(lines: list[str], separator: str) -> list[str]:
    """Join lines that end in a blank with the next (RFC 3676 4.1), but never across a label or a quote's edge."""
    joined: list[str] = []
    flows = False
    for line in lines:
        unstuffed = line.removeprefix(" ")
        if (
            flows
            and line.strip(" -")
            and _depth(line) == _depth(joined[-1])
            and split_label(unstuffed, separator) is None
            and not is_rule(line.strip())
        ):
            joined[-1] = f"{joined[-1].rstrip()} {unstuffed[_depth(line) :].lstrip()}"
        else:
            joined.append(unstuffed)
        label = split_label(joined[-1], separator)
        flows = line.endswith(" ") and line != "-- " and bool(line.strip()) and (label is None or bool(label[1]))
    return joined


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(">"))
