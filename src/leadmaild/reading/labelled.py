"""Reads labelled fields: by the common labels of five languages, and by those a source definition names.

Labels count by section (two cars in one mail use the same labels), and a message label opens a block inside which
labels are the customer's text (lead-formats 0.6, 4).
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from leadmaild.reading.fields.folding import accents_folded, label_key
from leadmaild.reading.fields.requests import is_refusal
from leadmaild.reading.labels import (
    SURE_MESSAGE,
    LabelSet,
    common_targets,
    in_trade_in,
    is_button,
    is_footer,
    section_of,
)
from leadmaild.reading.message import Document, Line

_LONGEST_LONE_LABEL = 40


@dataclass(frozen=True, slots=True)
class LabelledField:
    """One labelled value found: the target (moved to the trade-in where its section says so), the target by its label
    alone, the raw value, the label as written, the line it stands in, and whether the source itself names the label."""

    path: str
    by_label: str
    raw: str
    label: str
    line: int
    is_own: bool = False


@dataclass(slots=True)
class _Walk:
    """Where the walk through a document stands."""

    section: str = ""
    own_section: str = ""  # opened by a line the definition names, until the next heading
    block: list[str] | None = None  # lines of the open message block
    block_label: str = ""
    block_line: int = 0
    block_is_own: bool = False
    is_in_footer: bool = False
    has_vehicle: bool = False
    trade_in_follows: bool = False
    seen: set[tuple[str, str]] = field(default_factory=set)


def labelled_fields(
    document: Document,
    own: LabelSet | None = None,
    ends: Iterable[re.Pattern[str]] = (),
    *,
    use_common: bool = True,
) -> Iterator[LabelledField]:
    """Yield the labelled fields of a document in order: by the labels of `own` first, then by the common ones.

    `ends` are patterns of lines at which the message block, and all reading, ends.
    """
    walk = _Walk()
    # What the text does not hold at all need not be looked for line by line.
    stop = min((m.start() for p in ends if (m := p.search(document.plain)) is not None), default=len(document.plain))
    position = 0
    if own is not None and own.section_patterns:
        own = replace(own, section_patterns=tuple(s for s in own.section_patterns if s[0].search(document.plain)))
    for number, written in enumerate(document.lines):
        line = _with_lone_label(document.lines, number) if use_common else written
        position += len(written.text) + 1
        if position > stop + 1:
            break
        if line.is_quoted and walk.block is None:
            continue
        if walk.block is not None:
            if not _ends_block(document, number, own, use_common):
                walk.block.append(written.text)
                continue
            yield from _closed(walk)
            walk.is_in_footer = not is_button(line.text) and not _opens_section(line, own, use_common)
        yield from _of_line(line, number, walk, own, use_common)
    yield from _closed(walk)


def _of_line(line: Line, number: int, walk: _Walk, own: LabelSet | None, use_common: bool) -> Iterator[LabelledField]:
    section = _section_at(line, walk, own, use_common)
    if section and section != walk.section:
        walk.is_in_footer = walk.is_in_footer and section in ("dealer", "")
        walk.trade_in_follows = False
    walk.section = section
    if line.label is None:
        walk.is_in_footer = walk.is_in_footer or is_footer(line.text)
        return
    paths, is_own = _targets(line.label, own, use_common)
    if not paths or walk.is_in_footer or section == "dealer":
        return
    value = line.value or ""
    if "message" in paths and not _is_own_row(line):
        walk.block, walk.block_label, walk.block_line, walk.block_is_own = [value], line.label, number, is_own
        return
    for path in paths:
        target = _in_section(path, walk, section)
        once = (target, label_key(line.label))
        if value.strip() and once not in walk.seen:
            walk.seen.add(once)
            walk.has_vehicle = walk.has_vehicle or target.startswith("vehicle.")
            if target == "request.trade_in" and not is_refusal(value):
                walk.trade_in_follows = walk.has_vehicle
            yield LabelledField(target, path, value, line.label, number, is_own)


def _section_at(line: Line, walk: _Walk, own: LabelSet | None, use_common: bool) -> str:
    if opened := _own_section(line, own):
        walk.own_section = opened
    elif line.is_heading:
        walk.own_section = ""
    return walk.own_section or _line_section(line.section, own, use_common)


def _own_section(line: Line, own: LabelSet | None) -> str:
    """The section that a line opens by a pattern of the definition, heading or not."""
    if own is not None:
        for pattern, kind in own.section_patterns:
            if pattern.search(line.text):
                return kind
    return ""


def _with_lone_label(lines: tuple[Line, ...], number: int) -> Line:
    """A known label alone on its line, without colon, and the value on the line below it."""
    line = lines[number]
    words = line.text.strip(" -–=*#_:•>|")
    if line.label is not None or not words or len(words) > _LONGEST_LONE_LABEL or line.text[-1] in ".,;!":
        return line
    paths = common_targets(words)
    if not paths:
        return line
    if "message" in paths:
        return replace(line, label=words, value="") if SURE_MESSAGE.search(accents_folded(words)) else line
    below = next((n for n in lines[number + 1 : number + 3] if n.text.strip()), None)
    if below is None or below.label is not None or below.is_quoted or common_targets(below.text.strip(" -–=*#_:•>|")):
        return line
    return replace(line, label=words, value=below.text)


def _is_own_row(line: Line) -> bool:
    """A value in a cell of its own is complete."""
    return line.is_cell and bool((line.value or "").strip())


def _targets(label: str, own: LabelSet | None, use_common: bool) -> tuple[tuple[str, ...], bool]:
    """The targets of a label, and whether they are the source's own."""
    if own is not None and (found := own.targets_of(label)):
        return found, True
    return (common_targets(label) if use_common else ()), False


