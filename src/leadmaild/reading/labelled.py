"""Reads labelled fields: by the common labels of five languages, and by those a source definition names.

Labels count by section (two cars in one mail use the same labels), and a message label opens a block inside which
labels are the customer's text (lead-formats 0.6, 4).
"""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from leadmaild.reading.below_message import without_fields_below
from leadmaild.reading.fields.folding import accents_folded, label_key
from leadmaild.reading.fields.requests import is_refusal, starts_with_box
from leadmaild.reading.freetext import is_closing
from leadmaild.reading.imprint import SHORTEST_IMPRINT, is_imprint
from leadmaild.reading.labels import (
    SURE_MESSAGE,
    LabelSet,
    common_targets,
    ends_words,
    in_trade_in,
    is_button,
    is_footer,
    is_mere_words,
    is_platforms_signature,
    section_of,
)
from leadmaild.reading.leading_labels import with_leading_labels
from leadmaild.reading.lone_labels import RULE_SIGNS, is_rule_line, with_lone_label
from leadmaild.reading.message import Document, Line
from leadmaild.reading.rows import undecorated_heading
from leadmaild.reading.taken_apart import taken_apart

_ADDRESS_ALONE = re.compile(r"[^\s@<>()]{1,64}@[\w.-]{3,120}")
_NUMBER_ALONE = re.compile(r"(?:\+|00?[1-9]|\(0)[\d\s()/.–-]{5,24}")
_FEWEST_DIGITS = 7
_LONGEST_BLOCK = 20_000


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


def labelled_fields(
    document: Document,
    own: LabelSet | None = None,
    end: re.Pattern[str] | None = None,
    *,
    use_common: bool = True,
    message_ends_at_contact: bool = False,
) -> Iterator[LabelledField]:
    """Yield the labelled fields of a document in order: by the labels of `own` first, then by the common ones.

    `end` tells lines at which the message block, and all reading, ends. `message_ends_at_contact` is for a
    form that prints the customer below his message: a label of his name, address or number ends it too.
    """
    # What the text does not hold at all need not be looked for line by line.
    ending = end.search(document.plain) if end is not None else None
    stop = ending.start() if ending is not None else len(document.plain)
    lines = with_leading_labels(document.lines) if use_common else document.lines
    sections = own.sections_in(document.plain) if own is not None else ()
    yield from _Walk(lines, own, sections, use_common, message_ends_at_contact).fields(stop)


