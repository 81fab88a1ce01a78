"""Reads labelled fields: by the common labels of five languages, or by those a source definition names.

Labels count by section (two cars in one mail use the same labels), and a message label opens a block inside which
labels are the customer's text (lead-formats 0.6, 4).
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from importlib.resources import files

from leadmaild.reading.fields.folding import accents_folded, label_key
from leadmaild.reading.fields.requests import is_refusal
from leadmaild.reading.message import Document, Line

# A lone line that certainly heads a message; "Anfrage" or "Text" alone may be anything.
_SURE_MESSAGE = re.compile(r"nachricht|message|messaggio|bericht|mitteilung|kommentar|comment|bemerkung|anmerkung|opmerking|remarque")
_NOT_A_MESSAGE = re.compile(r"\b(?:id|nr|nummer|number|von|vom|from|de|da|van|datum|date|typ|type|neue|new|status|art|letzte)\b|-id\b|nachrichten")
_LONGEST_LONE_LABEL = 40
_PARENTHESES = re.compile(r"[(\[].*?[)\]]?$|[(\[][^)\]]*[)\]]")
_TRADE_IN_LABEL = re.compile(
    r"\b(?:inzahlungnahme(?:fahrzeug)?|in zahlung|eintausch(?:fahrzeug|wagen)?|altfahrzeug|altwagen|ankauf(?:sfahrzeug)?|"
    r"trade[- ]?in|part[- ]?exchange|reprise|permuta|inruil(?:auto|voertuig)?)\b[\s:/–-]*"
)


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


@dataclass(frozen=True, slots=True)
class LabelSet:
    """Which label means which targets, and which heading opens which section; keys are folded (label_key)."""

    targets: Mapping[str, tuple[str, ...]]
    sections: Mapping[str, str] = field(default_factory=dict)  # folded heading -> section
    section_patterns: tuple[tuple[re.Pattern[str], str], ...] = ()
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    footer_labels: frozenset[str] = frozenset()
    footer_begins: tuple[str, ...] = ()
    buttons: frozenset[str] = frozenset()
    hints: tuple[str, ...] = ()

    def targets_of(self, label: str) -> tuple[str, ...]:
        """Return the targets of a label as written in a mail, () if it is not known."""
        return self.targets.get(label_key(label)) or ()


@cache
def common_labels() -> LabelSet:
    """Return the packaged labels of five languages (labels.toml)."""
    tables = tomllib.loads(files("leadmaild.reading").joinpath("labels.toml").read_text(encoding="utf-8"))
    targets: dict[str, tuple[str, ...]] = {}
    for path, labels in tables["labels"].items():
        for label in labels:
            targets.setdefault(label_key(label), (path,))
    sections = {label_key(heading): kind for kind, headings in tables["sections"].items() for heading in headings}
    around = tables["around"]
    return LabelSet(
        targets,
        sections,
        before=tuple(map(accents_folded, around["before"])),
        after=tuple(map(accents_folded, around["after"])),
        footer_labels=frozenset(map(label_key, tables["footers"]["labels"])),
        footer_begins=tuple(tables["footers"]["begins"]),
        buttons=frozenset(map(label_key, tables["footers"]["buttons"])),
        hints=tuple(tables["footers"]["hints"]),
    )


@lru_cache(maxsize=4096)
def common_targets(label: str) -> tuple[str, ...]:
    """Return the targets of a label by the common table, what stands around it left away; a trade-in label's own."""
    found = _around_left_away(label)
    if found:
        return found
    folded = accents_folded(label)
    if _TRADE_IN_LABEL.search(folded):
        rest = _TRADE_IN_LABEL.sub(" ", folded).strip(" -–:/()")
        inner = _around_left_away(rest) if rest else ()
        return tuple(in_trade_in(path) for path in inner)
    is_message = _SURE_MESSAGE.search(folded) and len(folded.split()) <= 5 and not _NOT_A_MESSAGE.search(folded)
    return ("message",) if is_message else ()


def _around_left_away(label: str) -> tuple[str, ...]:
    labels = common_labels()
    if found := labels.targets_of(label):
        return found
    bare = accents_folded(_PARENTHESES.sub("", label)).strip(" *?:.!")
    if found := labels.targets_of(bare):
        return found
    without = [bare.removeprefix(words + " ") for words in labels.before]
    without += [bare.removesuffix(" " + words) for words in labels.after]
    for shorter in without:
        if shorter != bare and (found := labels.targets_of(shorter)):
            return found
    return ()


def in_trade_in(path: str) -> str:
    """Return the target a vehicle target becomes in a trade-in section."""
    group, _, name = path.partition(".")
    if path == "proposed_price" or path == "vehicle.price":
        return "trade_in.price_expectation"
    return f"trade_in.{name}" if group == "vehicle" else path


def section_of(heading: str) -> str:
    """Return the section a heading opens by the common table: trade_in, finance, dealer, contact, vehicle or ""."""
    return _section_of(heading) if heading else ""


@lru_cache(maxsize=2048)
def _section_of(heading: str) -> str:
    labels = common_labels()
    bare = accents_folded(_PARENTHESES.sub("", heading)).strip(" *:-–=#•>|!.")
    candidates = [bare, *(bare.removeprefix(w + " ") for w in labels.before)]
    for candidate in candidates:
        if known := labels.sections.get(label_key(candidate)):
            return known
    if _TRADE_IN_LABEL.search(bare) and len(bare.split()) <= 6:
        return "trade_in"
    return ""


def is_footer(text: str) -> bool:
    """Whether a line begins what follows a message: consent, technical lines, the platform's own words."""
    labels = common_labels()
    folded = accents_folded(text[:120]).lstrip(" *•>|-–_")
    return folded.startswith(labels.footer_begins) or label_key(folded.partition(":")[0]) in labels.footer_labels


def is_button(text: str) -> bool:
    """Whether a line is a button or a hint how to answer: it ends a message, but is no footer yet."""
    labels = common_labels()
    folded = accents_folded(text[:120]).lstrip(" *•>|-–_")
    return folded.startswith(labels.hints) or label_key(folded) in labels.buttons


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
    stops = tuple(ends)
    for number, written in enumerate(document.lines):
        line = _with_lone_label(document.lines, number) if use_common else written
        if line.is_quoted and walk.block is None:
            continue
        if any(p.search(line.text) for p in stops):
            break
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
    """A known label alone on its line, without colon, and the value on the line below (headings of forms, bold lines)."""
    line = lines[number]
    words = line.text.strip(" -–=*#_:•>|")
    if line.label is not None or not words or len(words) > _LONGEST_LONE_LABEL or line.text[-1] in ".,;!":
        return line
    paths = common_targets(words)
    if not paths:
        return line
    if "message" in paths:
        return replace(line, label=words, value="") if _SURE_MESSAGE.search(accents_folded(words)) else line
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
