"""A redirected mail: the bytes that came in, with trace fields before them (Q9, security.md "Redirect rules").

From stays only where the author's own signature still vouches for it at the next hop; else the mail would fail DMARC
there, so it goes in our name and answers are led to the customer (SP-20).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from leadmaild.authentication.dkim_signatures import tags_of
from leadmaild.errors import Refused
from leadmaild.model.address import ascii_of
from leadmaild.model.outgoing import ComposedMail, MailFacts
from leadmaild.model.reading import Person, Sender
from leadmaild.reading.header_fields import read_field
from leadmaild.reading.message import Message
from leadmaild.reading.sender import sender_of
from leadmaild.writing.cleaning import NAME_LIMIT, mail_address, one_line
from leadmaild.writing.headers import address_field, bare_id, date_field, field, ids_field
from leadmaild.writing.line_ends import has_mixed_line_ends, with_crlf
from leadmaild.writing.templates import Words

LOOP_FIELD = "X-Leadmaild-Loop"
_OUR_PREFIX = b"x-leadmaild-"
_FIELD_NAME = re.compile(rb"([!-9;-~]+)[ \t]*:")


@dataclass(frozen=True, slots=True)
class _Field:
    """One header field as it came, with its continuation lines and its CRLF."""

    name: bytes  # lower-case; b"" for a line that is no field
    raw: bytes


def redirected(facts: MailFacts, words: Words) -> ComposedMail:
    """Return the original mail on its way to the redirect target.

    Raises Refused if there is no original. The body keeps its bytes but for stray CR and LF (SP-09).
    """
    if facts.original is None:
        raise Refused("there is no original mail to redirect")
    fields, body = _taken_apart(with_crlf(facts.original))
    kept = [f for f in fields if not _is_ours_to_drop(f.name)]
    if (signed := _signed_names(facts, kept)) is not None:
        trace = _trace(facts, with_resent=not any(name.startswith("resent-") for name in signed))
        head = [*trace, *(f.raw for f in kept)]
    else:
        replaced = (b"from", b"reply-to", b"sender")
        head = [
            *_trace(facts, with_resent=True),
            *_rewritten(facts, kept, words),
            *(_as_a_field(f) for f in kept if f.name and f.name not in replaced),
            *_missing(facts, {f.name for f in kept}),
        ]
    subject = one_line(facts.original_reading.subject if facts.original_reading else "")
    return ComposedMail(facts.message_id, subject, b"".join([*head, b"\r\n", body]))


def _taken_apart(raw: bytes) -> tuple[list[_Field], bytes]:
    if raw.startswith(b"From "):  # an mbox separator is not a header field
        raw = raw.partition(b"\r\n")[2]
    head, blank, body = raw.partition(b"\r\n\r\n")
    if raw.startswith(b"\r\n"):
        head, blank, body = b"", b"\r\n", raw[2:]
    fields = [_Field(_name_of(lines), lines) for lines in _unfolded(head)]
    if fields and not fields[0].name:  # no header at all: everything is body
        return [], raw
    return fields, body if blank else b""


def _unfolded(head: bytes) -> Iterator[bytes]:
    current = b""
    for line in head.removesuffix(b"\r\n").split(b"\r\n") if head else ():
        if current and not line.startswith((b" ", b"\t")):
            yield current
            current = b""
        current += line + b"\r\n"
    if current:
        yield current


def _name_of(raw: bytes) -> bytes:
    found = _FIELD_NAME.match(raw)
    return found[1].lower() if found else b""


def _is_ours_to_drop(name: bytes) -> bool:
    """Control fields from outside (PF15), and the Return-Path that the last hop writes (RFC 5321 4.4).

    Loop marks of other installations stay: without them two gateways that redirect to each other would never see
    their own mark again (BI-60).
    """
    return (name.startswith(_OUR_PREFIX) and name != LOOP_FIELD.lower().encode()) or name == b"return-path"


def _signed_names(facts: MailFacts, fields: list[_Field]) -> list[str] | None:
    """The names a verified DKIM signature of the author's domain signs, or None if none would hold at the next hop."""
    sender = facts.original_reading.sender if facts.original_reading else None
    is_known = sender is not None and sender.email and not sender.is_ambiguous
    if not is_known or has_mixed_line_ends(facts.original or b""):
        return None
    for signature in (f for f in fields if f.name == b"dkim-signature"):
        tags = tags_of(signature.raw.decode("ascii", "replace").partition(":")[2])
        made_by = (tags.get("d", "").lower(), tags.get("s", "").lower())
        names = tags.get("h", "").lower().split(":")
        is_verified = any(made_by == (s.domain, s.selector or made_by[1]) for s in facts.original_signatures)
        if is_verified and not _is_broken_by(names, fields):
            return names
    return None


