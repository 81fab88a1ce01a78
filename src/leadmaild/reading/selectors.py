"""Applies a definition to a mail: its selectors, then the common labels, into Findings with their origin."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

from leadmaild.model.reading import RedirectClass
from leadmaild.reading import targets
from leadmaild.reading.ad_lines import add_ad_lines
from leadmaild.reading.carriers import XmlLeaf
from leadmaild.reading.dealers_labels import without_dealers
from leadmaild.reading.definitions import Pattern, Selector, SourceDefinition
from leadmaild.reading.fields.phones import phones_in
from leadmaild.reading.findings import DEFINITION, HEADER, LABEL, STRUCTURED, URL, Findings, Locale
from leadmaild.reading.imprint import is_imprint
from leadmaild.reading.labelled import LabelledField, labelled_fields
from leadmaild.reading.labels import ends_words
from leadmaild.reading.message import Document
from leadmaild.reading.recognise import Mail

_CONFIDENCE = {"header": HEADER, "url": URL, "xml_comment": STRUCTURED, "json": STRUCTURED}
# Which leaf of an unknown XML holds the caller: its name tells; the dealer's own line does not count.
_CALLED = re.compile(
    r"called|dealer|seller|sellid|vendor|haendler|target|destin|forward|agent|office|tracking|virtual|service|concession|"
    r"\bto\b|/id\b|duration|time|date|stamp|price|km|mileage|zip|fax"
)
_CALLER = re.compile(
    r"caller|customer|anrufer|client|from|buyer|interess|consumer|kunde|klant|appelant|chiamante|cli\b|a-?number"
)


@dataclass(frozen=True, slots=True)
class Found:
    """A raw text a selector found, and the place."""

    raw: str
    where: str


def apply_definition(definition: SourceDefinition, mail: Mail, locale: Locale) -> Findings:
    """Return what the definition finds in the mail, and what the common labels add to it."""
    findings = Findings()
    for selector in definition.selectors:
        if selector.kind != "label" and _is_asked(selector, mail):
            for found in _found(selector, mail, locale):
                if _put(findings, selector, selector.target, found, definition, locale) and not _wants_all(selector):
                    break
    words = findings.best("message")
    by_labels = _by_labels(definition, mail, locale, str(words.value) if words else "", message_ends_at_contact=False)
    if definition.redirect_class is RedirectClass.GENERAL and not names_a_way(by_labels):
        # A form may print the customer below his message; a portal's labels inside a message are the customer's text.
        by_labels = _by_labels(definition, mail, locale, message_ends_at_contact=True)
    findings.items.extend(by_labels)
    if definition.redirect_class is RedirectClass.MARKETPLACE and mail.documents:
        add_ad_lines(findings, mail.documents[0], locale)
    return findings


def common_findings(mail: Mail, locale: Locale) -> Findings:
    """Return what the common labels find in a mail no definition knows."""
    found = Findings()
    for ends_at_contact in (False, True):
        found = Findings()
        for number, document in enumerate(mail.documents):
            is_read = number == 0 and not ends_at_contact
            fields = (
                mail.common_fields if is_read else labelled_fields(document, message_ends_at_contact=ends_at_contact)
            )
            for field in fields:
                where = f"{document.origin} line {field.line + 1}"
                targets.put(
                    found, field.path, field.raw, locale, where=where, rule=f"label:{field.label}", confidence=LABEL
                )
        if names_a_way(found) or not found.has("message"):  # without a message none can end elsewhere
            break
    return found


def names_a_way(findings: Findings) -> bool:
    """Whether a way to the customer was found: an address or a number."""
    return any(findings.has(path) for path in ("contact.email", "contact.relay_email", "contact.phone"))


def _without_labels_in(document: Document, message: str) -> Document:
    """The document with the lines of a message that a selector found as mere text: labels in it are the customer's."""
    words = {line.strip() for line in message.split("\n") if line.strip()}
    if not words:
        return document
    lines = (
        line._replace(label=None, value=None) if line.label is not None and line.text in words else line
        for line in document.lines
    )
    return replace(document, lines=tuple(lines))


