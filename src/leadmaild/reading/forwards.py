"""Forwarded mail unwrapped to the mail inside: attached (message/rfc822) or inline under a typed head.

An inline head is what Outlook, Gmail, Apple Mail, Thunderbird and GMX write in German, English, French, Italian and
Dutch. Only the dealer's own forwarders may relabel the source of a mail (lead-formats.md 5.3): whoever else forwards
something is believed to be its sender.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from leadmaild.model.address import parse_address
from leadmaild.reading.context import ReadingContext
from leadmaild.reading.header_fields import read_field
from leadmaild.reading.message import HeaderField, Message, Part
from leadmaild.reading.sender import read_mailboxes, sender_of
from leadmaild.reading.text import documents

DEEPEST = 3
# More own words than this above an attached mail, and it is a mail with an attachment, not a forward.
_LONGEST_NOTE = 600
# A head further down than this is part of a conversation, not a forward.
_MOST_LINES = 2_000
_LONGEST_HEAD_LINE = 1_000

_LABELS = {
    "from": "von|from|de|da|van|expéditeur|mittente|absender",
    "date": "gesendet(?: am)?|sent|date|datum|envoyé(?: le)?|inviato(?: il)?|data|verzonden(?: op)?",
    "to": "an|to|à|a|aan|destinataire|destinatario|empfänger",
    "cc": "cc|kopie|copie à|copia",
    "subject": "betreff|subject|objet|oggetto|onderwerp",
    "reply-to": "antwort an|reply-to|répondre à|rispondi a|antwoord aan",
}
_HEAD_LINE = re.compile(
    r"[\s>*|]*(?:" + "|".join(f"(?P<{name.replace('-', '_')}>{words})" for name, words in _LABELS.items()) + r")"
    r"\s?\**\s?[:：]\**\s*(?P<value>.*?)\**\s*",
    re.IGNORECASE,
)
_MARKER = re.compile(
    r"[-_=*\s]{0,60}(?:weitergeleitete (?:nachricht|e-?mail|mail)|anfang der weitergeleiteten (?:nachricht|e-?mail)"
    r"|(?:begin )?forwarded (?:message|mail|by .{1,60})|(?:début du )?message (?:transféré|réexpédié)"
    r"|(?:inizio )?messaggio inoltrato|(?:begin )?doorgestuurde? bericht)\s?:?[-_=*\s]{0,60}",
    re.IGNORECASE,
)
_FORWARD_SUBJECT = re.compile(
    r"\s*(?:wg|wtrlt|fwd?|tr|i|inoltro|doorst|doorgestuurd|weitergeleitet)\s?:", re.IGNORECASE
)
_REPLY_SUBJECT = re.compile(r"\s*(?:aw|re|antwort|antw|r|sv)\s?:", re.IGNORECASE)
_WHOLE_HEAD = frozenset(("from", "to", "date", "subject"))
_MAILTO = re.compile(r"\[?(?:mailto:)\s?([^\]\s>]+)\]?|\[([\w.+-]+@[\w.-]+)\]")
_BLOCK_END = re.compile(r"<br|</p|</div|</tr|</table", re.IGNORECASE)
_QUOTE_MARK = re.compile(r"^> ?", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Forward:
    """A mail found inside another: the innermost Message, and who forwarded it last. `is_trusted`: he may relabel;
    `is_guess`: only because the mail inside was addressed to him, which is as true of a customer's own mail."""

    message: Message
    forwarded_by: str
    is_trusted: bool
    depth: int
    is_guess: bool = False


@dataclass(frozen=True, slots=True)
class _Head:
    """A typed head: where it begins and where the text after it does, and its fields by header name."""

    start: int
    end: int
    fields: dict[str, str]
    last_label: str
    has_marker: bool


def unwrap(message: Message, context: ReadingContext) -> Forward | None:
    """Return the mail that this one forwards, unwrapped up to three deep, or None if it forwards none."""
    forwarder = sender_of(message)
    inner, depth = message, 0
    is_listed = _is_listed(forwarder.email, context)
    is_staff = is_listed or (not context.recipient and _writes_from_the_house(forwarder.email, message))
    while depth < DEEPEST and (found := _inside(inner, is_listed, is_staff)) is not None:
        inner, depth = found, depth + 1
    if not depth:
        return None
    is_guess = not is_staff and not context.recipient and _was_addressed(forwarder.email, message, inner)
    is_trusted = not forwarder.is_ambiguous and (is_staff or is_guess)
    return Forward(inner, forwarder.email or "", is_trusted, depth, is_guess)


def _is_listed(email: str | None, context: ReadingContext) -> bool:
    known = {_normal(address) for address in (*context.forwarders, context.recipient, *context.aliases) if address}
    return email is not None and _normal(email) in known


def _normal(text: str) -> str:
    address = parse_address(text)
    return address.normal if address else text.casefold()


def _writes_from_the_house(email: str | None, outer: Message) -> bool:
    """Without settings (`leadmaild parse`) nobody is listed: then those count who write from the domain after which
    the mailbox is named (verkauf@autohaus-x.example to autohaus-x@...)."""
    address = parse_address(email or "")
    if address is None:
        return False
    house = address.domain.split(".")[-2]
    return any(house == to.partition("@")[0].partition("+")[0] for to in _addressees(outer))