def _is_broken_by(names: list[str], fields: list[_Field]) -> bool:
    """Whether what we put before the mail would break the signature: it signs that there is no further Received field,
    or one that we drop (RFC 6376 5.4.2)."""
    present = sum(f.name == b"received" for f in fields)
    return names.count("received") > present or any(_is_ours_to_drop(name.encode()) for name in names)


def _trace(facts: MailFacts, *, with_resent: bool) -> Iterator[bytes]:
    hostname = ascii_of(facts.hostname) or "localhost"
    received = b"Received: by " + hostname.encode() + b" (leadmaild) id " + bare_id(facts.message_id).encode()
    yield received + b";\r\n " + date_field("x", facts.original_received_at or facts.now)[3:]
    yield field(LOOP_FIELD, facts.loop_mark)
    if with_resent:
        yield date_field("Resent-Date", facts.now)
        yield address_field("Resent-From", [("", facts.sender_mailbox)])
        yield address_field("Resent-To", [("", to) for to in facts.to])
        yield ids_field("Resent-Message-ID", [facts.message_id])


def _rewritten(facts: MailFacts, fields: list[_Field], words: Words) -> Iterator[bytes]:
    author = _author(facts, fields)
    name = words.word("via").format(
        name=_author_name(facts, author) or words.word("nobody"), location=one_line(facts.location.name, NAME_LIMIT)
    )
    yield address_field("From", [(name, facts.sender_mailbox)])
    if (customer := _reply_address(facts, author)) is not None:
        yield address_field("Reply-To", [("", customer)])


def _as_a_field(found: _Field) -> bytes:
    """The field without blanks before its colon: an obsolete form that signers and receivers stumble over."""
    return found.raw[: len(found.name)] + found.raw[len(found.name) :].lstrip(b" \t")


def _author(facts: MailFacts, fields: list[_Field]) -> Sender:
    """The author as reading saw him; a mail that was set aside unread is redirected too (R40), so look ourselves."""
    if facts.original_reading is not None:
        return facts.original_reading.sender
    named = (f.raw for f in fields if f.name == b"from")
    return sender_of(Message(headers=tuple(read_field(raw.replace(b"\r\n", b"\n")) for raw in named)))


def _author_name(facts: MailFacts, author: Sender) -> str:
    """A name for the author without an address in it: an address that is not the From address looks like a forgery."""
    person = facts.prospect.contact if facts.prospect else Person()
    named = (
        author.name,
        person.name or f"{person.first_name or ''} {person.last_name or ''}",
        facts.source_name,
        (author.email or "").partition("@")[0],
    )
    clean = (one_line(name, NAME_LIMIT) for name in named)
    return next((name for name in clean if name and "@" not in name), "")


def _reply_address(facts: MailFacts, author: Sender) -> str | None:
    """The customer if he was parsed, else where the original mail wanted its answers; never more than one (BI-53)."""
    person = facts.prospect.contact if facts.prospect else Person()
    is_answer = facts.original_reading is not None and facts.original_reading.reply is not None
    wanted = (
        author.email if is_answer and not author.is_ambiguous else None,
        person.email,
        person.relay_email,
        facts.original_reading.reply_to if facts.original_reading else None,
        None if author.is_ambiguous else author.email,
    )
    return next((str(found) for text in wanted if (found := mail_address(text)) is not None), None)


def _missing(facts: MailFacts, names: set[bytes]) -> Iterator[bytes]:
    """Fields without which the next hop refuses the mail (RFC 5322 3.6)."""
    if b"date" not in names:
        yield date_field("Date", facts.original_received_at or facts.now)
    if b"message-id" not in names:
        yield ids_field("Message-ID", [facts.message_id])
