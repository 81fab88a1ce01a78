"""One line that holds several fields, taken apart: a row of labels and values, a cell with labelled lines."""

from leadmaild.reading.labels import common_targets, section_of
from leadmaild.reading.message import Line
from leadmaild.reading.rows import split_label

_SIGNS_OF_LABELS = " -–=*#_:•>|"
_FEWEST_STROKES = 2
_WITH_NUMBER = 3  # cells of a row with its number before label and value


def taken_apart(line: Line) -> tuple[Line, ...]:
    """Return the line as lines of one field each; the line itself if it holds no more than one."""
    if line.text.count(" | ") >= _FEWEST_STROKES and (pairs := _pairs(line)):
        return pairs
    if line.is_cell and line.value and ("\n" in line.value or not common_targets(line.label or "")):
        return _with_lines_of_cell(line, line.value.split("\n"))
    return (line,)


def _pairs(line: Line) -> tuple[Line, ...]:
    """`Name: | Eva | Telefon: | 0171 ...`, or a number before its label; () where that is not what it is."""
    cells = [cell.strip() for cell in line.text.split(" | ")]
    if len(cells) == _WITH_NUMBER:
        cells = cells[1:]
    pairs = [(label.strip(_SIGNS_OF_LABELS), value) for label, value in zip(cells[::2], cells[1::2], strict=False)]
    if len(cells) % 2 or not all(common_targets(label) and not common_targets(value) for label, value in pairs):
        return ()
    return tuple(line._replace(label=label, value=value, is_cell=True) for label, value in pairs)


def _with_lines_of_cell(line: Line, pieces: list[str]) -> tuple[Line, ...]:
    """`Kontaktdaten | Eva Lind, Tel.: 0171 ...`, on lines of their own in one cell; a message's labels are its text."""
    label = line.label or ""
    inner = [found if (found := split_label(piece)) and common_targets(found[0]) else None for piece in pieces]
    first = next((at for at, found in enumerate(inner) if found), None)
    if first is None or "message" in common_targets(label):
        return (line,)
    section = label if section_of(label) else line.section
    head = (line._replace(value="\n".join(pieces[:first])),) if first else ()
    rest = (
        Line(piece, section, found[0] if found else None, found[1] if found else None, line.is_quoted, is_cell=True)
        for piece, found in zip(pieces[first:], inner[first:], strict=True)
    )
    return (*head, *rest)
