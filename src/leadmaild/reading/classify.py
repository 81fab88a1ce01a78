"""The robots' part of the classification, in the order of rules.md 3.6, as evidence.

read.py asks `marks_of` once, then `decided_before_source`, then looks for the source, then `decided_after_source`: a
recognised source beats every bulk and auto mark except a bounce and `Auto-Submitted: auto-replied` (PF21). Whether
the customer may be answered is another question with its own answer (`answerable`, R112).
"""

import re
from dataclasses import dataclass

from leadmaild.model.reading import CarrierClass, Classification, Sender, Thread, Verdict
from leadmaild.reading import robots
from leadmaild.reading.context import ReadingContext
from leadmaild.reading.dsn import Bounce, bounce_of, has_null_path
from leadmaild.reading.message import Message
from leadmaild.reading.robots import Evidence
from leadmaild.reading.sender import read_mailboxes
from leadmaild.reading.spam import spam_evidence
from leadmaild.reading.threading import is_our_message_id, message_id_of, own_domains

_ABSENCE = re.compile(
    r"(?:bin|sind|befinde mich|ist)\b.{0,80}\b(?:nicht (?:im (?:büro|haus)|erreichbar|am platz)|abwesend|im urlaub"
    r"|außer haus)|automatisch (?:erstellt|generiert|versendet)e?\b|automatisierte (?:antwort|nachricht)"
    r"|out of (?:the )?office|on (?:vacation|annual leave)|currently away|away from my|this is an automat(?:ic|ed)"
    r"|je suis absent|en congés?|absente? (?:du bureau|jusqu)|sono (?:assente|fuori ufficio|in ferie)"
    r"|ben (?:ik )?(?:afwezig|met vakantie|niet aanwezig)",
    re.IGNORECASE | re.DOTALL,
)
_AUTO_REPLY_FIELDS = (
    "x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply-from", "x-autoreply-from", "x-mail-autoreply",
    "autorespond",
)  # fmt: skip
_BULK_FIELDS = ("list-id", "list-unsubscribe", "mailing-list", "x-mailing-list", "x-beenthere", "x-csa-complaints")


@dataclass(frozen=True, slots=True)
class Decided:
    """A class a mail belongs to, and why."""

    classification: Classification
    evidence: tuple[Evidence, ...]

    @property
    def reason(self) -> str:
        """The first evidence in words."""
        return str(self.evidence[0]) if self.evidence else str(self.classification)


@dataclass(frozen=True, slots=True)
class Marks:
    """What the mail says of itself.

    `replied` is `Auto-Submitted: auto-replied`, which even a recognised source does not beat. `generated` marks a
    machine's mail that is no answer (auto-generated, cron): without a source and without a customer in it, it is a
    notification.
    """

    loop: tuple[Evidence, ...] = ()
    bounce: Bounce | None = None
    replied: tuple[Evidence, ...] = ()
    auto_reply: tuple[Evidence, ...] = ()
    generated: tuple[Evidence, ...] = ()
    bulk: tuple[Evidence, ...] = ()
    spam: tuple[Evidence, ...] = ()


def marks_of(
    message: Message, sender: Sender, text: str, context: ReadingContext, portals: tuple[str, ...] = ()
) -> Marks:
    """Return every mark of the mail; `text` is its readable text, `portals` the domains of known sources."""
    submitted = robots.auto_submitted(message)
    is_replied = submitted is not None and submitted.why.endswith(("auto-replied", "auto-notified"))
    return Marks(
        loop=_loop(message, context),
        bounce=bounce_of(message, sender, context),
        replied=(submitted,) if submitted and submitted.why.endswith("auto-replied") else (),
        auto_reply=_auto_reply(message, text, context, submitted if is_replied else None),
        generated=_found(None if is_replied else submitted, _cron(message)),
        bulk=_bulk(message, sender, context),
        spam=spam_evidence(message, text, sender, context, portals),
    )


def decided_before_source(marks: Marks) -> Decided | None:
    """Bounce and auto-replied: not even a recognised source makes a lead of them. A loop is a verdict of its own."""
    if marks.bounce:
        return Decided(Classification.BOUNCE, (Evidence("AR-08", marks.bounce.evidence),))
    if marks.replied:
        return Decided(Classification.AUTO_REPLY, marks.replied)
    return None


def decided_after_source(marks: Marks, thread: Thread) -> Decided | None:
    """Without a recognised source: auto-reply, then thread reply, then bulk, then spam; None: mail of a person.

    `marks.generated` is left to the caller: such mail may still hold a customer under labels nobody defined yet.
    """
    if marks.auto_reply:
        return Decided(Classification.AUTO_REPLY, marks.auto_reply)
    if thread.lead_id or thread.token:
        why = f"answer in the conversation of lead {thread.lead_id}" if thread.lead_id else "came to a reply address"
        return Decided(Classification.CUSTOMER_REPLY, (Evidence("R129", why),))
    if marks.bulk:
        return Decided(Classification.NEWSLETTER, marks.bulk)
    if marks.spam:
        return Decided(Classification.SPAM, marks.spam)
    return None


# ---- may we answer? --------------------------------------------------------------------------------------------


