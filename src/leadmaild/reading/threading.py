"""What ties a mail to an earlier one of ours: our Message-ID, our subject mark, our reply address (interface.md).

Read here, believed elsewhere: the live gateway checks each against the outbox (PF25).
"""

import re
from collections.abc import Iterable, Iterator

from leadmaild.model.address import ascii_of
from leadmaild.model.reading import Thread
from leadmaild.reading.context import ReadingContext
from leadmaild.reading.message import Message
from leadmaild.reading.sender import read_mailboxes

# A chain of a thousand references costs no more than its end (PF26).
MOST_REFERENCES = 32
_LONGEST_ID = 250

_ID = re.compile(rf"<[^<>\s]{{1,{_LONGEST_ID}}}>")
_OURS = re.compile(r"<out\.(\d{1,18})\.[\w-]{1,40}@leads\.([^<>\s@]+)>", re.IGNORECASE)
_MARK = re.compile(r"\[Anfrage\s{1,4}(\d{1,18})\]", re.IGNORECASE)
_TOKEN = re.compile(r"[A-Za-z0-9_.=-]{4,200}")
_RECIPIENT_FIELDS = ("to", "delivered-to", "x-original-to", "envelope-to", "cc", "resent-to")


def thread_of(message: Message, context: ReadingContext, original: Message | None = None) -> Thread:
    """Return the thread this mail belongs to by its own word; `original` is our mail that a bounce gave back."""
    in_reply_to = next(_ids(message.get("in-reply-to") or ""), None)
    references = tuple(_ids(" ".join(message.get_all("references"))))[-MOST_REFERENCES:]
    domains = own_domains(message, context)
    lead_id = _lead_of_ids((in_reply_to or "", *reversed(references)), domains) or _lead_of_subject(message)
    if lead_id is None and original is not None:
        lead_id = _lead_of_ids(_ids(original.get("message-id") or ""), domains) or _lead_of_subject(original)
    return Thread(in_reply_to, references, lead_id, _token(message, context, domains))


def message_id_of(message: Message) -> str | None:
    """Return the mail's Message-ID with its angle brackets, or None if there is none to rely on (PF10, BI-33).

    One without brackets gets them; of several the first counts; an overlong or broken one is none.
    """
    value = message.get("message-id") or ""
    found = _ID.search(value)
    if found:
        return found[0]
    bare = value.strip("<> ")
    is_usable = "@" in bare and not re.search(r"[<>\s]", bare) and len(bare) <= _LONGEST_ID
    return f"<{bare}>" if is_usable else None


def is_our_message_id(message_id: str, domains: Iterable[str]) -> bool:
    """Whether this Message-ID has the form of ours, below one of these domains."""
    found = _OURS.fullmatch(message_id.strip())
    return found is not None and _ends_in(found[2], domains)


def _ids(value: str) -> Iterator[str]:
    """The message ids in a value, read from its end so that a long chain is not read whole."""
    tail = value[-(MOST_REFERENCES * (_LONGEST_ID + 4)) :]
    for found in _ID.finditer(tail):
        yield found[0]


def own_domains(message: Message, context: ReadingContext) -> tuple[str, ...]:
    """The domains of our mailboxes; where nothing is known, those the mail was sent to (`leadmaild parse`)."""
    if context.own_domains:
        return context.own_domains
    known = [context.recipient, *context.aliases] if context.recipient else _recipients(message)
    return tuple(dict.fromkeys(d for address in known if (d := ascii_of(address.rpartition("@")[2]))))


def _recipients(message: Message) -> list[str]:
    raws = [h.raw for h in message.headers if h.name in _RECIPIENT_FIELDS]
    return [str(address) for raw in raws for address in read_mailboxes(raw).addresses]


def _lead_of_ids(ids: Iterable[str], domains: tuple[str, ...]) -> str | None:
    """The lead number in the first of our Message-IDs; number 0 stands for a mail without a lead."""
    for message_id in ids:
        found = _OURS.fullmatch(message_id)
        if found and _ends_in(found[2], domains):
            return _lead(found[1])
    return None


def _lead_of_subject(message: Message) -> str | None:
    marks = _MARK.findall(message.get("subject") or "")
    return _lead(marks[-1]) if marks else None


def _lead(number: str) -> str | None:
    return str(int(number)) if int(number) else None


def _ends_in(domain: str, domains: Iterable[str]) -> bool:
    plain = domain.casefold().rstrip(".")
    return any(plain == own or plain.endswith(f".{own}") for own in domains)


def _token(message: Message, context: ReadingContext, domains: tuple[str, ...]) -> str | None:
    """The token of the reply address `local+token@domain` the mail came to."""
    mailboxes = {a.casefold() for a in (context.recipient, *context.aliases) if a}
    for address in (context.recipient, *_recipients(message)):
        local, _, domain = address.rpartition("@")
        base, plus, token = local.partition("+")
        if not plus or not _ends_in(domain, domains) or not _TOKEN.fullmatch(token):
            continue
        is_configured = f"{local}@{domain}".casefold() in mailboxes and address != context.recipient
        if base and not is_configured:
            return token
    return None
