"""Lists and single views for people and scripts. Only reads."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, literal_column, or_, select

from leadmaild.model.contact import Contact
from leadmaild.model.lead import Timer, TimerState
from leadmaild.model.listing import (
    ActivityLine,
    Depths,
    JournalLine,
    LeadFilter,
    LeadLine,
    LeftAt,
    QueueLine,
    SettingLine,
)
from leadmaild.storage.connection import AsyncConnection
from leadmaild.storage.contact_store import contact_of
from leadmaild.storage.documents import authentication_of
from leadmaild.storage.lead_store import LeadStore
from leadmaild.storage.listing_lines import journal_line, lead_line, queue_line
from leadmaild.storage.outbox_store import WAITING
from leadmaild.storage.schema import (
    activity,
    contact,
    contact_email,
    contact_phone,
    journal,
    lead,
    outbox,
    settings_log,
    timer,
)

# Enough rows for a person's screen at a time from the database; lists page through by it.
_CHUNK = 500

# A literal: a bound parameter would hide from the planner that the partial index ix_lead_due_at holds these rows.
_IS_OPEN = lead.c.state == literal_column("'open'")


class Listings:
    """Reads lists within one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def journal(self, *, outcome: str | None = None, limit: int | None = None) -> tuple[JournalLine, ...]:
        """Mails taken in, newest first; `outcome` "waiting" = those without one."""
        statement = select(journal).order_by(journal.c.id.desc())
        if outcome == "waiting":
            statement = statement.where(journal.c.outcome.is_(None))
        elif outcome:
            statement = statement.where(journal.c.outcome == outcome)
        return tuple(journal_line(row) for row in await self._rows(statement, limit))

    async def journal_entry(self, journal_id: int) -> JournalLine | None:
        """One mail taken in, with the trace of its decision."""
        row = (await self._connection.execute(select(journal).where(journal.c.id == journal_id))).first()
        return (
            None
            if row is None
            else replace(
                journal_line(row),
                trace=tuple(row.trace or ()),
                evidence=authentication_of(row.authentication).evidence,
            )
        )

    async def leads(self, wanted: LeadFilter, limit: int | None = None) -> tuple[LeadLine, ...]:
        """Leads, newest first; with a due filter by due date."""
        statement = select(lead).where(*_conditions(wanted))
        order = (
            (lead.c.due_at, lead.c.number)
            if wanted.due_before or wanted.due_from
            else (lead.c.arrived_at.desc(), lead.c.number.desc())
        )
        return await self._with_contacts(await self._rows(statement.order_by(*order), limit))

    async def lead(self, number: int) -> LeadLine | None:
        """One lead with its activities and timers."""
        rows = (await self._connection.execute(select(lead).where(lead.c.number == number))).all()
        lines = await self._with_contacts(
            rows, await LeadStore(self._connection).timers_of(number), await self._activities(number)
        )
        return lines[0] if lines else None

    async def contacts(
        self, *, location: str | None = None, text: str | None = None, limit: int | None = None
    ) -> tuple[Contact, ...]:
        """Contacts that were neither merged nor erased, newest first (R161)."""
        statement = select(contact.c.id).where(contact.c.merged_into.is_(None), contact.c.erased_at.is_(None))
        if location:
            statement = statement.where(contact.c.location == location)
        if text:
            statement = statement.where(_is_about(contact.c.id, text))
        rows = await self._rows(statement.order_by(contact.c.id.desc()), limit)
        found = await self._contacts(row.id for row in rows)
        return tuple(found[row.id] for row in rows)

    async def settings_log(self, limit: int | None = None) -> tuple[SettingLine, ...]:
        """What was changed in the settings, newest first (R183)."""
        rows = await self._rows(select(settings_log).order_by(settings_log.c.id.desc()), limit)
        return tuple(SettingLine(r.at, r.who, r.location, r.key, r.old, r.new) for r in rows)

    async def queue(
        self, *, states: Sequence[str] = (), number: int | None = None, limit: int | None = None
    ) -> tuple[QueueLine, ...]:
        """Outgoing mail, newest first."""
        statement = select(outbox).order_by(outbox.c.id.desc())
        if states:
            statement = statement.where(outbox.c.state.in_(states))
        if number is not None:
            statement = statement.where(outbox.c.lead == number)
        return tuple(queue_line(row) for row in await self._rows(statement, limit))

    async def queue_item(self, queue_id: int) -> QueueLine | None:
        """One outgoing mail with its bytes and what became of each recipient."""
        row = (await self._connection.execute(select(outbox).where(outbox.c.id == queue_id))).first()
        return None if row is None else queue_line(row, with_raw=True)

    async def depths(self) -> Depths:
        """How much waits, and since when."""
        return Depths(
            journal=await self._by_state(journal.c.state, journal.c.received_at),
            outbox=await self._by_state(outbox.c.state, outbox.c.created_at),
            leads_open=(
                await self._connection.execute(select(func.count()).select_from(lead).where(lead.c.state == "open"))
            ).scalar_one(),
            next_timer_at=(
                await self._connection.execute(
                    select(func.min(timer.c.run_at)).where(timer.c.state == TimerState.PENDING)
                )
            ).scalar(),
            last_received_at=(await self._connection.execute(select(func.max(journal.c.received_at)))).scalar(),
        )

    async def left_at(self) -> dict[str, LeftAt]:
        """What is not over yet, by location: open leads, mails to be read, mails to leave."""
        leads = await self._by_state(lead.c.location, lead.c.arrived_at, _IS_OPEN)
        mails = await self._by_state(journal.c.location, journal.c.received_at, journal.c.state == "waiting")
        queued = await self._by_state(outbox.c.location, outbox.c.created_at, outbox.c.state.in_(WAITING))
        return {
            code: LeftAt(*(found.get(code, (0, None))[0] for found in (leads, mails, queued)))
            for code in sorted({*leads, *mails, *queued})
        }

    async def _by_state(
        self, state: Any, since: Any, *conditions: ColumnElement[bool]
    ) -> dict[str, tuple[int, datetime | None]]:
        counted = select(state, func.count(), func.min(since)).where(*conditions).group_by(state)
        rows = await self._connection.execute(counted)
        return {row[0]: (row[1], row[2]) for row in rows}

    async def _rows(self, statement: Select[Any], limit: int | None) -> Sequence[Row[Any]]:
        if limit is not None:
            statement = statement.limit(limit)
        rows: Sequence[Row[Any]] = (await self._connection.execute(statement)).all()
        return rows

    async def _with_contacts(
        self, rows: Sequence[Row[Any]], timers: tuple[Timer, ...] = (), activities: tuple[ActivityLine, ...] = ()
    ) -> tuple[LeadLine, ...]:
        contacts = await self._contacts({row.contact_id for row in rows})
        return tuple(lead_line(row, contacts[row.contact_id], timers, activities) for row in rows)

    async def _contacts(self, ids: Iterable[int]) -> dict[int, Contact]:
        wanted = sorted(ids)
        found: dict[int, Contact] = {}
        for start in range(0, len(wanted), _CHUNK):
            chunk = wanted[start : start + _CHUNK]
            emails = await self._grouped(contact_email.c.contact_id, contact_email.c.address, chunk)
            phones = await self._grouped(contact_phone.c.contact_id, contact_phone.c.number, chunk)
            for row in await self._connection.execute(select(contact).where(contact.c.id.in_(chunk))):
                found[row.id] = contact_of(row, emails.get(row.id, ()), phones.get(row.id, ()))
        return found

    async def _grouped(self, owner: Any, value: Any, ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
        rows = await self._connection.execute(select(owner, value).where(owner.in_(ids)).order_by(owner.table.c.id))
        grouped: dict[int, tuple[str, ...]] = {}
        for contact_id, text in rows:
            grouped[contact_id] = (*grouped.get(contact_id, ()), text)
        return grouped

    async def _activities(self, number: int) -> tuple[ActivityLine, ...]:
        rows = await self._connection.execute(
            select(activity).where(activity.c.lead == number).order_by(activity.c.at, activity.c.id)
        )
        return tuple(ActivityLine(r.kind, r.at, r.by, r.text, r.details or {}) for r in rows)


def _conditions(wanted: LeadFilter) -> list[ColumnElement[bool]]:
    plain = {
        lead.c.location: wanted.location,
        lead.c.assignee: wanted.assignee,
        lead.c.state: wanted.state,
        lead.c.source: wanted.source,
        lead.c.needs_review: wanted.needs_review,
        lead.c.contact_id: wanted.contact_id,
    }
    conditions: list[ColumnElement[bool]] = [column == value for column, value in plain.items() if value is not None]
    if wanted.due_before is not None:
        conditions += [_IS_OPEN, lead.c.due_at < wanted.due_before]
    if wanted.due_from is not None:
        conditions += [_IS_OPEN, lead.c.due_at >= wanted.due_from]
    if wanted.text:
        conditions.append(_mentions(wanted.text))
    return conditions


def _mentions(text: str) -> ColumnElement[bool]:
    """R121: free text over the customer, his addresses and numbers, and the lead's number."""
    found = or_(_is_about(lead.c.contact_id, text), lead.c.subject.icontains(text, autoescape=True))
    return or_(found, lead.c.number == int(text)) if text.isascii() and text.isdigit() and len(text) < 19 else found


def _is_about(contact_id: Any, text: str) -> ColumnElement[bool]:
    """Free text over a contact's names, addresses and numbers."""
    names = (contact.c.name, contact.c.first_name, contact.c.last_name, contact.c.company)
    # Databases fold only ASCII reliably; a name with umlauts is written in one of these ways.
    spellings = dict.fromkeys((text, text.lower(), text.upper(), text.title()))
    named = select(contact.c.id).where(
        or_(*(column.icontains(spelling, autoescape=True) for column in names for spelling in spellings))
    )
    by_email = select(contact_email.c.contact_id).where(contact_email.c.address.icontains(text, autoescape=True))
    by_phone = select(contact_phone.c.contact_id).where(contact_phone.c.number.contains(text, autoescape=True))
    return or_(contact_id.in_(named), contact_id.in_(by_email), contact_id.in_(by_phone))
