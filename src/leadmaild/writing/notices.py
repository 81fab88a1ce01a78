"""What each notice to staff says (R18 ... R28, R51, R61, R68, R146): facts in, a Notice out."""

from collections.abc import Iterator
from dataclasses import replace

from leadmaild.model.decision import MailKind
from leadmaild.model.envelope import SenderVerdict
from leadmaild.model.outgoing import MailFacts
from leadmaild.model.reading import CarrierClass
from leadmaild.writing.cleaning import COMMENT_LIMIT, SUBJECT_LIMIT, mail_address, one_line, paragraphs, web_link
from leadmaild.writing.notice import Notice, Row, Section
from leadmaild.writing.placeholders import full_name
from leadmaild.writing.rows import customer_rows, origin_rows, trade_in_rows, vehicle_rows, what, who, wish_rows
from leadmaild.writing.templates import Words

_TONES = {
    MailKind.REMINDER: "soon",
    MailKind.FOLLOW_UP: "soon",
    MailKind.STAGE1: "late",
    MailKind.STAGE2: "late",
    MailKind.FOLLOW_UP_STAGE2: "late",
}
_PAST_DUE = frozenset({MailKind.STAGE1, MailKind.STAGE2, MailKind.FOLLOW_UP_STAGE2})
_FOLLOW_UPS = frozenset({MailKind.FOLLOW_UP, MailKind.FOLLOW_UP_STAGE2})
# The first notice of a lead carries the customer's words; later ones are nudges, the words are one tap away.
_CARRIES_MESSAGE = frozenset({MailKind.NEW_LEAD, MailKind.NEW_POOL_LEAD, MailKind.CUSTOMER_MESSAGE, MailKind.REMINDER})
_LONGEST_EXCERPT = 2_000  # of a message in a digest, or one whose original comes along


def lead_notice(facts: MailFacts, words: Words) -> Notice:
    """Return the notice of one event of a lead: who, what vehicle, how to reach, due when, link."""
    section = _lead_section(facts, words)
    return Notice(_marked(f"{section.headline}: {section.title}", facts, words), (section,))


def digest(facts: MailFacts, words: Words) -> Notice:
    """Return one notice for several events, each told in full and in the order given (R28)."""
    sections = tuple(_digest_sections(facts.events, words))
    headline = words.say("digest", "headline", count=len(sections))
    leads = {event.lead.number for event in facts.events if event.lead}
    subject = _marked(headline, facts.events[0] if len(leads) == 1 else facts, words)
    banners = tuple(_on_behalf(facts, words))
    return Notice(subject, sections, headline, words.say("digest", "lead_in"), banners)


def unassigned_notice(facts: MailFacts, words: Words) -> Notice:
    """Return the notice of a mail out of which no lead could be made, the original enclosed (R50, R51)."""
    said = ("lead_in", "original") if facts.original is not None else ("lead_in",)
    section = Section(
        headline=words.say("unassigned_notice", "headline"),
        lead_in=" ".join(words.say("unassigned_notice", key) for key in said),
        title=one_line(facts.original_reading.subject if facts.original_reading else "", SUBJECT_LIMIT),
        banners=tuple(_sender_banners(facts, words)),
        rows=tuple(_original_rows(facts, words)),
        message_label=words.say("labels", "message"),
        message=paragraphs(facts.original_reading.text if facts.original_reading else "", _LONGEST_EXCERPT),
    )
    sender = next((row.value for row in section.rows), "")
    return Notice(one_line(f"{section.headline}: {section.title or sender}", SUBJECT_LIMIT), (section,))


def trade_in_notice(facts: MailFacts, words: Words, *, has_pdf: bool) -> Notice:
    """Return the mail to the trade-in buyer (R42, R47); without its PDF it says that the summary is missing (PF62)."""
    vehicle = facts.prospect.trade_in if facts.prospect else None
    offered = what_is_offered(facts)
    section = Section(
        headline=words.say("trade_in_cc", "headline"),
        lead_in=words.say("trade_in_cc", "lead_in" if has_pdf else "lead_in_without_pdf"),
        title=", ".join(filter(None, (offered, who(facts, words)))),
        banners=(*(() if has_pdf else (words.say("banners", "pdf_missing"),)), *_sender_banners(facts, words)),
        rows=(
            *customer_rows(facts, words),
            *(row for row in (trade_in_rows(vehicle, words) if vehicle else ()) if row.value != "-"),
            *origin_rows(facts, words),
        ),
        message_label=words.say("labels", "message"),
        message=_message_of(facts),
        links=tuple(_links(facts, words)),
    )
    return Notice(_marked(f"{section.headline}: {section.title}", facts, words), (section,))


def what_is_offered(facts: MailFacts) -> str:
    """Return the customer's own car in one line."""
    vehicle = facts.prospect.trade_in if facts.prospect else None
    return one_line(f"{vehicle.make or ''} {vehicle.model or ''}".strip() or vehicle.title) if vehicle else ""