def answerable(
    message: Message, sender: Sender, context: ReadingContext, carrier: CarrierClass, customer: str | None
) -> Verdict:
    """Return whether the customer may get an automatic answer, judged by the mail alone (interface.md, R112).

    `customer` is his address as read. In class A he is the sender, and all marks count; in class B the marks of the
    carrying mail say nothing about him.
    """
    hits = (
        _class_a(message, sender, context)
        if carrier is CarrierClass.A
        else _class_b(message, sender, context, customer)
    )
    return Verdict(not hits, tuple(map(str, hits)))


def _class_a(message: Message, sender: Sender, context: ReadingContext) -> tuple[Evidence, ...]:
    return _found(
        robots.null_path(message, context),
        robots.auto_submitted(message),
        robots.precedence(message),
        robots.list_fields(message),
        robots.suppression(message),
        robots.robot_fields(message),
        robots.robot_address(sender.email),
        robots.report(message),
        robots.not_a_text(message),
        robots.foreign_loop_mark(message),
        robots.too_many_hops(message),
        robots.spam_marks(message, context),
        robots.unusable_sender(message, sender),
        robots.ambiguous_sender(sender),
        robots.automatic_subject(message),
        robots.unreliable(message, "from", "reply-to"),
        robots.unreadable(message),
    )


def _class_b(message: Message, sender: Sender, context: ReadingContext, customer: str | None) -> tuple[Evidence, ...]:
    """The list of class B in security.md 2.2; AR-26 asks about the field that named the customer."""
    return _found(
        robots.robot_address(customer),
        robots.own_loop_mark(message, context),
        robots.too_many_hops(message),
        robots.unusable_address(customer),
        robots.ambiguous_sender(sender),
        robots.unreliable(message, *_fields_naming(message, customer)),
    )


def _fields_naming(message: Message, customer: str | None) -> tuple[str, ...]:
    wanted = (customer or "").casefold()
    return tuple(
        h.name
        for h in message.headers
        if h.name in ("from", "reply-to") and wanted in {str(a).casefold() for a in read_mailboxes(h.raw).addresses}
    )


# ---- the marks, one by one -------------------------------------------------------------------------------------


def _found(*evidence: Evidence | None) -> tuple[Evidence, ...]:
    return tuple(item for item in evidence if item)


def _loop(message: Message, context: ReadingContext) -> tuple[Evidence, ...]:
    """Our own mail come back: loop mark, our Message-ID, or more hops than any honest way has."""
    own_id = message_id_of(message) or ""
    is_ours = is_our_message_id(own_id, own_domains(message, context))
    return _found(
        robots.own_loop_mark(message, context) if context.loop_mark else None,
        Evidence("SP-07", "our own Message-ID") if is_ours else None,
        robots.too_many_hops(message),
    )


def _auto_reply(
    message: Message, text: str, context: ReadingContext, submitted: Evidence | None
) -> tuple[Evidence, ...]:
    """RFC 3834 and its forerunners; the subject is a weak hint that needs a second one."""
    strong = _found(submitted, robots.report(message))
    fields = [h.name for h in message.headers if h.name in _AUTO_REPLY_FIELDS]
    if fields:
        strong += (Evidence("AR-06", ", ".join(dict.fromkeys(fields))),)
    if (found := robots.precedence(message)) and found.why.endswith("auto_reply"):
        strong += (found,)
    subject = robots.automatic_subject(message)
    if strong or subject is None or (message.get("subject") or "").lower().lstrip().startswith("auto:"):
        return strong
    second = (
        message.has("in-reply-to", "references", "x-auto-response-suppress")
        or has_null_path(message, context)
        or robots.auto_submitted(message) is not None
        or _ABSENCE.search(text[:4_000]) is not None
    )
    return (subject,) if second else ()


def _cron(message: Message) -> Evidence | None:
    return Evidence("AR-06", "X-Cron-Env") if message.has("x-cron-env", "x-fc-machinegenerated") else None


def _bulk(message: Message, sender: Sender, context: ReadingContext) -> tuple[Evidence, ...]:
    """Lists and newsletters; marks of the dealer's own distribution address (a `forwarders` entry) say nothing."""
    if _is_own_list(message, context):
        return ()
    precedence = robots.precedence(message)
    fields = [h.name for h in message.headers if h.name in _BULK_FIELDS]
    local = (sender.email or "").partition("@")[0].casefold()
    return _found(
        Evidence("AR-04", ", ".join(dict.fromkeys(fields))) if fields else None,
        precedence if precedence and not precedence.why.endswith("auto_reply") else None,
        Evidence("AR-07", "newsletter sender") if local in ("news", "newsletter") else None,
    )


def _is_own_list(message: Message, context: ReadingContext) -> bool:
    """Whether the list is an address of the dealer's that hands mail on to us, such as a group mailbox."""
    named = " ".join(
        h.value.casefold() for h in message.headers if h.name in ("list-post", "list-id", "mailing-list", "x-beenthere")
    )
    own = [a.casefold() for a in (*context.forwarders, context.recipient, *context.aliases) if "@" in a]
    return any(address in named or f"<{address.replace('@', '.')}>" in named for address in own)
