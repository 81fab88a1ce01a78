"""Drafts a source definition from a first mail: who sent it, and which labels it has (lead-formats 5, tooling)."""

import re
from collections import Counter

from leadmaild.reading.fields.addresses import normal_email
from leadmaild.reading.labels import common_targets
from leadmaild.reading.message import Document, Message
from leadmaild.reading.mime import parse
from leadmaild.reading.sender import sender_of
from leadmaild.reading.text import documents

_SEPARATORS = (":", ">>", "=>", "->", "::", "|")
# A mark behind the first words of a line.
_BETWEEN = re.compile(r"^[^\W\d][^\n]{0,40}?[ \t]([^\w\s]{1,3})(?:[ \t]|$)", re.MULTILINE)
_OFTEN = 3  # in so many lines a mark is no chance
_LONGEST_SHOWN = 60


def draft_of(raw: bytes) -> str:
    """Return a draft in TOML: sender and subject to recognise by, and a field line for every label found.

    Labels the common table knows get their target; the others are left as comments for the operator to decide.
    """
    message = parse(raw)
    sender = sender_of(message)
    domain = normal_email(sender.email or "").rpartition("@")[2]
    name = domain.split(".")[-2] if "." in domain else "my-source"
    subject = message.get("subject") or ""
    separator, document = _best_separated(message)
    lines = [
        f"# Draft from a mail of {_shown(sender.email or 'an unknown sender')}, subject: {_shown(subject)}",
        f"id = {_quoted(name)}",
        f"name = {_quoted(sender.name or name)}",
        "version = 1",
        "enabled = true",
        'redirect_class = "marketplace"',
        "",
        "[recognise]",
        f"from_domain = [{_quoted(domain)}]",
        f"# subject = [{_quoted(_pattern_start(subject))}]",
        "",
        "[reply]",
        'to = ["body:email", "header:reply-to"]',
        "",
        *((f"[text]\nseparator = {_quoted(separator)}", "") if separator != ":" else ()),
        "[fields]",
        *_field_lines(document),
        "",
        "[[test]]",
        'mail = "first-mail.eml"   # put the mail beside this file',
        'expect = { "contact.email" = "customer@example.org" }',
        "",
    ]
    return "\n".join(lines)


def _best_separated(message: Message) -> tuple[str, Document]:
    """The separator by which the mail shows most labels, and its text read with it."""
    plain = "\n".join(document.plain for document in documents(message))
    seen = [mark for mark, times in Counter(_BETWEEN.findall(plain)).items() if times >= _OFTEN]
    found = [(separator, documents(message, separator)) for separator in dict.fromkeys((*_SEPARATORS, *seen))]
    read = [(separator, of_mail[0]) for separator, of_mail in found if of_mail]
    if not read:
        return ":", Document()
    return max(read, key=lambda pair: sum(line.label is not None for line in pair[1].lines))


def _field_lines(document: Document) -> list[str]:
    """One line a label; several labels of one target make one line."""
    by_target: dict[str, list[str]] = {}
    unknown: dict[str, str] = {}
    for line in document.lines:
        if line.label is None or line.is_quoted:
            continue
        paths = common_targets(line.label)
        for path in paths:
            if line.label not in by_target.setdefault(path, []):
                by_target[path].append(line.label)
        if not paths:
            unknown.setdefault(line.label, line.value or "")
    known = [
        f'"{path}" = {{ label = [{", ".join(map(_quoted, labels))}]{", block = true" if path == "message" else ""} }}'
        for path, labels in by_target.items()
    ]
    return known + [f'# "?" = {{ label = {_quoted(label)} }}   # {_shown(value)}' for label, value in unknown.items()]


def _pattern_start(subject: str) -> str:
    """The first words of a subject, as an expression."""
    words = subject.split()[:2]
    return "^" + "\\s+".join("".join(c if c.isalnum() else f"\\{c}" if c.isascii() else c for c in w) for w in words)


def _shown(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)[:_LONGEST_SHOWN]


def _quoted(text: str) -> str:
    """A TOML basic string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else " " for c in escaped) + '"'
