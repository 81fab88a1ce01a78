"""A mail as a command is given it: a file, or standard input as `-`. Never more of it is read than can be a mail."""

import sys
from pathlib import Path

from leadmaild.errors import Refused

# More than any setting lets in; what needs no settings reads up to here.
LARGEST = 100 * 1024 * 1024


def read_mail(file: Path, limit: int = LARGEST) -> bytes:
    """The bytes of the mail. Raises Refused beyond `limit` bytes, as the gateway's door does (552), and OSError."""
    if str(file) == "-":
        raw = sys.stdin.buffer.read(limit + 1)
    else:
        with file.open("rb") as mail:
            raw = mail.read(limit + 1)
    if len(raw) > limit:
        raise Refused(f"the mail is larger than {limit} bytes, so it is not taken (552 5.3.4)")
    return raw
