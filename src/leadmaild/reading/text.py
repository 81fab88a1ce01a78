"""The readable text of a mail as Documents: richest first, nothing lost (lead-formats.md 5.5)."""

import re
from dataclasses import replace

from leadmaild.reading.charset import without_mojibake
from leadmaild.reading.earlier_mail import with_earlier_mail_quoted
from leadmaild.reading.html_text import rows_of_html
from leadmaild.reading.message import Document, Message, Part
from leadmaild.reading.plain_text import by_lines, rows_of_text
from leadmaild.reading.rows import Row, lines_of

_PAGE_START = re.compile(
    r"\s*(?:<!doctype html|<(?:html|head|body|table|div|p|h[1-6]|font|span|center)[\s>])", re.IGNORECASE
)
_LINE_BREAK = re.compile(r"<br\s*/?>[ \t]*\r?(?:\n|$)", re.IGNORECASE)
_READABLE = ("text/plain", "text/html")
_SIGNS_OF_MOJIBAKE = ("Ã", "Â", "â€", "â‚")  # what UTF-8 begins with when it was read as windows-1252


def documents(message: Message, separator: str = ":") -> tuple[Document, ...]:
    """Return the documents of a mail, the one with more labelled fields first, HTML first if they are even.

    Where HTML and plain text stand as alternatives there is one document of each; otherwise one of everything, in
    order. `separator` stands between label and value (a source definition may set another than ":").
    """
    parts = _body_parts(message)
    if not any(p.content_type == "text/html" for p in parts):
        return (_document(parts, *_rows_of(parts, separator), separator),) if parts else ()
    html_parts, plain_parts = _preferring(parts, "text/html"), _preferring(parts, "text/plain")
    html = _document(html_parts, *_rows_of(html_parts, separator), separator)
    if plain_parts == html_parts:
        return (html,)
    # Where HTML comes first, the plain text only confirms it: its words need not be read line by line.
    rows, links = _rows_of(plain_parts, separator, in_paragraphs=True)
    plain = _document(plain_parts, rows, links, separator)
    if html.plain and (not plain.plain or _richness(html) >= _richness(plain)):
        return (html, plain) if plain.plain else (html,)
    plain = _document(plain_parts, by_lines(rows), links, separator)
    return (plain, html) if html.plain else (plain,)


def document_of_text(text: str, separator: str = ":") -> Document:
    """Return the Document of a bare text, such as an unwrapped forward."""
    return _as_document(rows_of_text(text, separator), "text", (), separator)


def _body_parts(message: Message) -> tuple[Part, ...]:
    """The parts a mail program shows as text; if there is none, any text there is, so that nothing is lost."""
    texts = [p for p in message.parts if p.text and p.text.strip()]
    shown = [p for p in texts if not p.is_attachment and p.content_type in _READABLE]
    if not shown:
        shown = [p for p in texts if not p.is_attachment] or [p for p in texts if p.content_type in _READABLE] or texts
    return tuple(shown)


def _preferring(parts: tuple[Part, ...], kind: str) -> tuple[Part, ...]:
    """The parts of one rendering: of each set of alternatives those of `kind`, or all of it if it has none."""
    has_kind = {p.alternative for p in parts if p.alternative and p.content_type == kind}
    return tuple(p for p in parts if p.alternative not in has_kind or p.content_type == kind)


def _richness(document: Document) -> int:
    return sum(1 for line in document.lines if line.label is not None and line.value)


def _document(parts: tuple[Part, ...], rows: list[Row], links: list[str], separator: str) -> Document:
    origin = "html" if any(p.content_type == "text/html" for p in parts) else "text"
    return _as_document(rows, origin, tuple(dict.fromkeys(links)), separator)


def _rows_of(parts: tuple[Part, ...], separator: str, *, in_paragraphs: bool = False) -> tuple[list[Row], list[str]]:
    """The rows of the parts one below the other, and the links in them."""
    rows: list[Row] = []
    links: list[str] = []
    for part in parts:
        if rows:
            rows.append(Row(""))
        rows += _rows(part, separator, links, in_paragraphs=in_paragraphs)
    return rows, links


def _rows(part: Part, separator: str, links: list[str], *, in_paragraphs: bool) -> list[Row]:
    if part.content_type != "text/html" and not _is_markup(part.text or ""):
        return rows_of_text(part.text or "", separator, part.is_flowed, in_paragraphs=in_paragraphs)
    rows, found = rows_of_html(part.text or "", separator)
    links += found
    return rows


def _is_markup(text: str) -> bool:
    """Whether a text that calls itself plain is HTML all the same, as a script's mail() without a type sends it."""
    if "<" not in text:
        return False
    breaks = len(_LINE_BREAK.findall(text)) if "<br" in text.lower() else 0
    return _PAGE_START.match(text) is not None or (breaks > 1 and 2 * breaks >= text.count("\n"))


def _as_document(rows: list[Row], origin: str, links: tuple[str, ...], separator: str) -> Document:
    lines = tuple(with_earlier_mail_quoted(lines_of(rows, separator)))
    return Document(lines, "\n".join(line.text for line in lines).strip(), origin, links)


def mojibake_mended(document: Document) -> Document:
    """The document with twice encoded UTF-8 put right, line by line: a label misread is a field lost."""
    if not any(sign in document.plain for sign in _SIGNS_OF_MOJIBAKE):
        return document
    lines = tuple(
        line._replace(
            text=without_mojibake(line.text),
            section=without_mojibake(line.section),
            label=line.label and without_mojibake(line.label),
            value=line.value and without_mojibake(line.value),
        )
        for line in document.lines
    )
    return replace(document, lines=lines, plain="\n".join(line.text for line in lines).strip())
