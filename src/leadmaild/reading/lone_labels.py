"""Labels without a colon: alone above their value, or with an arrow, a dash or brackets between the two."""

import re

from leadmaild.reading.fields.folding import accents_folded
from leadmaild.reading.fields.requests import starts_with_box
from leadmaild.reading.labels import SURE_MESSAGE, common_targets
from leadmaild.reading.message import Line

RULE_SIGNS = frozenset("-=_*~#+·—–")
_LONGEST_LONE_LABEL = 40
_LONGEST_WITH_LEADING_LABEL = 200
_ODD_SIGN = re.compile(r"[\]>|→–—]|\s-\s")
_SIGNS_OF_LABELS = " -–=*#_:•>|"
# `Name => Eva`, `Name - Eva`, `[Name] Eva`: believed only behind a label that is known.
_ODD_SEPARATOR = re.compile(
    r"\W{0,3}?((?<!\w)\[?[^\W\d_][^\[\]=>|]{0,40}?\]?)(?:\s*(?:=>|->|→)\s*|\s+[-–—|]\s+|(?<=\])\s+)(\S.*)"
)


def with_lone_label(lines: tuple[Line, ...], number: int) -> Line:
    """A known label alone on its line, without colon, and the value on the line below it."""
    line = lines[number]
    words = "" if starts_with_box(line.text) else line.text.strip(_SIGNS_OF_LABELS)
    may_be_odd = line.label is None and len(line.text) <= _LONGEST_WITH_LEADING_LABEL and _ODD_SIGN.search(line.text)
    odd = _ODD_SEPARATOR.fullmatch(line.text) if may_be_odd else None
    if odd and common_targets(odd[1].strip("[]()")) and not common_targets(odd[2].partition(" | ")[0]):
        return line._replace(label=odd[1].strip("[]()"), value=odd[2])
    if line.label is not None or not words or len(words) > _LONGEST_LONE_LABEL or line.text[-1] in ".,;!":
        return line
    paths = common_targets(words)
    if "message" in paths:
        return line._replace(label=words, value="") if SURE_MESSAGE.search(accents_folded(words)) else line
    near = lines[number + 1 : number + 3]
    below = next((n for n in near if n.text.strip() and not is_rule_line(n.text)), None)
    is_value = below is not None and below.label is None and not below.is_quoted
    if not paths or below is None or not is_value or common_targets(below.text.strip(_SIGNS_OF_LABELS)):
        return line
    return line._replace(label=words, value=below.text)


def is_rule_line(text: str) -> bool:
    """Whether the line is drawn, not written: `-----`, `=====`, `* * *`."""
    return (
        text[:1] in RULE_SIGNS and len(text) >= 3 and not any(c.isalnum() for c in text) and len(set(text) - {" "}) <= 2
    )
