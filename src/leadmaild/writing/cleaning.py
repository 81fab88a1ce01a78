"""Foreign text made harmless before it enters a header field, a page or a PDF (security.md 2.3, SP-19).

Cleaning never fails: a hostile value loses characters, the mail still leaves and no lead is lost.
"""

import re
import unicodedata

from leadmaild.model.address import Address, parse_address
from leadmaild.reading.charset import clean, clean_line

NAME_LIMIT = 120
SUBJECT_LIMIT = 200
FIELD_LIMIT = 300
COMMENT_LIMIT = 20_000
GREETED_NAME_LIMIT = 60

_BLANKS = re.compile(r"[^\S\n]+")
_MANY_BLANK_LINES = re.compile(r"\n{3,}")

# Letters, marks, space and .'’- only; a dot straight before two letters would be read as a link (security.md 2.2).
_LINK_LIKE = re.compile(r"\.\w\w")
_DIALLED = re.compile(r"\+?\d[\d ()/.-]{4,24}")


def one_line(text: str | None, limit: int = FIELD_LIMIT) -> str:
    """Return the text as one line without control, direction or invisible characters, at most `limit` long."""
    return _cut(clean_line((text or "")[: limit * 4]), limit)


def paragraphs(text: str | None, limit: int = COMMENT_LIMIT) -> str:
    """Return free text with LF line ends, without control or invisible characters, at most `limit` long."""
    lines = (_BLANKS.sub(" ", line).strip() for line in clean((text or "")[: limit * 4]).split("\n"))
    return _cut(_MANY_BLANK_LINES.sub("\n\n", "\n".join(lines)).strip(), limit)


def greeted_name(text: str | None) -> str:
    """Return a name fit to be echoed to the address a stranger typed, or "" (security.md 2.2: the name is bait)."""
    name = one_line(text, GREETED_NAME_LIMIT + 1)
    is_plain = all(unicodedata.category(c)[0] in "LM" or c in " .'’-" for c in name)
    fits = name and len(name) <= GREETED_NAME_LIMIT and is_plain and not _LINK_LIKE.search(name)
    return name if fits and any(c.isalpha() for c in name) else ""


def mail_address(text: str | None) -> Address | None:
    """Return the one plain address in the text that can stand in an ASCII header field, or None (BI-53)."""
    address = parse_address(text or "")
    is_plain = address is not None and str(address).isascii() and "=?" not in address.local
    return address if is_plain else None


def dialled_number(text: str) -> str:
    """Return the digits for a tel: link, or "" if the text is not a plain telephone number (BI-52)."""
    if not _DIALLED.fullmatch(text.strip()):
        return ""
    digits = re.sub(r"\D", "", text)
    return f"{'+' if text.strip().startswith('+') else ''}{digits}" if 5 <= len(digits) <= 15 else ""


def web_link(text: str | None) -> str:
    """Return the text if it is an http(s) address without blanks or quotes, else ""."""
    url = (text or "").strip()
    return url if re.fullmatch(r"https?://[^\s<>\"'\\]{3,1000}", url) else ""


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"
