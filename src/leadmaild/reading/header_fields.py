"""Our strict reader of the raw header block: where it ends, its fields as written, and their values as text.

Everything that decides identity (who sent it, which thread, which source) is read from here, never from a library's
idea of the header (architecture.md "One parse").
"""

import re
from dataclasses import dataclass

from leadmaild.reading.charset import clean_line
from leadmaild.reading.encoded_words import decode_words
from leadmaild.reading.message import HeaderField

# Limits before any parsing (security.md 2.3 "MIME bombs").
LONGEST_BLOCK = 256 * 1024
MOST_LINES = 1_000
LONGEST_FIELD = 64 * 1024

_FIELD = re.compile(rb"([!-9;-~]{1,76})[ \t]*:")
_LINE_ENDS = re.compile(rb"\r+\n?|\n")
# Fields that make us sure a line further down still belongs to the header, though one before it was broken.
_SURE = re.compile(
    rb"(?:received|return-path|from|to|cc|subject|date|message-id|reply-to|sender|mime-version|in-reply-to|references"
    rb"|content-[a-z-]+|x-[a-z0-9-]+|list-[a-z]+|auto-submitted|precedence|delivered-to|dkim-signature)[ \t]*:",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Block:
    """A raw mail cut in two: the header lines of each field as written, and the body."""

    fields: tuple[bytes, ...]
    body: bytes
    repairs: tuple[str, ...] = ()
    is_cut: bool = False


def with_plain_line_ends(raw: bytes) -> bytes:
    """Return `raw` with LF line ends, whatever it came with: CRLF, bare CR, or CR CR LF of a broken gateway."""
    if b"\r" not in raw:
        return raw
    plain = raw.replace(b"\r\n", b"\n")
    return _LINE_ENDS.sub(b"\n", raw) if b"\r" in plain else plain


def split(raw: bytes) -> Block:
    """Return the header fields and the body of a mail with LF line ends.

    Skipped: a byte order mark, empty lines before the header, an mbox `From ` line. A line that is no field ends the
    header as in RFC 5322 2.1, unless well-known fields follow it before the blank line: then it was a line folded
    without its blank, as PHP's mail() lets happen.
    """
    raw = raw.removeprefix(b"\xef\xbb\xbf").lstrip(b"\n")
    repairs: list[str] = []
    if raw.startswith((b"From ", b">From ")):
        raw = raw.partition(b"\n")[2]
        repairs.append("mbox line skipped")
    fields: list[bytes] = []
    position = lines = 0
    is_cut = False
    while position < len(raw):
        end = raw.find(b"\n", position)
        end = len(raw) if end < 0 else end
        line = raw[position:end]
        if not line.strip(b" \t"):
            # A line of blanks alone inside the header is a fold if a field follows it, else it separates.
            position = end + 1
            break
        if lines >= MOST_LINES or position > LONGEST_BLOCK:
            is_cut = True
            position = _end_of_block(raw, position)
            break
        lines += 1
        if line[:1] in b" \t" and fields:
            if len(fields[-1]) + len(line) <= LONGEST_FIELD:
                fields[-1] += b"\n" + line
            else:
                is_cut = True
        elif _FIELD.match(line):
            is_cut = is_cut or len(line) > LONGEST_FIELD
            fields.append(line[:LONGEST_FIELD])
        elif fields and _header_goes_on(raw, end + 1):
            fields[-1] += b"\n " + line[:LONGEST_FIELD]
            repairs.append("header line without a fold joined")
        elif not fields and lines == 1 and _header_goes_on(raw, end + 1):
            repairs.append("first header line skipped")
        else:
            if fields:
                repairs.append("blank line after the header missing")
            break
        position = end + 1
    return Block(tuple(fields), raw[position:], tuple(dict.fromkeys(repairs)), is_cut)


def _end_of_block(raw: bytes, position: int) -> int:
    end = raw.find(b"\n\n", position)
    return len(raw) if end < 0 else end + 2


def _header_goes_on(raw: bytes, position: int) -> bool:
    """Whether, within the next few lines and before a blank one, a well-known field follows."""
    for _ in range(8):
        end = raw.find(b"\n", position)
        line = raw[position : end if end >= 0 else len(raw)]
        if not line.strip(b" \t"):
            return False
        if _SURE.match(line):
            return True
        if end < 0:
            return False
        position = end + 1
    return False


def read_field(lines: bytes) -> HeaderField:
    """Return one field as written, folds and all, as name and decoded, cleaned value (RFC 5322 2.2.3, RFC 2047)."""
    name, _, value = lines.partition(b":")
    return HeaderField(
        name.strip().decode("ascii", "replace").lower(), clean_line(decode_words(value.replace(b"\n", b""))), value
    )