def _by_labels(
    definition: SourceDefinition, mail: Mail, locale: Locale, message: str = "", *, message_ends_at_contact: bool
) -> Findings:
    """The labelled fields of all documents: by the definition's labels, then by the common ones."""
    findings = Findings()
    by_target: dict[str, list[Selector]] = {}
    for selector in definition.selectors:
        if selector.kind == "label":
            by_target.setdefault(selector.target, []).append(selector)
    for document in map(partial(_without_labels_in, message=message), mail.documents):
        fields = list(labelled_fields(
            document, definition.labels, definition.end,
            use_common=definition.uses_common_labels, message_ends_at_contact=message_ends_at_contact,
        ))  # fmt: skip
        for field in without_dealers(fields) if definition.redirect_class is RedirectClass.MARKETPLACE else fields:
            found = Found(field.raw, f"{document.origin} line {field.line + 1}")
            if not field.is_own:
                _put_common(findings, field, found, definition, locale)
                continue
            for selector in by_target.get(field.by_label, ()):
                _put(findings, selector, field.path, found, definition, locale)
    return findings


def _put_common(
    findings: Findings, field: LabelledField, found: Found, definition: SourceDefinition, locale: Locale
) -> None:
    confidence = DEFINITION if definition.owns_common_labels else LABEL
    targets.put(
        findings, field.path, field.raw, locale, where=found.where, rule=f"label:{field.label}", confidence=confidence
    )


def _put(
    findings: Findings, selector: Selector, path: str, found: Found, definition: SourceDefinition, locale: Locale
) -> bool:
    """Shape one raw text as the selector says and keep what it means; whether anything was kept."""
    confidence = selector.confidence if selector.confidence is not None else _CONFIDENCE.get(selector.kind, DEFINITION)
    rule = f"{definition.id}:{selector.target}"
    before = len(findings.items)
    own_locale = targets.in_currency(locale, selector.currency or None, selector.region or None)
    is_message = selector.target == "message" and selector.kind in ("body", "css")
    text = _before_end(found.raw, definition) if is_message else found.raw
    for raw in _shaped(selector, text):
        if not selector.type:
            targets.put(findings, path, raw, own_locale, where=found.where, rule=rule, confidence=confidence)
            continue
        for target, value in targets.typed(selector.type)(path, raw, own_locale):
            findings.add(target, value, raw, found.where, rule, confidence)
    return len(findings.items) > before


def _before_end(text: str, definition: SourceDefinition) -> str:
    """The words of a message up to the button, footer or imprint of the portal below them."""
    first, *more = text.strip().split("\n")
    portal = definition.labels.portal
    words = itertools.takewhile(lambda line: not (ends_words(line) or is_imprint(line, portal)), more)
    return "\n".join((first, *words))


def _shaped(selector: Selector, raw: str) -> Iterator[str]:
    """The raw text cut, split, prefixed and mapped as the selector says."""
    if selector.after is not None:
        found = selector.after.search(raw)
        raw = raw[found.end() :] if found else raw
    if selector.until is not None and (found := selector.until.search(raw)):
        raw = raw[: found.start()]
    if selector.split:
        pieces = raw.split(selector.split)
        if selector.index is None and selector.map:  # a list of which every piece is mapped
            for piece in pieces:
                yield from _mapped(selector, piece.strip())
            return
        index = selector.index or 0
        if not -len(pieces) <= index < len(pieces):
            return
        raw = pieces[index]
    raw = raw.strip()
    if not selector.map:
        if raw:
            yield selector.prefix + raw
        return
    yield from _mapped(selector, raw)


def _mapped(selector: Selector, raw: str) -> Iterator[str]:
    """What the map makes of a text as a whole, else of its words."""
    table = {k.casefold(): v for k, v in selector.map.items()}
    wholes = [raw.casefold()] if raw.casefold() in table else [p.casefold() for p in re.split(r"[\s,;/|+]+", raw)]
    yield from [table[p] for p in wholes if p in table] or ([table["*"]] if "*" in table else [])


def _wants_all(selector: Selector) -> bool:
    return selector.target in ("contact.phone", "request_type")


