"""Attachment names nobody can be hurt with (BI-40): no path, no control characters, bounded, not reserved."""

import re
import unicodedata

from leadmaild.reading.charset import clean_line

LONGEST = 100
_RESERVED = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)
_ALLOWED_MARKS = frozenset(" ._-+()[]&,'@=~#")


def safe_filename(name: str) -> str:
    """Return a name that is a plain file name on any system; "attachment" if nothing of it is left."""
    base = re.split(r"[/\\]", clean_line(name))[-1]
    allowed = "".join(c if c in _ALLOWED_MARKS or unicodedata.category(c)[0] in "LNM" else "_" for c in base)
    plain = allowed.lstrip(" .~-").rstrip(" .") or "attachment"
    if _RESERVED.fullmatch(plain):
        plain = f"_{plain}"
    if len(plain) > LONGEST:
        stem, dot, suffix = plain.rpartition(".")
        suffix = dot + suffix if stem and len(suffix) <= 10 else ""
        plain = plain[: LONGEST - len(suffix)].rstrip(" .") + suffix
    return plain
