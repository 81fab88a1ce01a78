"""Leads by hand: made, given, taken from the pool and given back, edited. One transaction each."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from leadmaild.commands.on_lead import OnLead, acting, on_lead, require_ahead, start_follow_up
from leadmaild.config.model import Settings
from leadmaild.distribution import eligible, pool
from leadmaild.errors import Conflict, NotFound, Refused
from leadmaild.escalation.calendar import Calendar
from leadmaild.maillog import Event, log
from leadmaild.model.contact import Contact
from leadmaild.model.decision import Intent, MailKind, Recipient, Role
from leadmaild.model.lead import ActivityKind, AssignmentReason
from leadmaild.model.location import Location
from leadmaild.model.reading import RequestType
from leadmaild.model.snapshot import Roster
from leadmaild.model.work import OutboxOrigin
from leadmaild.ports.stores import Database, Transaction


@dataclass(frozen=True, slots=True)
class NewLead:
    """A lead as a person describes it. `contact` is an id or an address; `client_key` makes a retry harmless (R88).
    `location` narrows an address that several locations know; `assignee` "" = the person who makes the lead (R87).
    A `follow_up_at` without an offset is what the clock at the contact's location shows."""

    contact: str
    source: str
    subject: str
    note: str = ""
    follow_up_at: datetime | None = None
    assignee: str = ""
    client_key: str = ""
    location: str = ""


@dataclass(frozen=True, slots=True)
class CreatedLead:
    """The lead's number, the contact for a check that it is the right customer (R81), and whether it is new."""

    number: int
    contact: Contact
    is_new: bool


async def create_lead(
    database: Database, settings: Settings, new: NewLead, mail_sources: Collection[str], by: str, now: datetime
) -> CreatedLead:
    """Make a lead by hand (R80-R88): no distribution, no automatic mail. `mail_sources` are the ids that mail may have.

    Raises NotFound for an unknown contact or user, Refused for an unknown source (R82), a follow-up in the past (R86),
    an assignee who cannot be given leads (R87).
    """
    for attempt in (1, 2):
        try:
            return await _create(database, settings, new, mail_sources, by, now)
        except Conflict:
            # Another call with the same client key was first: now we see its lead (R88).
            if attempt == 2:
                raise
    raise AssertionError("two attempts return or raise")


async def _create(
    database: Database, settings: Settings, new: NewLead, mail_sources: Collection[str], by: str, now: datetime
) -> CreatedLead:
    async with database.transaction() as tx:
        contact = await _contact(tx, settings, new)
        if new.client_key and (known := await tx.lead_changes.by_client_key(new.client_key)) is not None:
            return CreatedLead(known, contact, is_new=False)
        settings = settings.with_days(await tx.calendar.days())
        location = settings.location(contact.location)
        roster = await tx.people.roster(settings.users, settings.groups, (), now)
        assignee = _assignee(new, by, location, roster)
        follow_up_at = _moment(new.follow_up_at, location)
        _check(new, follow_up_at, location, mail_sources, now)
        values = {
            "location": location.code,
            "contact_id": contact.id,
            "source": new.source,
            "subject": new.subject.strip(),
            "assignee": assignee,
            "client_key": new.client_key or None,
        }
        async with tx.savepoint():
            number = await tx.lead_changes.create(values, now)
        if new.note.strip():
            await tx.leads.record(number, ActivityKind.NOTE, now, by=by, text=new.note.strip())
        await tx.leads.record(number, ActivityKind.ASSIGNEE_CHANGE, now, by=by,
                              details={"assignee": assignee, "reason": str(AssignmentReason.MANUAL)})  # fmt: skip
        if follow_up_at is not None:
            await start_follow_up(tx, number, location, 1, follow_up_at)
            await tx.timers.refresh_due([number])
        await tx.contacts.note_latest_user(contact.id, assignee)
        if assignee != by:
            await _tell_new_assignee(tx, number, location, settings, now, f"given by {by}")
        await tx.commit()
    log(Event.LEAD_OPENED, lead=number, location=location.code, source=new.source, user=by)
    return CreatedLead(number, contact, is_new=True)


async def assign_lead(database: Database, settings: Settings, number: int, to: str, by: str, now: datetime) -> None:
    """Give a lead to another user, who is told (R123). It is no reaction and restarts nothing (R24, R25).

    Raises Refused if he cannot be given leads. The order of the pool binds taking, not giving (R64).
    """
    async with on_lead(database, settings, number, by, now) as case:
        case.require_open()
        permitted = eligible.by_hand(acting(case.roster, to), case.location)
        if not permitted.eligible:
            raise Refused(f"{to} {permitted.why}")
        await _hand_over(case, to, AssignmentReason.MANUAL)
        if to != by:
            await _tell_new_assignee(case.tx, number, case.location, settings, now, f"given by {by}")


async def claim_lead(database: Database, settings: Settings, number: int, by: str, now: datetime) -> None:
    """Take a lead out of the pool (R63, R64, R67). Raises Refused if it is gone, younger than another that must be
    taken first, or not his to take; of two who claim at once one gets it."""
    async with on_lead(database, settings, number, by, now) as case:
        account = case.location.pool.user if case.location.pool else ""
        oldest = await case.tx.lead_changes.oldest_waiting(case.location.code, account) if account else None
        permitted = pool.claim(case.lead, case.by, case.location, (oldest,) if oldest else ())
        if not permitted.eligible:
            raise Refused(permitted.why)
        await _hand_over(case, by, AssignmentReason.CLAIM)