def _was_addressed(email: str | None, outer: Message, inner: Message) -> bool:
    """Whether the inner mail was addressed to the forwarder, by somebody other than the dealer."""
    address = parse_address(email or "")
    return (
        address is not None
        and address.normal in _addressees(inner)
        and not _writes_from_the_house(sender_of(inner).email, outer)
    )


def _addressees(message: Message) -> set[str]:
    raws = [h.raw for h in message.headers if h.name in ("to", "cc", "delivered-to")]
    return {address.normal for raw in raws for address in read_mailboxes(raw).addresses}


def _inside(message: Message, is_listed: bool, is_staff: bool) -> Message | None:
    """The mail one level further in, or None."""
    if message.content_type.startswith(("multipart/report", "multipart/digest")):
        return None
    is_named_forward = bool(_FORWARD_SUBJECT.match(message.get("subject") or ""))
    if message.nested:
        note = sum(len(p.text or "") for p in message.parts if not p.is_attachment and p.content_type == "text/plain")
        return message.nested[0] if is_named_forward or is_listed or note <= _LONGEST_NOTE else None
    is_reply = _REPLY_SUBJECT.match(message.get("subject") or "") is not None
    return _inline(message, is_named_forward, is_staff and not is_reply)


# ---- inline ----------------------------------------------------------------------------------------------------


def _inline(message: Message, is_named_forward: bool, is_staffs: bool) -> Message | None:
    """The mail under a typed head. `is_staffs`: the dealer's own people wrote, and answer nobody: a whole head will do
    where neither subject nor marker speaks of a forward."""
    bodies = [
        p for p in message.parts if p.text and not p.is_attachment and p.content_type in ("text/plain", "text/html")
    ]
    cut: list[Part] = []
    head: _Head | None = None
    for part in bodies:
        text = part.text or ""
        lines = text.split("\n", _MOST_LINES) if part.content_type == "text/plain" else _html_lines(message, part)
        found = find_head(lines)
        if found is None or not (
            is_named_forward or found.has_marker or (is_staffs and found.fields.keys() >= _WHOLE_HEAD)
        ):
            continue
        head = head or found
        cut.append(_after_head(part, text, lines, found))
    if head is None or not cut:
        return None
    headers = tuple(_header(name, value) for name, value in head.fields.items() if value)
    others = tuple(p for p in message.parts if p not in bodies)
    return Message(headers, (*cut, *others), (), message.content_type, message.repairs, message.is_cut)


def _html_lines(message: Message, part: Part) -> list[str]:
    alone = replace(message, parts=(part,))
    return [text for document in documents(alone)[:1] for text in document.plain.split("\n")]


def _after_head(part: Part, text: str, lines: list[str], head: _Head) -> Part:
    """The part without everything up to the end of the head; HTML stays HTML where the place is found in it."""
    rest = "\n".join(lines[head.end :]).strip("\n")
    if lines[head.start].startswith(">"):  # Apple Mail sets what it forwards as a quote
        rest = _QUOTE_MARK.sub("", rest)
    if part.content_type == "text/plain":
        return replace(part, text=rest, payload=rest.encode("utf-8", "replace"))
    start = max(text.find(head.fields["from"].split("<")[0].strip()[:40]), 0)
    label = re.compile(re.escape(head.last_label) + r"(?:&nbsp;|<[^>]*>|\s)*[:：]").search(text, start)
    end = _BLOCK_END.search(text, label.end()) if label else None
    if end is None:
        return replace(part, content_type="text/plain", text=rest, payload=rest.encode("utf-8", "replace"))
    html = text[end.start() :]
    return replace(part, text=html, payload=html.encode("utf-8", "replace"))


def _header(name: str, value: str) -> HeaderField:
    if name in ("from", "to", "cc", "reply-to"):
        value = _MAILTO.sub(lambda m: f"<{m[1] or m[2]}>", value)
    return read_field(f"{name}: {value}".encode("utf-8", "replace"))


def find_head(lines: Sequence[str]) -> _Head | None:
    """Return the first typed head: a run of labels with a sender, a subject or date, three in all."""
    for start, line in enumerate(lines):
        if _label_line(line) and (head := _head_at(lines, start)) is not None:
            return head
    return None


def _head_at(lines: Sequence[str], start: int) -> _Head | None:
    fields: dict[str, str] = {}
    last_label, at, end = "", start, start
    while at < len(lines):
        line = lines[at]
        match = _label_line(line)
        if match:
            name = _name_of(match)
            if name in fields:
                break
            fields[name] = match["value"].strip()
            last_label, end = re.split("[:：]", line.strip(" >*|\t"))[0].strip("* "), at + 1
        elif not line.strip():
            if at > end:  # two blank lines end any head
                break
        elif at == end and fields and (not next(reversed(fields.values())) or line[:1] in " \t"):
            last = next(reversed(fields))
            fields[last] = f"{fields[last]} {line.strip()}".strip()
            end = at + 1
        else:
            break
        at += 1
    if "from" not in fields or len(fields) < 3 or not ({"subject", "date"} & fields.keys()):
        return None
    above = [line for line in lines[max(0, start - 4) : start] if line.strip()]
    return _Head(start, end, fields, last_label, bool(above) and _MARKER.fullmatch(above[-1].strip()) is not None)


def _label_line(line: str) -> re.Match[str] | None:
    return _HEAD_LINE.fullmatch(line) if len(line) <= _LONGEST_HEAD_LINE else None


def _name_of(match: re.Match[str]) -> str:
    return next(
        name.replace("_", "-") for name, text in match.groupdict().items() if text is not None and name != "value"
    )
