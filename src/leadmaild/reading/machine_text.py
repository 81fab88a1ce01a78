"""Tells a machine's text from a person's where nobody described the machine (lead-formats 5.6)."""

import re
from collections import Counter

from leadmaild.reading.message import Document

# `WER >> Hoffmann|Lea`, `KDNAME: Lea`, `cust_mail = ...`: a short key, and a sign between it and its value.
_KEYED = re.compile(r"\W{0,3}([^\W\d_][\w .\-/]{0,30}?)\s*(>>|\|{1,2}|=>|->|::|:=|~|=|;|:(?!//))(?=\s|\S)")
_KEY_OF_MACHINE = re.compile(r"[A-Z][A-Z0-9_]+|[A-Za-z0-9]+(?:_[A-Za-z0-9]+)+|[a-z]+(?:[A-Z][a-z0-9]+)+")
_FEWEST_LINES = 4
_MOST_LINES = 60
_SIGNS_OF_PROSE = (":", "=", ";")  # a person writes them too: they count behind a machine's key only


def is_of_machine(document: Document) -> bool:
    """Whether most lines of a text are keys and values with one sign between them that no label has."""
    lines = [line.text for line in document.lines if any(map(str.isalnum, line.text)) and not line.is_quoted]
    if not _FEWEST_LINES <= len(lines) <= _MOST_LINES:
        return False
    signs = Counter(
        found[2]
        for line in lines
        if (found := _KEYED.match(line[:80]))
        and (found[2] not in _SIGNS_OF_PROSE or _KEY_OF_MACHINE.fullmatch(found[1]))
    )
    return bool(signs) and max(signs.values()) >= max(_FEWEST_LINES, len(lines) // 2)
