"""What plain text and HTML have in common once they are lines: labels, headings, sections, values below their label.

plain_text.py and html_text.py make Rows; `lines_of` makes the Lines of a Document of them (lead-formats.md 4, 5.5).
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from leadmaild.reading.labels import section_of
from leadmaild.reading.message import Line

LONGEST_LABEL = 60
LONGEST_HEADING = 80
_LONGEST_SECTION_NAME = 40
# A label and its mark stand within this; what follows is not looked at by a pattern.
_LONGEST_READ = 240

# Bullets, quote marks, list numbers and pictograms before a label.
_LEAD_IN = r"[\s>*•·▪●◦‣➤►→✓✔☑|#\u2010-\u2015\-+\U0001f000-\U0001faff\u2600-\u27bf\ufe0f]*(?:\d{1,2}[.)]\s+)?"
_LABEL = rf"[(\[]?[^\W\d_](?:(?!:/).){{0,{LONGEST_LABEL}}}?"
_RULE_SIGNS = "-=_*~#•—–+"
_DECORATION = " =-*#_~+|<>[]:"
_SENTENCE_END = (".", ",", ";", "!", "?")
# A lone "Telefon:" above another label is an empty field, not a heading.
_FIELD_WORDS = re.compile(
    r"(?:ihre?[nr]? )?(?:anrede|titel|vorname|nachname|name|firma|tel|mobil|handy|fax|e-?mail|mail|plz|ort"
    r"|stra(?:ß|ss)e|adresse|land|nachricht|bemerkung|kommentar|anmerkung|mitteilung|text|preis|farbe|marke|modell|fin|vin|hsn|tsn"
    r"|km|kilometer|erstzulassung|ez|baujahr|betreff|datum|uhrzeit|wunsch|rückruf|phone|message|first|last|company"
    r"|nom|prénom|téléphone|messaggio|nome|cognome|naam|bericht|telefoon|zip|city|comments?|subject)\b",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Row:
    """A line in the making. `scope` is the path of tables it stands in: a heading counts only within its scope."""

    text: str
    label: str | None = None
    value: str | None = None
    is_quoted: bool = False
    is_heading: bool = False
    is_cell: bool = False
    is_set_off: bool = False
    is_bold: bool = False
    is_rule: bool = False
    is_link: bool = False
    scope: tuple[int, ...] = ()

    @property
    def is_blank(self) -> bool:
        """Whether this is an empty line."""
        return not self.text


@lru_cache(maxsize=64)
def _pattern(separator: str) -> re.Pattern[str]:
    if separator == ":":
        # `=` needs a blank around it, a time ("um 11:30") and an address (https://) are no label.
        mark = r"(?:\s?(?<!\d)[:：]\*{0,2}(?!//)|\s?(?<=\d)[:：](?!\d)\*{0,2}|\s=(?=\s|$))"
        return re.compile(rf"{_LEAD_IN}({_LABEL})[\s.…_*]*?{mark}\s*(.*)", re.DOTALL)
    return re.compile(rf"\s*({_LABEL})\s*{re.escape(separator)}\s*(.*)", re.DOTALL)


_LEADERS = re.compile(rf"{_LEAD_IN}({_LABEL})\s?(?:\.{{4,}}|(?:\s\.){{3,}}|…{{2,}}|_{{4,}})\s*(\S.*)?", re.DOTALL)
_COLUMNS = re.compile(rf"{_LEAD_IN}([^\W\d_][^\t:]{{0,39}}?)(?:\t+\s*|\s{{3,}})(\S.*)")


# What stands between a label and its value, in one way or another.
_SIGNS = (":", "：", "=", "..", "…", ". .", "__", "\t", "   ")


def signs_in(text: str, separator: str = ":") -> tuple[str, ...]:
    """Return the signs of labels that a whole text holds: a line with none of them has no label, and need not be
    looked at by `split_label`."""
    return tuple(sign for sign in _SIGNS if sign in text) if separator == ":" else (separator,)


def holds_none(line: str, signs: tuple[str, ...]) -> bool:
    """Whether none of these signs is in the line."""
    for sign in signs:  # noqa: SIM110 - a generator costs three times as much, on every line
        if sign in line:
            return False
    return True


def split_label(text: str, separator: str = ":") -> tuple[str, str] | None:
    """Return label and value of a text such as `Telefon : 0171 ...` or `Name ..... Max`, or None if it has no label.

    With another separator (from a source definition) only that one counts.
    """
    if separator == ":" and ":" not in text and "：" not in text and "=" not in text:
        return _split_without_mark(text)
    if separator != ":" and separator not in text:
        return None
    match = _pattern(separator).fullmatch(text[:_LONGEST_READ])
    if not match or "@" in match[1] or len(match[1].split()) > 8:
        return None
    label = _bare(match[1])
    return (label, text[match.start(2) :].strip()) if label else None


def _split_without_mark(text: str) -> tuple[str, str] | None:
    """Label and value with dot leaders between them, or in two columns."""
    start = text[:_LONGEST_READ]
    has_leaders = ".." in start or "…" in start or ". ." in start or "__" in start
    match = _LEADERS.fullmatch(start) if has_leaders else None
    if match is None and ("\t" in start or "   " in start):
        match = _COLUMNS.fullmatch(start)
    if match is None:
        return None
    return _bare(match[1]), text[match.start(2) :].strip() if match[2] else ""


def _bare(label: str) -> str:
    return label.strip(" \t*.…_:").removeprefix("[").removeprefix("(").strip()


def is_rule(text: str) -> bool:
    """Whether the line is a drawn rule such as `-----` or `=====`."""
    if len(text) < 3 or text[0].isalnum() or text[-1].isalnum():
        return False
    is_drawn = any(text.count(sign) >= 3 for sign in _RULE_SIGNS) or text.count(".") >= 5
    return is_drawn and not any(c.isalnum() for c in text)


def undecorated_heading(text: str) -> str | None:
    """Return the words of a heading drawn in signs (`=== Kontakt ===`, `## Kontakt`, `[Kontakt]`), else None."""
    if text[:2] in ("--", "==", "**", "##", "__", "~~", "++") or (text[:1] == "[" and text[-1:] == "]"):
        words = text.strip(_DECORATION)
        is_drawn = text[:2] != "--" or text[-2:] == "--"  # "-- Max" begins a signature
        return words if is_drawn and words and len(words) <= LONGEST_HEADING else None
    return None


def lines_of(rows: list[Row], separator: str = ":") -> list[Line]:
    """Return the Lines of these rows: sections known, labels alone joined with the value below them."""
    lines: list[Line] = []
    sections: list[tuple[tuple[int, ...], str]] = []
    at, last = 0, len(rows) - 1
    scope: tuple[int, ...] = ()
    while at < len(rows):
        row = rows[at]
        if row.scope is not scope:
            scope = row.scope
            while sections and sections[-1][0] != scope[: len(sections[-1][0])]:
                sections.pop()
        if _is_plainly_a_line(row, rows[at + 1] if at < last else None):
            section = sections[-1][1] if sections else ""
            lines.append(
                Line(row.text, section, row.label, row.value, row.is_quoted, False, row.is_cell, row.is_set_off)
            )
            at += 1
            continue
        below = _next_text(rows, at)
        if row.scope and row.text and row.label is None and _is_section_apart(rows, at):
            row.is_bold = True
        if row.is_rule and not _underlines(rows, at):
            _enter(sections, row, "")
        is_set_off = row.is_bold or row.is_heading  # by the sender's markup
        if _is_heading(rows, at, below, separator):
            row.is_set_off = is_set_off
            _enter(sections, row, _heading_words(row))
            lines.append(_line(row, sections, is_heading=True))
        elif below is not None and _has_value_below(rows, at, below):
            if _opens_section(rows, at, below):
                _enter(sections, row, row.label or "")
            lines.append(_joined(rows, at, below, sections))
            at = below
        else:
            lines.append(_line(row, sections))
        at += 1
    return lines


def _is_plainly_a_line(row: Row, below: Row | None) -> bool:
    """Whether nothing but a line can be here: a field with its value, or words with other words right below. Most
    lines of most mails are, so it is asked first."""
    if row.is_heading or row.is_rule:
        return False
    if row.label is not None:
        return bool(row.value)
    if below is None or below.label is not None or row.is_bold or not row.text[:1].isalpha():
        return False
    return below.text != "" and not below.is_rule


def _enter(sections: list[tuple[tuple[int, ...], str]], row: Row, heading: str) -> None:
    while sections and len(sections[-1][0]) >= len(row.scope):
        sections.pop()
    sections.append((row.scope, heading))


def _line(row: Row, sections: list[tuple[tuple[int, ...], str]], is_heading: bool = False) -> Line:
    section = sections[-1][1] if sections else ""
    return Line(row.text, section, row.label, row.value, row.is_quoted, is_heading, row.is_cell, row.is_set_off)


def _joined(rows: list[Row], at: int, below: int, sections: list[tuple[tuple[int, ...], str]]) -> Line:
    label, value = rows[at], rows[below]
    gap = "\n" * (below - at)
    section = sections[-1][1] if sections else ""
    name = label.label or label.text.strip(" :*")
    return Line(f"{label.text}{gap}{value.text}", section, name, value.text, label.is_quoted)


def _next_text(rows: list[Row], at: int) -> int | None:
    """The index of the next line that is not blank, at most one blank line away and of the same kind."""
    for index in range(at + 1, min(at + 3, len(rows))):
        if rows[index].text:
            return index if rows[index].is_quoted == rows[at].is_quoted else None
    return None


def _stands_alone(rows: list[Row], at: int) -> bool:
    return at == 0 or rows[at - 1].is_blank or rows[at - 1].is_rule or rows[at - 1].is_heading


def _is_section_apart(rows: list[Row], at: int) -> bool:
    """Whether a paragraph of its own within a table is the name of a section and no more: to a reader a heading, in
    plain type or not."""
    row = rows[at]
    if row.is_quoted or row.is_cell or len(row.text) > _LONGEST_SECTION_NAME:
        return False
    return at + 2 < len(rows) and rows[at + 1].is_blank and bool(rows[at + 2].text) and bool(section_of(row.text))


def _underlines(rows: list[Row], at: int) -> bool:
    """Whether the rule at `at` underlines a heading or stands over one."""
    return (at > 0 and rows[at - 1].is_heading) or (
        at + 2 < len(rows) and bool(rows[at + 1].text) and rows[at + 2].is_rule
    )


def _heading_words(row: Row) -> str:
    return undecorated_heading(row.text) or (row.label if row.label and not row.value else row.text).strip(" :*")


def _is_heading(rows: list[Row], at: int, below: int | None, separator: str) -> bool:
    row = rows[at]
    if row.is_heading:
        return True
    if row.is_blank or row.is_rule or row.is_cell or row.is_link or len(row.text) > LONGEST_HEADING or "\n" in row.text:
        return False
    if row.label is None and undecorated_heading(row.text):
        row.is_heading = True
    elif row.label is None:
        underlined = at + 1 < len(rows) and rows[at + 1].is_rule and _stands_alone(rows, at)
        # A rule much longer than the words ends what is above it, unless the words are in capitals.
        underlined = underlined and (len(rows[at + 1].text) <= 1.5 * len(row.text) + 3 or row.text.isupper())
        words = len(row.text.split())
        before_labels = below is not None and rows[below].label is not None and (row.is_bold or _stands_alone(rows, at))
        names_section = row.is_bold and bool(section_of(row.text)) and not _has_value_below(rows, at, below)
        row.is_heading = (
            (underlined or before_labels or names_section)
            and words <= 8
            and not row.text.endswith(_SENTENCE_END)
            and "@" not in row.text
        )
    elif not row.value and separator == ":":
        row.is_heading = (
            below is not None
            and rows[below].label is not None
            and (row.is_bold or _stands_alone(rows, at))
            and not _FIELD_WORDS.match(row.label)
        )
    return row.is_heading


def _has_value_below(rows: list[Row], at: int, below: int | None) -> bool:
    if below is None:
        return False
    row, value = rows[at], rows[below]
    if row.is_cell or value.label is not None or value.is_rule or value.is_heading or value.scope != row.scope:
        return False
    if undecorated_heading(value.text):
        return False
    if row.label is not None:
        return not row.value and not value.is_bold
    # HTML only: a bold line alone, its value in plain type right below.
    return (
        row.is_bold
        and not value.is_bold
        and below == at + 1
        and 0 < len(row.text) <= 40
        and not row.text.endswith(_SENTENCE_END)
    )


def _opens_section(rows: list[Row], at: int, below: int) -> bool:
    """`Kontakt:` over a name without label, over labels: both a label and a heading."""
    follows = below + 1 < len(rows) and rows[below + 1].label is not None
    return follows and _stands_alone(rows, at) and not _FIELD_WORDS.match(rows[at].label or rows[at].text)
