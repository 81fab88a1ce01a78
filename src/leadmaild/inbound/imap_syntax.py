"""What aioimaplib leaves to its user: quoting, mailbox names in modified UTF-7, and reading responses (RFC 3501)."""

import base64
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

_UIDVALIDITY = re.compile(rb"\[UIDVALIDITY (\d+)\]", re.IGNORECASE)
_UIDNEXT = re.compile(rb"\[UIDNEXT (\d+)\]", re.IGNORECASE)
_EXISTS = re.compile(rb"(\d+) EXISTS", re.IGNORECASE)
_FETCH = re.compile(rb"\d+ FETCH \(", re.IGNORECASE)
_UID = re.compile(rb"[( ]UID (\d+)", re.IGNORECASE)
_SIZE = re.compile(rb"[( ]RFC822\.SIZE (\d+)", re.IGNORECASE)
_INTERNALDATE = re.compile(rb'[( ]INTERNALDATE "([^"]+)"', re.IGNORECASE)
_QUOTED_BODY = re.compile(rb'BODY\[\] (?:NIL|"((?:[^"\\]|\\.)*)")', re.IGNORECASE)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

Line = bytes | bytearray  # aioimaplib gives a literal as a bytearray, everything else as bytes


@dataclass(frozen=True, slots=True)
class Selected:
    """A folder as SELECT shows it. `uidnext` is 0 where an old server does not tell."""

    uidvalidity: int
    uidnext: int
    exists: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that lies in the folder: what is known of it before it is fetched."""

    uid: int
    size: int
    internal_date: datetime


def quoted(text: str) -> str:
    """Return a quoted string (RFC 3501 4.3). Raises ValueError for what cannot stand in one."""
    if not text.isascii() or any(c in text for c in "\r\n\0"):
        raise ValueError("not fit for a quoted string")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def folder_name(name: str) -> str:
    """Return a mailbox name ready for the wire: modified UTF-7 (RFC 3501 5.1.3), quoted.

    Raises ValueError for control characters.
    """
    if any(ord(c) < 0x20 or ord(c) == 0x7F for c in name):
        raise ValueError("control character in a folder name")
    return quoted(re.sub(r"&|[^\x20-\x7e]+", lambda run: _shifted(run[0]), name))


def _shifted(run: str) -> str:
    if run == "&":
        return "&-"
    return "&" + base64.b64encode(run.encode("utf-16-be")).rstrip(b"=").replace(b"/", b",").decode("ascii") + "-"


def uid_set(uids: Iterable[int]) -> str:
    """Return a sequence set, runs as ranges: `1:3,7`."""
    runs: list[list[int]] = []
    for uid in sorted(set(uids)):
        if runs and uid == runs[-1][1] + 1:
            runs[-1][1] = uid
        else:
            runs.append([uid, uid])
    return ",".join(str(a) if a == b else f"{a}:{b}" for a, b in runs)


def read_select(lines: Sequence[Line]) -> Selected:
    """Read the response to SELECT. Raises ValueError if it names no UIDVALIDITY: then no message has an identity."""
    text = b"\n".join(lines)
    uidvalidity, uidnext, exists = (_number(pattern, text) for pattern in (_UIDVALIDITY, _UIDNEXT, _EXISTS))
    if uidvalidity is None:
        raise ValueError("no UIDVALIDITY in the answer to SELECT")
    return Selected(uidvalidity, uidnext or 0, exists or 0)


def read_search(lines: Sequence[Line]) -> list[int]:
    """Read the response to UID SEARCH: the UIDs, ascending. The last line is the tagged status."""
    numbers = (word for line in lines[:-1] for word in bytes(line).split())
    return sorted({int(word) for word in numbers if word.isdigit()})


def read_waiting(lines: Sequence[Line]) -> list[Waiting]:
    """Read the response to UID FETCH (RFC822.SIZE INTERNALDATE); lines about anything else are passed over."""
    found: dict[int, Waiting] = {}
    for line in lines:
        if not _FETCH.match(line):
            continue
        uid, size, date = _number(_UID, line), _number(_SIZE, line), _INTERNALDATE.search(line)
        if uid is not None and size is not None and date is not None:
            found[uid] = Waiting(uid, size, read_internal_date(date[1].decode("ascii", "replace")))
    return [found[uid] for uid in sorted(found)]


def read_body(lines: Sequence[Line], uid: int) -> bytes | None:
    """Return the message `uid` out of a response to UID FETCH (BODY.PEEK[]), or None if it is gone (PF9)."""
    for at, line in enumerate(lines):
        if not isinstance(line, bytearray):
            short = _QUOTED_BODY.search(line)  # a server may send a tiny message as a string
            if short and _number(_UID, line) == uid:
                return re.sub(rb"\\(.)", rb"\1", short[1] or b"")
            continue
        around = bytes(lines[at - 1] if at else b"") + b" " + bytes(lines[at + 1] if at + 1 < len(lines) else b"")
        if _number(_UID, around) == uid:  # the UID stands before the literal or, with some servers, behind it
            return bytes(line)
    return None


def read_internal_date(text: str) -> datetime:
    """Read a date-time (RFC 3501 section 9), such as `17-Jul-1996 02:44:25 -0700`. Raises ValueError."""
    day, month, rest = text.strip().split("-", 2)
    number = _MONTHS.index(month.lower()) + 1  # not strptime's %b, which follows the locale
    return datetime.strptime(f"{int(day):02} {number:02} {rest}", "%d %m %Y %H:%M:%S %z")


def search_date(when: datetime) -> str:
    """Return a date for SEARCH SINCE."""
    return f"{when.day}-{_MONTHS[when.month - 1].title()}-{when.year}"


def _number(pattern: re.Pattern[bytes], text: Line) -> int | None:
    found = pattern.search(text)
    return int(found[1]) if found else None
