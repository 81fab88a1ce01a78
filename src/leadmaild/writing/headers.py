"""Header fields: cleaned, encoded (RFC 2047) and folded (RFC 5322 2.2.3) by the email library, as ASCII with CRLF.

Every header field of every mail we make is a value of `field`, `text_field`, `address_field` or `ids_field`; nothing
else writes header bytes, so there is one place where a line break could get in, and it refuses (SP-19, BI-47, PF61).
"""

import re
from collections.abc import Iterable
from datetime import datetime
from email.header import Header
from email.utils import format_datetime
from itertools import groupby

from leadmaild.errors import Refused
from leadmaild.writing.cleaning import NAME_LIMIT, SUBJECT_LIMIT, mail_address, one_line

_FOLDED_AT = 76
_SAFE_FIELD = re.compile(rb"[!-9;-~]+: [ -~]*(?:\r\n [ -~]*)*\r\n")
_MESSAGE_ID = re.compile(r"<?([!-;=?A-~]{1,200}@[!-;=?A-~]{1,200})>?")
_PLAIN_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_MOST_REFERENCES = 20


def field(name: str, value: str) -> bytes:
    """Return one header field of a value that is ASCII already. Raises Refused if it could break out of its line."""
    line = f"{name}: {value}\r\n".encode("ascii", "replace")
    if not _SAFE_FIELD.fullmatch(line):
        raise Refused(f"header field {name} would not stay one field")
    return line


def text_field(name: str, text: str, limit: int = SUBJECT_LIMIT) -> bytes:
    """Return an unstructured field such as Subject."""
    return field(name, _encoded(one_line(text, limit), name))


def address_field(name: str, mailboxes: Iterable[tuple[str, str]]) -> bytes:
    """Return an address field of (display name, address) pairs.

    Raises Refused for an address that is not one plain ASCII addr-spec: the mail must not leave for a wrong one.
    """
    shown = []
    for display, text in mailboxes:
        address = mail_address(text)
        if address is None:
            raise Refused(f"{name} needs a plain mail address")
        phrase = _phrase(one_line(display, NAME_LIMIT))
        shown.append(_folded([*phrase, f"<{address}>"] if phrase else [str(address)], len(name) + 2))
    if not shown:
        raise Refused(f"{name} is empty")
    return field(name, ",\r\n ".join(shown))


def date_field(name: str, at: datetime) -> bytes:
    """Return a date field of a UTC instant."""
    return field(name, format_datetime(at))


def ids_field(name: str, ids: Iterable[str]) -> bytes:
    """Return a field of message ids, the first and the newest of a long chain (PF26); b"" if none is well-formed."""
    known = list(dict.fromkeys(filter(None, map(bare_id, ids))))
    kept = known[:1] + known[1:][-(_MOST_REFERENCES - 1) :]
    return field(name, "\r\n ".join(f"<{one}>" for one in kept)) if kept else b""


def bare_id(text: str) -> str:
    """Return a message id without its angle brackets, or "" if it is not one (BI-33)."""
    found = _MESSAGE_ID.fullmatch(text.strip())
    return found[1] if found else ""


def _phrase(text: str) -> list[str]:
    """A display name as atoms and encoded words (RFC 5322 3.2.5, RFC 2047 5), or as one quoted string.

    Only the words that need it are encoded, neighbours together: some readers put a blank between two encoded words.
    """
    if not text or (text.isascii() and "=?" not in text):
        is_plain = _PLAIN_PHRASE.fullmatch(text)
        quoted = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
        return text.split() if is_plain or not text else [quoted]
    runs = groupby(text.split(" "), lambda word: bool(_PLAIN_PHRASE.fullmatch(word)) and "=?" not in word)
    return [piece for is_plain, run in runs for piece in (run if is_plain else _encoded_words(" ".join(run)))]


def _encoded_words(text: str) -> list[str]:
    return Header(text, "utf-8", maxlinelen=_FOLDED_AT - 2).encode(linesep="\n").split("\n ")


def _folded(pieces: list[str], used: int) -> str:
    text, column = pieces[0], used + len(pieces[0])
    for piece in pieces[1:]:
        gap = " " if column + 1 + len(piece) <= _FOLDED_AT else "\r\n "
        column = len(piece) + (column + 1 if gap == " " else 1)
        text += gap + piece
    return text


def _encoded(text: str, name: str) -> str:
    # "=?" in the text would be decoded by the reader's mail program, so such a text is encoded as a whole.
    charset = "us-ascii" if text.isascii() and "=?" not in text else "utf-8"
    return Header(text, charset, maxlinelen=_FOLDED_AT, header_name=name).encode(linesep="\r\n")