async def release_lead(database: Database, settings: Settings, number: int, by: str, now: datetime) -> None:
    """Give a lead back to the pool; it keeps its age and so is the oldest again (Q26). Raises Refused without one."""
    async with on_lead(database, settings, number, by, now) as case:
        case.require_open()
        account = pool.pool_user(case.location, case.roster)
        if account is None:
            raise Refused(f"{case.location.code} has no pool to give a lead back to")
        if case.lead.assignee == account.username:
            raise Refused(f"lead {number} is in the pool")
        await _hand_over(case, account.username, AssignmentReason.POOL)


async def edit_lead(
    database: Database,
    settings: Settings,
    number: int,
    fields: dict[str, str],
    mail_sources: Collection[str],
    by: str,
    now: datetime,
) -> None:
    """Change fields of a lead: subject, source, type, stock_number, needs_review. The old values stay in the
    activities. Raises Refused for a field or value that is not possible."""
    async with on_lead(database, settings, number, by, now) as case:
        for name, text in fields.items():
            column, value = await _edited(case, name, text.strip(), mail_sources)
            old = await case.tx.lead_changes.column(number, column)
            await case.tx.lead_changes.change(number, **{column: value})
            await case.record(ActivityKind.EDIT, field=name, old=old, new=value)


async def _edited(case: OnLead, name: str, text: str, mail_sources: Collection[str]) -> tuple[str, Any]:
    """The column behind a field and the value it shall have."""
    match name:
        case "subject" if text:
            return "subject", text
        case "source":
            _require_source(text, case.location, mail_sources)
            return "source", text
        case "type":
            wanted = {part.strip() for part in text.split(",") if part.strip()}
            if not wanted or not wanted <= set(RequestType):
                raise Refused(f'"{text}" is not a lead type; choose from {", ".join(RequestType)}')
            return "types", [str(kind) for kind in RequestType if kind in wanted]
        case "stock_number":
            if text and await case.tx.stock.by_number(text) is None:
                raise Refused(f'there is no vehicle "{text}" in stock')
            return "stock_number", text or None
        case "needs_review" if text in ("yes", "no"):
            return "needs_review", text == "yes"
    raise Refused(f'"{name}={text}" cannot be set; possible are subject=TEXT, source=ID, type=TYPE[,TYPE], '
                  "stock_number=NUMBER, needs_review=yes|no")  # fmt: skip


async def _contact(tx: Transaction, settings: Settings, new: NewLead) -> Contact:
    """R80: the contact has to be there already."""
    found = await tx.contacts.named(new.contact)
    if new.location:
        settings.location(new.location)
        found = tuple(contact for contact in found if contact.location == new.location)
    if not found:
        where = f" at {new.location}" if new.location else ""
        raise NotFound(f'there is no contact "{new.contact}"{where}; make it first: leadmaild contacts create')
    if len(found) > 1:
        codes = ", ".join(contact.location for contact in found)
        raise Refused(f'several locations know "{new.contact}"; say which with --location: {codes}')
    return found[0]


def _assignee(new: NewLead, by: str, location: Location, roster: Roster) -> str:
    creator = acting(roster, by).username
    if not new.assignee or new.assignee == creator:
        return creator
    permitted = eligible.by_hand(acting(roster, new.assignee), location)
    if not permitted.eligible:
        raise Refused(f"{new.assignee} {permitted.why}")
    return new.assignee


def _moment(at: datetime | None, location: Location) -> datetime | None:
    if at is None or at.tzinfo is not None:
        return at
    return at.replace(tzinfo=ZoneInfo(location.opening_hours.zone))


def _check(
    new: NewLead, follow_up_at: datetime | None, location: Location, mail_sources: Collection[str], now: datetime
) -> None:
    if not new.subject.strip():
        raise Refused("a lead needs a subject (R83)")
    _require_source(new.source, location, mail_sources)
    if follow_up_at is not None:
        require_ahead(follow_up_at, now)


def _require_source(source: str, location: Location, mail_sources: Collection[str]) -> None:
    """R82: the sources for leads by hand, and those that mail may come from, unless the location has none of it."""
    known = (*location.manual_sources, *(s for s in sorted(mail_sources) if location.source(s).enabled))
    if source not in known:
        raise Refused(f'"{source}" is no source of {location.code}; choose from {", ".join(dict.fromkeys(known))}')


async def _hand_over(case: OnLead, to: str, reason: AssignmentReason) -> None:
    number, was = case.lead.number, case.lead.assignee
    await case.tx.lead_changes.change(number, assignee=to, assignment_reason=str(reason), last_active_at=case.now)
    await case.record(ActivityKind.ASSIGNEE_CHANGE, assignee=to, reason=str(reason), was=was)
    if reason is not AssignmentReason.POOL:
        await case.tx.contacts.note_latest_user(case.lead.contact_id, to)
    log(Event.LEAD_ASSIGNED, lead=number, location=case.location.code, user=to, reason=str(reason))


async def _tell_new_assignee(
    tx: Transaction, number: int, location: Location, settings: Settings, now: datetime, why: str
) -> None:
    """The new assignee hears of his lead within opening hours (R18, R123)."""
    lead = await tx.leads.by_number(number)
    origin = OutboxOrigin(
        cause=f"assign:{number}:{now:%Y%m%dT%H%M%S%f}",
        location=location.code,
        sender_mailbox=settings.sender_mailbox(location, lead.received_location if lead else ""),
        lead=number,  # of no cycle: responsibility moved, whatever the customer was told before
        journal_id=await tx.lead_changes.last_mail_of_customer(number),
    )
    opens_at = Calendar.of(location.opening_hours).next_open(now)
    await tx.outbox.add(Intent(MailKind.NEW_LEAD, Recipient(Role.ASSIGNEE), opens_at, why), origin, now)
