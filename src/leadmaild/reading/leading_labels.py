"""Lines whose first words are the label, without any mark behind it: `Telefon 0171 ...`."""

from leadmaild.reading.labels import common_targets
from leadmaild.reading.message import Line

_FEWEST_LABELS = 3
_MOST_WORDS = 4
_MARKS = frozenset(("=>", "->", "→", "-", "–", "|", ":", "="))  # what stands behind a label of another kind
_LONGEST_LINE = 200
_MOST_LINES = 200  # a form of such lines has no more; what follows is somebody's prose


def with_leading_labels(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """`Name Eva Lind`, `Telefon 0171 ...`: believed where no line has a label, and several read like that."""
    if any(line.label is not None and common_targets(line.label) for line in lines):
        return lines
    head = lines[:_MOST_LINES]
    split = [_leading_label(line) for line in head]
    targets = {path for line in split if line is not None and line.label for path in common_targets(line.label)}
    if len(targets) < _FEWEST_LABELS:
        return lines
    return (*(new or old for new, old in zip(split, head, strict=True)), *lines[len(head) :])


def _leading_label(line: Line) -> Line | None:
    words = line.text.split()
    if line.is_quoted or len(line.text) > _LONGEST_LINE or not _MARKS.isdisjoint(words[:_MOST_WORDS]):
        return None
    for count in (3, 2, 1):
        label = " ".join(words[:count])
        if any(map(str.isalnum, "".join(words[count:]))) and common_targets(label):
            return line._replace(label=label, value=" ".join(words[count:]))
    return None