def _in_section(path: str, walk: _Walk, section: str) -> str:
    if section == "trade_in" or (walk.trade_in_follows and section in ("", "vehicle")):
        return in_trade_in(path)
    if path == "title_of_person_or_ad" and section == "vehicle":
        return "vehicle.title"
    if section == "finance" and path in ("request.financing", "request.leasing"):
        return path
    return path


def _line_section(heading: str, own: LabelSet | None, use_common: bool) -> str:
    if own is not None:
        for pattern, kind in own.section_patterns:
            if heading and pattern.search(heading):
                return kind
    return section_of(heading) if use_common else ""


def _opens_section(line: Line, own: LabelSet | None, use_common: bool) -> bool:
    opened = _own_section(line, own) or (line.is_heading and _line_section(line.section, own, use_common))
    return opened not in (False, "", "dealer")


def _ends_block(document: Document, number: int, own: LabelSet | None, use_common: bool) -> bool:
    """Whether the message ends before this line: signature mark, rule, known footer, or a heading over known labels."""
    line = document.lines[number]
    text = line.text.strip()
    if _own_section(line, own):
        return True
    if text in ("--", "-- ") or is_rule_line(text) or is_footer(text) or is_button(text):
        return True
    if not line.is_heading or not _line_section(line.section, own, use_common):
        return False
    following = next((ln for ln in document.lines[number + 1 :] if ln.text), None)
    return following is not None and following.label is not None and bool(_targets(following.label, own, use_common)[0])


def is_rule_line(text: str) -> bool:
    """Whether the line is drawn, not written: `-----`, `=====`, `* * *`."""
    return (
        len(text) >= 3
        and not any(c.isalnum() for c in text)
        and len(set(text) - {" "}) <= 2
        and text[0] in "-=_*~#+·—–"
    )


def _closed(walk: _Walk) -> Iterator[LabelledField]:
    if walk.block is not None:
        text = "\n".join(walk.block).strip()
        if text and ("message", "") not in walk.seen:
            walk.seen.add(("message", ""))
            yield LabelledField("message", "message", text, walk.block_label, walk.block_line, walk.block_is_own)
        walk.block = None
