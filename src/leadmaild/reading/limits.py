"""Limits on the structure of a mail, checked on its bytes before any parser sees it (security.md 2.3 "MIME bombs")."""

import re

MOST_PARTS = 500
MOST_BODY_LINES = 500_000
DEEPEST = 20
# A base64 body longer than this is cut before parsing: nobody reads photos, and no XML of a lead is longer (A.1).
LONGEST_BASE64 = 1_600_000
# What is left after that is cut here: parsing takes ten times the memory. No text line is kept longer than a text.
LONGEST_MAIL = 6_000_000
_LONGEST_LINE = 1_200_000
# Text and payload of one part are cut at these lengths.
LONGEST_TEXT = 1_000_000
LONGEST_PAYLOAD = 1_200_000

_MARK = re.compile(
    rb"^--[^\n]*|^content-type:[ \t\n]*(multipart/|message/rfc822|message/global)[^\n]*(?:\n[ \t][^\n]*)*",
    re.IGNORECASE | re.MULTILINE,
)
_BOUNDARY = re.compile(rb"boundary\*?\d*\*?[ \t]*=[ \t]*(?:\"([^\"\n]*)\"?|([^;\s]*))", re.IGNORECASE)
_BLANK_LINES = re.compile(rb"\n{200,}")
_BASE64_LINE = re.compile(rb"[A-Za-z0-9+/]{40,}={0,2}")


def too_complex(mail: bytes) -> str:
    """Return what exceeds the limits in a mail with LF line ends: "lines", "parts", "depth" or "".

    Two cheap counts clear nearly every mail; only what fails them is looked at line by line.
    """
    if len(mail) > MOST_BODY_LINES and mail.count(b"\n") > MOST_BODY_LINES:
        return "lines"
    if mail.count(b"\n--") <= MOST_PARTS:
        lowered = mail.lower()
        if lowered.count(b"multipart/") + lowered.count(b"message/") <= DEEPEST:
            return ""
    return _scan(mail)


def _scan(mail: bytes) -> str:
    """Follow boundaries with a stack, as a parser would, but without building anything."""
    open_boundaries: list[bytes] = []  # b"" stands for an enclosed mail
    known: set[bytes] = set()
    parts = 0
    for mark in _MARK.finditer(mail):
        line = mark[0]
        if mark[1]:
            boundary = _BOUNDARY.search(line) if mark[1].lower() == b"multipart/" else None
            delimiter = b"--" + (boundary[1] or boundary[2] or b"") if boundary else b""
            open_boundaries.append(delimiter)
            known.add(delimiter)
            if len(open_boundaries) > DEEPEST:
                return "depth"
            continue
        delimiter = line.rstrip()
        if delimiter not in known:
            delimiter = delimiter.removesuffix(b"--")
            if delimiter not in known:
                continue
        if delimiter in open_boundaries:
            while open_boundaries[-1] != delimiter:
                open_boundaries.pop()
        if (parts := parts + 1) > MOST_PARTS:
            return "parts"
    return ""


def without_ballast(mail: bytes) -> bytes:
    """Return a big mail without what nobody reads: very long runs of base64 lines keep their beginning, runs of
    hundreds of empty lines shrink; all other bytes stay."""
    if len(mail) <= LONGEST_BASE64:
        return mail
    mail = _BLANK_LINES.sub(b"\n\n", mail)
    if mail.count(b"\n") > MOST_BODY_LINES:
        return mail
    kept: list[bytes] = []
    run = 0
    for line in mail.split(b"\n"):
        run = run + len(line) if _BASE64_LINE.fullmatch(line) else 0
        if run <= LONGEST_BASE64 or run == len(line):  # or all of it on one line
            kept.append(line[:_LONGEST_LINE])
    return b"\n".join(kept)