class _Walk:
    """Goes through the lines of a document once, knowing in which section and message block it stands."""

    def __init__(
        self,
        lines: tuple[Line, ...],
        own: LabelSet | None,
        sections: tuple[tuple[re.Pattern[str], str], ...],
        use_common: bool,
        message_ends_at_contact: bool,
    ) -> None:
        self._lines = lines
        self._own = own
        self._sections = sections  # of the definition
        self._use_common = use_common
        self._ends_at_contact = message_ends_at_contact
        self._section = ""
        self._own_section = ""  # opened by a line the definition names, until the next heading
        self._block: list[str] | None = None  # lines of the open message block
        self._block_start = LabelledField("message", "message", "", "", 0)
        self._block_length = 0
        self._is_in_footer = False
        self._has_vehicle = False
        self._trade_in_follows = False
        self._seen: set[tuple[str, str]] = set()

    def fields(self, stop: int) -> Iterator[LabelledField]:
        """Yield the fields of the lines before the text position `stop`."""
        position = 0
        is_all_quoted = all(line.is_quoted or not line.text for line in self._lines)  # somebody's way to send a form
        for number, written in enumerate(self._lines):
            position += len(written.text) + 1
            if position > stop + 1:
                break
            if self._block == [""] and is_rule_line(written.text):
                continue  # it underlines the label
            if self._block is not None and not self._ends_block(number):
                self._block.append(written.text)
                self._block_length += len(written.text)
                if self._block_length > _LONGEST_BLOCK:
                    break  # nobody reads more of it, and no field stands that far down
                continue
            if written.is_quoted and self._block is None and not is_all_quoted:
                continue
            line = with_lone_label(self._lines, number) if self._use_common else written
            if self._block is not None:
                if is_platforms_signature(line.text):
                    self._drop_greeting()
                yield from self._closed_block()
                self._is_in_footer = not (is_button(line.text) or self._opens_section(line) or self._is_field(line))
            for part in taken_apart(line) if self._use_common else (line,):
                yield from self._of_line(part, number)
        yield from self._closed_block()

    def _of_line(self, line: Line, number: int) -> Iterator[LabelledField]:
        section = self._section_at(line)
        if section and section != self._section:
            self._is_in_footer = self._is_in_footer and section == "dealer"
            self._trade_in_follows = False
        self._section = section
        if line.label is None:
            if starts_with_box(line.text):
                yield from self._field("request_type", "request_type", line.text, line.text, number, False)
            elif (
                section == "contact" and not self._is_in_footer and not line.is_heading and (path := _way_in(line.text))
            ):
                yield from self._field(path, path, line.text, line.text, number, False)
            elif line.text and not self._is_in_footer and self._seen:  # "This e-mail was sent ..." may stand on top
                self._is_in_footer = is_footer(line.text) or self._is_rule_over_footer(number)
            return
        paths, is_own = self._targets(line.label)
        if not paths and line.value and starts_with_box(line.value):
            paths = ("request_type",)
        if not paths or self._is_in_footer or section == "dealer":
            return
        value = line.value or ""
        if "message" in paths and not is_own and value.strip() and self._is_only_a_topic(line, number):
            paths = ("request_type",)
        if "message" in paths and not (line.is_cell and value.strip()):  # a value in a cell of its own is complete
            self._block = [value]
            self._block_start = LabelledField("message", "message", "", line.label, number, is_own)
            return
        for path in paths:
            yield from self._field(self._in_section(path, section), path, value, line.label, number, is_own)

    def _field(
        self, target: str, path: str, value: str, label: str, number: int, is_own: bool
    ) -> Iterator[LabelledField]:
        once = (target, label_key(label))
        if value.strip() and once not in self._seen:
            self._seen.add(once)
            self._has_vehicle = self._has_vehicle or target.startswith("vehicle.")
            if target == "request.trade_in" and not is_refusal(value):
                self._trade_in_follows = self._has_vehicle
            yield LabelledField(target, path, value, label, number, is_own)

    # ---- sections ----

    def _section_at(self, line: Line) -> str:
        if opened := self._opened_by_own_pattern(line):
            self._own_section = opened
        elif line.is_heading:
            self._own_section = ""
        return self._own_section or self._section_named(line.section)

    def _opened_by_own_pattern(self, line: Line) -> str:
        """The section that a line opens by a pattern of the definition, heading or not; inside a message only where
        the line is no more than that or ends in a colon: a customer may say the same words."""
        for pattern, kind in self._sections:
            found = pattern.search(line.text)
            if found is None:
                continue
            head = line.text.partition("\n")[0]  # a value below may be folded into the line
            around = head[: found.start()] + head[found.end() :]
            is_head = line.is_heading or head.endswith(":") or not any(map(str.isalnum, around))
            if self._block is None or is_head:
                return kind
        return ""

    def _section_named(self, heading: str) -> str:
        named = next((kind for pattern, kind in self._sections if pattern.search(heading)), "") if heading else ""
        return named or (section_of(heading) if self._use_common else "")

    def _opens_section(self, line: Line) -> bool:
        opened = self._opened_by_own_pattern(line) or (line.is_heading and self._section_named(line.section))
        return opened not in (False, "", "dealer")

    def _in_section(self, path: str, section: str) -> str:
        if section == "trade_in" or (self._trade_in_follows and section in ("", "vehicle")):
            return in_trade_in(path)
        if path == "title_of_person_or_ad" and section == "vehicle":
            return "vehicle.title"
        return path

    # ---- labels ----

    def _targets(self, label: str) -> tuple[tuple[str, ...], bool]:
        """The targets of a label, and whether they are the source's own."""
        if self._own is not None and (found := self._own.targets_of(label)):
            return found, True
        return (common_targets(label) if self._use_common else ()), False

    def _is_field(self, line: Line) -> bool:
        """Whether a line below the message is the form's, not the customer's: cells of a table or a bold label, which
        he does not write, or a label of the contact where the form prints it there."""
        if line.label is None or not line.value:
            return False
        is_forms = line.is_cell or line.is_set_off
        paths = self._targets(line.label)[0] if is_forms or self._ends_at_contact else ()
        return bool(paths) if is_forms else any(path.startswith("contact.") for path in paths)

    # ---- the message block ----

    def _ends_block(self, number: int) -> bool:
        """Whether the message ends before this line: signature mark, rule, known footer, a heading over labels."""
        line = self._lines[number]
        text = line.text
        if len(text) >= SHORTEST_IMPRINT and self._own is not None and is_imprint(text, self._own.portal):
            return True
        if line.label is None and not line.is_heading and not self._sections and is_mere_words(text):
            return False
        if text[:1] in RULE_SIGNS and (text == "--" or is_rule_line(text)):
            return True
        if ends_words(text) or (self._sections and self._opened_by_own_pattern(line)):
            return True
        if line.label is not None and self._is_field(line):
            return True
        names_section = line.is_heading and bool(self._section_named(line.section))
        if not names_section and not (line.is_heading and undecorated_heading(text)):
            return False
        if names_section and line.is_set_off:
            return True
        following = next((n for n in self._lines[number + 1 :] if n.text and not is_rule_line(n.text)), None)
        return following is not None and following.label is not None and bool(self._targets(following.label)[0])

    def _drop_greeting(self) -> None:
        """The greeting above the platform's name is not the customer's."""
        kept = list(itertools.dropwhile(lambda text: not text.strip(), reversed(self._block or [])))
        if kept and is_closing(kept[0]):
            self._block = kept[:0:-1]

    def _closed_block(self) -> Iterator[LabelledField]:
        """The message, and the fields a form printed right below it."""
        if self._block is None:
            return
        text, below = without_fields_below(
            "\n".join(self._block).strip().split("\n"), lambda label: self._targets(label)[0]
        )
        self._block = None
        if text and ("message", "") not in self._seen:
            self._seen.add(("message", ""))
            yield replace(self._block_start, raw=text)
        for label, value in below:
            for path in self._targets(label)[0]:
                yield from self._field(path, path, value, label, self._block_start.line, False)

    def _is_only_a_topic(self, line: Line, number: int) -> bool:
        """Whether `Ihr Anliegen: Probefahrt` names a topic: its value is whole, and a label that surely heads the
        message stands below it."""
        following = next((n for n in self._lines[number + 1 :] if n.text), None)
        is_whole = line.is_cell or (following is not None and bool(following.label and common_targets(following.label)))
        if not is_whole or SURE_MESSAGE.search(accents_folded(line.label or "")):
            return False
        return any(
            n.label is not None
            and SURE_MESSAGE.search(accents_folded(n.label))
            and "message" in common_targets(n.label)
            for n in self._lines[number + 1 :]
        )

    def _is_rule_over_footer(self, number: int) -> bool:
        """A rule, and right below it what forms say of the sending: page, browser, address (Elementor)."""
        if not is_rule_line(self._lines[number].text.strip()):
            return False
        return any(is_footer(line.text) for line in self._lines[number + 1 : number + 6])


def _way_in(text: str) -> str:
    """What a line of a contact block is that has no label: an address or a number and nothing else, or ""."""
    bare = text.strip()
    if _ADDRESS_ALONE.fullmatch(bare):
        return "contact.email"
    return "contact.phone" if _NUMBER_ALONE.fullmatch(bare) and sum(map(str.isdigit, bare)) >= _FEWEST_DIGITS else ""