def _lead_section(facts: MailFacts, words: Words, *, in_digest: bool = False) -> Section:
    kind = facts.kind
    assignee = full_name(facts.assignee) if facts.assignee else words.word("nobody")
    title = " – ".join(filter(None, (who(facts, words), what(facts))))
    number = f" [{words.say('labels', 'lead_number')} {facts.lead.number}]" if facts.lead and in_digest else ""
    return Section(
        headline=words.say(kind, "headline"),
        lead_in=words.say(kind, "lead_in", assignee=assignee),
        title=f"{title}{number}",
        tone=_TONES.get(kind, "plain"),
        banners=(*_on_behalf(facts, words), *_sender_banners(facts, words)),
        rows=(
            *_due_rows(facts, words),
            *customer_rows(facts, words),
            *_writer_row(facts, words),
            *vehicle_rows(facts, words),
            *wish_rows(facts, words),
            *origin_rows(facts, words),
        ),
        message_label=words.say("labels", "message"),
        message=_message_of(facts, _LONGEST_EXCERPT if in_digest else COMMENT_LIMIT)
        if kind in _CARRIES_MESSAGE
        else "",
        links=tuple(_links(facts, words)),
    )


def _digest_sections(events: tuple[MailFacts, ...], words: Words) -> Iterator[Section]:
    """A lead is told in full where it first stands; its further events say what happened and when it was due."""
    told: set[int] = set()
    for event in events:
        section = _lead_section(event, words, in_digest=True)
        if event.lead is not None and event.lead.number in told:
            section = replace(section, rows=tuple(_due_rows(event, words)), banners=(), links=())
        yield section
        told |= {event.lead.number} if event.lead is not None else set()


def _marked(subject: str, facts: MailFacts, words: Words) -> str:
    """The subject with "for X" before it (R146) and the lead's number behind it, which no length may cut off."""
    behalf = facts.on_behalf_of
    before = f"[{words.say('marks', 'on_behalf', name=full_name(behalf))}] " if behalf else ""
    behind = f" [Anfrage {facts.lead.number}]" if facts.lead else ""
    return f"{before}{one_line(subject, SUBJECT_LIMIT - len(before) - len(behind))}{behind}"


def _due_rows(facts: MailFacts, words: Words) -> Iterator[Row]:
    if facts.due_at is not None:
        key = "follow_up" if facts.kind in _FOLLOW_UPS else "was_due" if facts.kind in _PAST_DUE else "due"
        yield Row(words.say("labels", key), words.instant(facts.due_at, facts.location.opening_hours.zone))


def _writer_row(facts: MailFacts, words: Words) -> Iterator[Row]:
    """Who wrote a message that joined a lead, if that is no address of the lead: maybe not the customer at all."""
    reading, lead = facts.original_reading, facts.lead
    is_own_mail = reading is not None and reading.carrier is CarrierClass.A
    sender = mail_address(reading.sender.email) if reading and is_own_mail else None
    relay = facts.prospect.contact.relay_email if facts.prospect else None
    if facts.kind is not MailKind.CUSTOMER_MESSAGE:
        return
    if sender is not None and lead is not None and sender.normal not in {*lead.addresses, (relay or "").casefold()}:
        yield Row(words.say("labels", "from"), str(sender))


def _original_rows(facts: MailFacts, words: Words) -> Iterator[Row]:
    reading = facts.original_reading
    sender = reading.sender if reading else None
    named = " ".join(filter(None, (sender.name, f"<{sender.email}>" if sender.email else ""))) if sender else ""
    received = facts.original_received_at
    sent = reading.sent_at if reading else None
    date = sent or received
    known = {
        "from": named,
        "subject": reading.subject if reading else "",
        "date": words.instant(date, facts.location.opening_hours.zone) if date else "",
        "message_id": reading.message_id if reading else "",
        "reason": words.get("reasons", facts.reason) or facts.reason,
    }
    for key, value in known.items():
        yield Row(words.say("labels", key), one_line(value) or "-")


def _sender_banners(facts: MailFacts, words: Words) -> Iterator[str]:
    reading = facts.original_reading
    if facts.original_sender_verdict is SenderVerdict.FAILED:
        yield words.say("banners", "failed")
    if reading is None:
        return
    if reading.sender.is_ambiguous:
        yield words.say("banners", "ambiguous")
    if reading.sender.name_shows_other_address:
        yield words.say("banners", "other_address")
    if reading.needs_review and facts.kind is not MailKind.UNASSIGNED_NOTICE:
        yield words.say("banners", "review" if facts.original is not None else "review_without_original")


def _on_behalf(facts: MailFacts, words: Words) -> Iterator[str]:
    if facts.on_behalf_of is not None:
        yield words.say("banners", "on_behalf", name=full_name(facts.on_behalf_of))


def _message_of(facts: MailFacts, limit: int = COMMENT_LIMIT) -> str:
    return paragraphs(facts.text or (facts.prospect.message if facts.prospect else ""), limit)


def _links(facts: MailFacts, words: Words) -> Iterator[Row]:
    for key, address in (("open_lead", facts.lead_url), ("open_contact", facts.contact_url)):
        if link := web_link(address):
            yield Row(words.say("labels", key), link, link)
