"""What a person does for the customer of a lead: note, call, answer, follow-up, close (R24, R124-R126). Each is one
transaction and, but for reopening, a reaction: it ends the running clock together with what it writes."""

from datetime import datetime

from leadmaild.commands.on_lead import OnLead, on_lead
from leadmaild.config.model import Settings
from leadmaild.errors import Refused
from leadmaild.maillog import Event, log
from leadmaild.model.decision import Intent, MailKind, Recipient, Role
from leadmaild.model.lead import ActivityKind, LeadState
from leadmaild.model.location import CompletionReason, Location, Mode
from leadmaild.model.work import OutboxOrigin
from leadmaild.ports.stores import Database


async def note_on_lead(
    database: Database, settings: Settings, number: int, text: str, due_at: datetime | None, by: str, now: datetime
) -> None:
    """Add a note with its new due date (R124). Raises Refused without one, unless the lead is closed."""
    async with on_lead(database, settings, number, by, now) as case:
        if case.lead.state is LeadState.CLOSED:
            if due_at is not None:
                case.require_open()
            await case.record(ActivityKind.NOTE, text)
            return
        if due_at is None:
            raise Refused("a note on an open lead needs a new due date (--due)")
        case.require_ahead(due_at)
        await case.record(ActivityKind.NOTE, text, due_at=due_at.isoformat())
        await case.react("note")
        await case.follow_up(due_at)


async def call_on_lead(database: Database, settings: Settings, number: int, text: str, by: str, now: datetime) -> None:
    """Log a call with the customer (R125)."""
    async with on_lead(database, settings, number, by, now) as case:
        await case.record(ActivityKind.CALL, text)
        if case.lead.state is LeadState.OPEN:
            await case.react("call")


async def follow_up_lead(
    database: Database, settings: Settings, number: int, at: datetime, by: str, now: datetime
) -> None:
    """Set when the assignee wants to see the lead again (R84). Raises Refused for the past (R86)."""
    async with on_lead(database, settings, number, by, now) as case:
        case.require_open()
        case.require_ahead(at)
        await case.record(ActivityKind.FOLLOW_UP, at=at.isoformat())
        await case.react("follow_up")
        await case.follow_up(at)


async def answer_lead(
    database: Database, settings: Settings, number: int, text: str, attach: str, by: str, now: datetime
) -> int:
    """Send the customer a mail from the location's mailbox; return its queue id. `attach` is "", "expose" or a file.

    Raises Refused in tracking mode (R54), without a mailbox (R31), without an address, for an empty text.
    """
    async with on_lead(database, settings, number, by, now) as case:
        case.require_open()
        address, mailbox = await _route_of_answer(case, text)
        origin = OutboxOrigin(
            cause=f"answer:{number}:{now:%Y%m%dT%H%M%S%f}",
            location=case.location.code,
            sender_mailbox=mailbox,
            lead=number,
            cycle=case.lead.cycle,
            journal_id=await case.tx.lead_changes.last_mail_of_customer(number),
        )
        intent = Intent(MailKind.ANSWER, Recipient(Role.CUSTOMER, address), now, f"answer by {by}")
        queue_id = await case.tx.outbox.add(intent, origin, now, {"text": text, "attachment": attach})
        if queue_id is None:
            raise Refused("this answer stands in the queue already")
        await case.tx.leads.record(number, ActivityKind.MAIL_OUT, now, by=by, text=text, outbox_id=queue_id,
                                   details={"kind": str(MailKind.ANSWER)})  # fmt: skip
        await case.react("answer")
        return queue_id


async def close_lead(
    database: Database, settings: Settings, number: int, reason: str, by: str, now: datetime
) -> CompletionReason:
    """Close a lead for a completion reason (R126); cancels all its timers (R131, PF52). Returns the reason.

    Raises Refused without a reason, for one that is unknown or hidden, and for a lead that is closed.
    """
    async with on_lead(database, settings, number, by, now) as case:
        case.require_open()
        chosen = _completion_reason(case.location, reason)
        await case.record(ActivityKind.CLOSE, reason=chosen.key, outcome=str(chosen.outcome))
        await case.tx.lead_changes.change(
            number, state=str(LeadState.CLOSED), completion_reason=chosen.key, closed_at=now
        )
        await case.react("close")
        await case.tx.timers.end_all(number, "the lead is closed (R131)")
        log(Event.LEAD_CLOSED, lead=number, location=case.location.code, reason=chosen.key, user=by)
        return chosen


async def reopen_lead(database: Database, settings: Settings, number: int, by: str, now: datetime) -> None:
    """Open a closed lead again; what was due once is not due again. Raises Refused for one that is open."""
    async with on_lead(database, settings, number, by, now) as case:
        if case.lead.state is LeadState.OPEN:
            raise Refused(f"lead {number} is open")
        await case.record(ActivityKind.REOPEN)
        await case.tx.lead_changes.change(
            number, state=str(LeadState.OPEN), completion_reason=None, closed_at=None, last_active_at=now
        )


async def _route_of_answer(case: OnLead, text: str) -> tuple[str, str]:
    """The customer's address and the mailbox the answer is sent from."""
    if case.location.mode is Mode.TRACKING:
        raise Refused(f"{case.location.code} is in tracking mode: mails can be viewed, not answered (R54)")
    if not text.strip():
        raise Refused("the answer is empty")
    received = case.settings.locations.get(case.lead.received_location)
    mailbox = case.location.mailbox or (received.mailbox if received else "")
    if not mailbox:
        raise Refused(f"{case.location.code} has no mailbox to answer from (R31)")
    contact = await case.tx.contacts.by_id(case.lead.contact_id)
    if contact is None or not contact.email:
        raise Refused(f"the customer of lead {case.lead.number} has no e-mail address")
    return contact.email, mailbox


def _completion_reason(location: Location, key: str) -> CompletionReason:
    usable = {reason.key: reason for reason in location.completion_reasons if not reason.hidden}
    if key in usable:
        return usable[key]
    choices = ", ".join(usable)
    if not key:
        raise Refused(f"a lead is closed for a reason (--reason); choose from {choices}")
    if any(reason.key == key for reason in location.completion_reasons):
        raise Refused(f'the reason "{key}" is hidden and cannot be chosen any more; choose from {choices}')
    raise Refused(f'there is no reason "{key}"; choose from {choices}')