def _is_asked(selector: Selector, mail: Mail) -> bool:
    return selector.when_subject is None or selector.when_subject.search(mail.subject) is not None


def _found(selector: Selector, mail: Mail, locale: Locale) -> Iterator[Found]:
    match selector.kind:
        case "subject":
            yield from _by_patterns(selector.patterns, [mail.subject], "subject")
        case "from_name":
            yield from _by_patterns(selector.patterns, [mail.sender.name or ""], "header from")
        case "body":
            yield from _by_patterns(selector.patterns, [d.plain for d in mail.documents], "text")
        case "url":
            yield from _by_patterns(selector.patterns, mail.carriers.links, "link")
        case "header":
            yield from _by_headers(selector, mail)
        case "css":
            yield from (Found(t, f"html {css}") for css in selector.names for t in mail.carriers.css_texts(css))
        case "json":
            yield from (Found(t, f"json {path}") for path in selector.names for t in mail.carriers.json_values(path))
        case "xml_comment":
            yield from _by_xml(selector, mail, locale)
        case _:
            yield from (Found(name, "definition") for name in selector.names)


def _by_patterns(patterns: tuple[Pattern, ...], texts: tuple[str, ...] | list[str], where: str) -> Iterator[Found]:
    """The group `x`, else the first group, else the whole (a link as a whole) of the first match in each text."""
    if len(texts) > 1:  # a page has dozens of links, and most expressions match none of them
        together = "\n".join(texts)
        patterns = tuple(pattern for pattern in patterns if pattern.search(together))
    for text in texts if patterns else ():
        for pattern in patterns:
            found = pattern.search(text)
            if found is None:
                continue
            if "x" in pattern.groupindex:
                value = found.group("x")
            elif pattern.groups:
                value = found.group(1)
            else:
                value = text if where == "link" else found.group(0)
            if value:
                yield Found(value, where)
                break


def _by_headers(selector: Selector, mail: Mail) -> Iterator[Found]:
    values = [(name, (mail.message.get(name) or "").strip()) for name in selector.names]
    if selector.join is not None:
        if all(value for _, value in values):
            yield Found(selector.join.join(value for _, value in values), f"header {values[0][0]}")
        return
    yield from (Found(value, f"header {name}") for name, value in values if value)


def _by_xml(selector: Selector, mail: Mail, locale: Locale) -> Iterator[Found]:
    leaves = mail.carriers.xml_leaves
    if "*" in selector.names and targets_phone(selector):
        leaf = caller_leaf(leaves, locale)
        if leaf is not None:
            yield Found(leaf.text, f"xml comment {leaf.path}")
        return
    for path in selector.names:
        yield from (Found(leaf.text, f"xml comment {leaf.path}") for leaf in leaves if leaf.is_at(path))


def targets_phone(selector: Selector) -> bool:
    """Whether the selector wants a telephone number."""
    return selector.type == "phone" or selector.target == "contact.phone"


def caller_leaf(leaves: tuple[XmlLeaf, ...], locale: Locale) -> XmlLeaf | None:
    """Return the leaf that holds the caller's number, whatever it is called; never the dealer's own line."""
    numbers = [leaf for leaf in leaves if _looks_like_phone(leaf, locale) and _side_of(leaf) != "called"]
    return next(iter([leaf for leaf in numbers if _side_of(leaf) == "caller"] or numbers), None)


def _side_of(leaf: XmlLeaf) -> str:
    """Whose an element is, `caller` or `called`: by its own name, else by that of the element around it."""
    for name in leaf.path.split("/")[:-3:-1]:
        if _CALLER.search(name):
            return "caller"
        if _CALLED.search(f"/{name}"):
            return "called"
    return ""


def _looks_like_phone(leaf: XmlLeaf, locale: Locale) -> bool:
    text = leaf.text.strip()
    if not re.fullmatch(r"[+0(][\d\s()/.\-]{6,24}", text) and not (
        re.search(r"phone|tel|num|caller|mobil|cli", leaf.path) and re.fullmatch(r"\d[\d\s()/.\-]{7,20}", text)
    ):
        return False
    return bool(phones_in(text, locale.region))
