"""Line ends of mail that came in: CRLF and nothing else leaves this house (SP-09, RFC 5321 2.3.8)."""

import re

_STRAY = re.compile(rb"\r(?!\n)|(?<!\r)\n")


def with_crlf(raw: bytes) -> bytes:
    """Return the mail with every bare CR and bare LF made a CRLF; unchanged (the same object) if there is none."""
    return _STRAY.sub(b"\r\n", raw) if _STRAY.search(raw) else raw


def has_mixed_line_ends(raw: bytes) -> bool:
    """Whether `with_crlf` changes what a signature covers: mail all in LF (from a pipe) is the same mail in CRLF."""
    stray = _STRAY.search(raw)
    return stray is not None and (b"\r" in raw)
