"""Rows as lines of the lists and views that people and scripts get."""

from typing import Any

from sqlalchemy import Row

from leadmaild.model.contact import Contact
from leadmaild.model.lead import Timer
from leadmaild.model.listing import ActivityLine, JournalLine, LeadLine, QueueLine
from leadmaild.storage.documents import prospect_of


def journal_line(row: Row[Any]) -> JournalLine:
    """A mail taken in, without its trace."""
    return JournalLine(
        id=row.id,
        message_id=row.content_id,
        location=row.location,
        mailbox=row.mailbox,
        received_at=row.received_at,
        channel=row.channel,
        from_address=row.from_address,
        subject=row.subject,
        outcome=row.outcome,
        reason=row.reason,
        source=row.source,
        lead=row.lead,
        attempts=row.claims,
        last_error=row.last_error,
        sender_verdict=row.sender_verdict,
    )


def lead_line(row: Row[Any], who: Contact, timers: tuple[Timer, ...], activities: tuple[ActivityLine, ...]) -> LeadLine:
    """A lead of `who`."""
    return LeadLine(
        number=row.number,
        location=row.location,
        received_location=row.received_location,
        source=row.source,
        subject=row.subject,
        types=tuple(row.types),
        contact=who,
        prospect=prospect_of(row.prospect),
        stock_number=row.stock_number,
        assignee=row.assignee,
        assignment_reason=row.assignment_reason,
        group=row.group_name,
        state=row.state,
        needs_review=row.needs_review,
        arrived_at=row.arrived_at,
        due_at=row.due_at,
        due_kind=row.due_kind,
        cycle=row.cycle,
        completion_reason=row.completion_reason,
        closed_at=row.closed_at,
        previous_lead=row.previous_lead,
        last_active_at=row.last_active_at,
        timers=timers,
        activities=activities,
    )


def queue_line(row: Row[Any], *, with_raw: bool = False) -> QueueLine:
    """An outgoing mail; its bytes only where they are asked for."""
    addresses = row.to_addresses or ([row.recipient.partition(":")[2]] if ":" in row.recipient else [])
    return QueueLine(
        id=row.id,
        kind=row.kind,
        location=row.location,
        lead=row.lead,
        journal_id=row.journal_id,
        recipient=row.recipient,
        to=tuple(addresses),
        state=row.state,
        why=row.why,
        created_at=row.created_at,
        not_before=row.run_at,
        sent_at=row.sent_at,
        attempts=row.attempts,
        last_reply=row.last_reply,
        message_id=row.message_id,
        subject=row.subject,
        results=row.results or {},
        raw=row.raw if with_raw else None,
    )
