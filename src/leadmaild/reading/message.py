"""The mail as a value: header fields, leaf parts, nested mails, and its text as lines with sections and labels.

mime.py makes a Message of bytes, text.py makes a Document of its text; everything after them reads these values.
"""

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class HeaderField:
    """One header field: lower-case name, and the value unfolded, decoded (RFC 2047) and cleaned of controls."""

    name: str
    value: str
    raw: bytes = b""


@dataclass(frozen=True, slots=True)
class Part:
    """One leaf part. `text` is set for text parts: decoded, newlines as LF, no NUL, no surrogates."""

    content_type: str  # lower-case type/subtype
    path: str  # "1", "1.2": position in the tree, for provenance
    text: str | None = None
    payload: bytes = b""  # the content with its transfer encoding undone, of every leaf, cut at the limit
    filename: str | None = None  # safe name
    is_attachment: bool = False
    charset: str = ""  # as the part says, lower-case
    alternative: str = ""  # path of the multipart/alternative it belongs to, "" if none
    is_flowed: bool = False  # format=flowed (RFC 3676)


@dataclass(frozen=True, slots=True)
class Message:
    """One mail, taken apart. Total: every byte string has one."""

    headers: tuple[HeaderField, ...] = ()
    parts: tuple[Part, ...] = ()
    nested: tuple["Message", ...] = ()  # message/rfc822 parts, in order
    content_type: str = "text/plain"  # of the whole mail, lower-case, with report-type for multipart/report
    repairs: tuple[str, ...] = ()  # what had to be mended, for the record
    is_cut: bool = False  # limits cut something off: the reading needs review
    sender_by_parser: tuple[str, ...] = ()  # addresses mail-parser sees in From, to compare with our reader's (AR-22)

    def get(self, name: str) -> str | None:
        """The value of the first field of that name (any case), or None."""
        wanted = name.lower()
        return next((h.value for h in self.headers if h.name == wanted), None)

    def get_all(self, name: str) -> tuple[str, ...]:
        """The values of all fields of that name, in order."""
        wanted = name.lower()
        return tuple(h.value for h in self.headers if h.name == wanted)

    def has(self, *names: str) -> bool:
        """Whether any of these fields is present."""
        wanted = {n.lower() for n in names}
        return any(h.name in wanted for h in self.headers)


class Line(NamedTuple):
    """One line of a text. `label` and `value` are set where the line (or table row, dt/dd, label above value) is a
    labelled field; `section` is the heading above it. `is_quoted` marks text of an earlier mail.

    A value below its label is folded into the label's line, so `text` may hold newlines. `is_cell`: the value stood in
    a cell of its own and is complete; without it, the lines that follow may belong to the value (a message block).
    `is_set_off`: the label is bold and the value plain, as a form prints them and nobody writes; or a heading by
    markup.
    A tuple, for a mail has hundreds of them.
    """

    text: str
    section: str = ""
    label: str | None = None
    value: str | None = None
    is_quoted: bool = False
    is_heading: bool = False
    is_cell: bool = False
    is_set_off: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """The readable text of a mail as lines; `origin` is text or html; `plain` is the whole as plain text.

    Blank lines stay as lines with empty text. `links` holds the targets of an HTML text's links, in order.
    """

    lines: tuple[Line, ...] = ()
    plain: str = ""
    origin: str = "text"
    links: tuple[str, ...] = ()
