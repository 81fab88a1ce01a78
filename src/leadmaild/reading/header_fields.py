"""Our strict reader of the raw header block: where it ends, its fields as written, and their values as text.

Everything that decides identity (who sent it, which thread, which source) is read from here, never from a library's
idea of the header (architecture.md "One parse").
"""

import re
from dataclasses import dataclass, field

from leadmaild.reading.charset import clean_line
from leadmaild.reading.encoded_words import decode_words
from leadmaild.reading.message import HeaderField

# Limits before any parsing (security.md 2.3 "MIME bombs").
LONGEST_BLOCK = 256 * 1024
MOST_LINES = 1_000
LONGEST_FIELD = 64 * 1024

_FIELD = re.compile(rb"([!-9;-~]{1,76})[ \t]*:")
# The fields a parser of structure and sender needs, and no others.
DECIDES_STRUCTURE = re.compile(
    rb"(?:from|content-type|content-transfer-encoding|content-disposition|content-id)[ \t]*:", re.IGNORECASE
)
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
    plain = raw.translate(None, b"\r")
    if len(raw) - len(plain) == raw.count(b"\r\n"):
        return plain
    while b"\r\n" in raw:
        raw = raw.replace(b"\r\n", b"\n")
    return raw.replace(b"\r", b"\n")


def split(raw: bytes) -> Block:
    """Return the header fields and the body of a mail with LF line ends.

    Skipped: a byte order mark, empty lines before the header, an mbox `From ` line. A line that is no field ends the
    header as in RFC 5322 2.1, unless well-known fields follow it before the blank line: then it was a line folded
    without its blank, as PHP's mail() lets happen.
    """
    raw = raw.removeprefix(b"\xef\xbb\xbf").lstrip(b"\n")
    header = _Header()
    if raw.startswith((b"From ", b">From ")):
        raw = raw.partition(b"\n")[2]
        header.repairs.append("mbox line skipped")
    position = lines = 0
    while position < len(raw):
        end = raw.find(b"\n", position)
        end = len(raw) if end < 0 else end
        line = raw[position:end]
        if not line.strip(b" \t") and not (line and header.fields and _goes_on(raw, end + 1)):
            # Blanks alone, with fields after them, are an obsolete fold (RFC 5322 4.2); else the header ends here.
            position = end + 1
            break
        if lines >= MOST_LINES or position > LONGEST_BLOCK:
            header.is_cut = True
            position = _end_of_block(raw, position)
            break
        lines += 1
        if not header.takes(line, raw, end + 1):
            break
        position = end + 1
    return Block(tuple(header.fields), raw[position:], tuple(dict.fromkeys(header.repairs)), header.is_cut)


@dataclass(slots=True)
class _Header:
    """The header as far as it has been read."""

    fields: list[bytes] = field(default_factory=list)
    repairs: list[str] = field(default_factory=list)
    is_cut: bool = False

    def takes(self, line: bytes, raw: bytes, after: int) -> bool:
        """Take up a line if it belongs to the header; `after` is where the next one begins in `raw`."""
        if line[:1] in b" \t" and self.fields:
            self._fold(b"\n" + line)
        elif _FIELD.match(line):
            self.is_cut = self.is_cut or len(line) > LONGEST_FIELD
            self.fields.append(line[:LONGEST_FIELD])
        elif not _goes_on(raw, after):
            self.repairs += ["blank line after the header missing"] if self.fields else []
            return False
        elif self.fields:
            self._fold(b"\n " + line)
            self.repairs.append("header line without a fold joined")
        else:
            self.repairs.append("first header line skipped")
        return True

    def _fold(self, more: bytes) -> None:
        if len(self.fields[-1]) + len(more) <= LONGEST_FIELD:
            self.fields[-1] += more
        else:
            self.is_cut = True


def _end_of_block(raw: bytes, position: int) -> int:
    end = raw.find(b"\n\n", position)
    return len(raw) if end < 0 else end + 2


def _goes_on(raw: bytes, position: int) -> bool:
    """Whether the header does: within the next few lines, before a blank one, a well-known field follows."""
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
