"""Leads, their activities and timers; and the turns of the rotation that gave them out."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, insert, or_, select, update

from leadmaild.deciding.joining import message_digest
from leadmaild.model.decision import JoinLead, MailKind, OpenLead
from leadmaild.model.lead import ActivityKind, AssignmentReason, Lead, LeadState, Timer, TimerState
from leadmaild.model.reading import Prospect, RequestType
from leadmaild.model.vehicle import vehicle_key
from leadmaild.model.work import OutboxItem
from leadmaild.storage.connection import AsyncConnection
from leadmaild.storage.documents import prospect_document, prospect_of
from leadmaild.storage.schema import activity, contact_email, lead, timer
from leadmaild.storage.timer_store import TimerStore


class LeadStore:
    """Finds and writes leads within one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._timers = TimerStore(connection)

    async def by_number(self, number: int) -> Lead | None:
        """The lead of that number."""
        found = await self._select(lead.c.number == number)
        return found[0] if found else None

    async def by_numbers(self, numbers: Sequence[int]) -> dict[int, Lead]:
        """The leads of these numbers, each once."""
        found = await self._select(lead.c.number.in_(numbers), limit=None)
        return {one.number: one for one in found}

    async def with_prospects(self, numbers: Sequence[int]) -> dict[int, tuple[Lead, Prospect | None]]:
        """The leads of these numbers, each with what was read for it when it was made."""
        if not numbers:
            return {}
        rows = (await self._connection.execute(select(lead).where(lead.c.number.in_(numbers)))).all()
        prospects = {row.number: prospect_of(row.prospect) for row in rows}
        return {one.number: (one, prospects[one.number]) for one in await self._leads(rows, prospects)}

    async def unchanged(self, leads: Collection[Lead]) -> set[int]:
        """The numbers of those leads whose state, assignee and last reaction are still what they were."""
        found = await self._connection.execute(
            select(lead.c.number, lead.c.state, lead.c.assignee, lead.c.reacted_at).where(
                lead.c.number.in_({one.number for one in leads})
            )
        )
        now_standing = {row.number: (row.state, row.assignee, row.reacted_at) for row in found}
        return {
            one.number for one in leads if now_standing.get(one.number) == (one.state, one.assignee, one.reacted_at)
        }

    async def prospect(self, number: int) -> Prospect | None:
        """What was read for the lead when it was made."""
        found = await self._connection.execute(select(lead.c.prospect).where(lead.c.number == number))
        return prospect_of(found.scalar())

    async def open_of(self, contact_id: int) -> tuple[Lead, ...]:
        """The contact's open leads, the most lately active first (R37)."""
        return await self._select(lead.c.contact_id == contact_id, lead.c.state == LeadState.OPEN)

    async def last_closed_of(self, contact_id: int) -> Lead | None:
        """The contact's latest closed lead."""
        found = await self._select(lead.c.contact_id == contact_id, lead.c.state == LeadState.CLOSED)
        return found[0] if found else None

    async def of_conversation(self, prospect: Prospect) -> tuple[Lead, ...]:
        """Leads of the same source with the same conversation, relay address or source lead id (R129)."""
        keys = {
            "conversation_id": prospect.conversation_id,
            "relay_email": prospect.contact.relay_email,
            "source_lead_id": prospect.source_lead_id,
        }
        known = {name: value for name, value in keys.items() if value}
        if not known:
            return ()
        found = await self._connection.execute(_of_conversation(*known), {**known, "source": prospect.source})
        return await self._whole(found.all())

    async def _select(self, *conditions: ColumnElement[bool], limit: int | None = 20) -> tuple[Lead, ...]:
        return await self._whole((await self._connection.execute(_lately_active(*conditions, limit=limit))).all())

    async def _whole(self, rows: Sequence[Row[Any]]) -> tuple[Lead, ...]:
        return await self._leads(rows, {row.number: prospect_of(row.prospect) for row in rows})

    async def _leads(self, rows: Sequence[Row[Any]], prospects: Mapping[int, Prospect | None]) -> tuple[Lead, ...]:
        running = await self._with_running_first_response([row.number for row in rows])
        addresses = await self._addresses({row.contact_id for row in rows})
        return tuple(
            lead_of(
                row,
                prospects[row.number],
                is_running=row.number in running,
                addresses=addresses.get(row.contact_id, frozenset()),
            )
            for row in rows
        )

    async def _addresses(self, contact_ids: set[int]) -> dict[int, frozenset[str]]:
        if not contact_ids:
            return {}
        found = await self._connection.execute(
            select(contact_email.c.contact_id, contact_email.c.address).where(
                contact_email.c.contact_id.in_(contact_ids)
            )
        )
        owned: dict[int, set[str]] = {}
        for row in found:
            owned.setdefault(row.contact_id, set()).add(row.address)
        return {contact_id: frozenset(addresses) for contact_id, addresses in owned.items()}

    async def _with_running_first_response(self, numbers: Sequence[int]) -> set[int]:
        if not numbers:
            return set()
        found = await self._connection.execute(
            select(timer.c.lead).where(
                timer.c.lead.in_(numbers), timer.c.kind == "stage1", timer.c.state == TimerState.PENDING
            )
        )
        return set(found.scalars())

    async def open(
        self,
        step: OpenLead,
        contact_id: int,
        journal_id: int,
        subject: str,
        *,
        needs_review: bool,
        arrived_at: datetime,
    ) -> int:
        """Make the lead; return its number."""
        prospect = step.prospect
        due = _earliest(step.timers)
        row = {
            "location": step.location,
            "received_location": step.received_location,
            "contact_id": contact_id,
            "source": prospect.source,
            "source_provider": prospect.source_provider,
            "source_lead_id": prospect.source_lead_id,
            "conversation_id": prospect.conversation_id,
            "relay_email": prospect.contact.relay_email,
            "subject": subject,
            "types": [str(t) for t in step.types],
            "prospect": prospect_document(prospect),
            "message_digest": message_digest(prospect.message) or None,
            "stock_number": step.stock.internal_number if step.stock else None,
            "vehicle_key": vehicle_key(prospect, step.stock),
            "assignee": step.assignment.assignee,
            "assignment_reason": step.assignment.reason,
            "group_name": step.assignment.group,
            "state": LeadState.OPEN,
            "needs_review": needs_review,
            "cycle": 1,
            "arrived_at": arrived_at,
            "last_active_at": arrived_at,
            "due_at": due.due_at if due else None,
            "due_kind": due.kind if due else None,
            "previous_lead": step.previous_lead,
            "journal_id": journal_id,
        }
        number: int = (await self._connection.execute(_OPEN, row)).scalar_one()
        await self._timers.arm(number, step.location, 1, arrived_at, step.timers)
        given = {"assignee": step.assignment.assignee, "reason": str(step.assignment.reason)}
        await self._record(
            [
                _activity(number, ActivityKind.MAIL_IN, arrived_at, text=prospect.message or "", journal_id=journal_id),
                _activity(number, ActivityKind.ASSIGNEE_CHANGE, arrived_at, text=step.assignment.why, details=given),
            ]
        )
        return number

    async def join(self, step: JoinLead, journal_id: int, now: datetime) -> None:
        """Add a mail to an open lead (R35, R129)."""
        joined = step.lead
        values: dict[str, Any] = {"last_active_at": now}
        if step.new_cycle:
            cycle = joined.cycle + 1
            await self._timers.arm(joined.number, joined.location, cycle, now, step.timers)
            values["cycle"] = cycle
        await self._connection.execute(update(lead).where(lead.c.number == joined.number).values(values))
        await self._timers.refresh_due([joined.number])
        details = {
            "why": step.why,
            "from": step.sender,
            "vehicle": step.stock.internal_number if step.stock else None,
        }
        await self.record(
            joined.number, ActivityKind.MAIL_IN, now, text=step.text, journal_id=journal_id, details=details
        )

    async def timers_of(self, number: int) -> tuple[Timer, ...]:
        """All timers of a lead, oldest cycle first."""
        return tuple(armed.timer for armed in await self._timers.of_leads([number]))

    async def record(
        self,
        number: int,
        kind: ActivityKind,
        at: datetime,
        *,
        by: str = "",
        text: str = "",
        journal_id: int | None = None,
        outbox_id: int | None = None,
        details: dict[str, Any] | None = None,
    ) -> None:
        """Add an activity to a lead."""
        await self._record([_activity(number, kind, at, by, text, journal_id, outbox_id, details)])

    async def record_sent(self, items: Iterable[OutboxItem], now: datetime) -> None:
        """Note on their leads that mails have left. The author of an answer has left his own note, with his words."""
        await self._record(
            [
                _activity(item.lead, _KIND_SENT.get(item.kind, ActivityKind.MAIL_OUT), now, outbox_id=item.id,
                          details={"kind": str(item.kind)})
                for item in items
                if item.lead is not None and item.kind is not MailKind.ANSWER
            ]
        )  # fmt: skip

    async def _record(self, activities: Sequence[dict[str, Any]]) -> None:
        if activities:
            await self._connection.execute(_ACTIVITY, activities)


def _lately_active(*conditions: ColumnElement[bool], limit: int | None = 20) -> Select[Any]:
    return select(lead).where(*conditions).order_by(lead.c.last_active_at.desc(), lead.c.number.desc()).limit(limit)


@cache
def _of_conversation(*keys: str) -> Select[Any]:
    """Made once: every mail asks it. A relay address stands for itself, the others are their source's."""
    same = {key: lead.c[key] == bindparam(key) for key in keys}
    of_source = lead.c.source == bindparam("source")
    return _lately_active(or_(*(one if key == "relay_email" else and_(of_source, one) for key, one in same.items())))


_ACTIVITY = insert(activity)
_OPEN = insert(lead).returning(lead.c.number)  # made once: the row goes in as parameters
_KIND_SENT = {MailKind.AUTORESPONSE: ActivityKind.AUTORESPONDER}


def _activity(
    number: int,
    kind: ActivityKind,
    at: datetime,
    by: str = "",
    text: str = "",
    journal_id: int | None = None,
    outbox_id: int | None = None,
    details: dict[str, Any] | None = None,
) -> dict[str, Any]:
    return {"lead": number, "kind": str(kind), "at": at, "by": by, "text": text, "journal_id": journal_id,
            "outbox_id": outbox_id, "details": details}  # fmt: skip


def lead_of(
    row: Row[Any], prospect: Prospect | None, *, is_running: bool = False, addresses: frozenset[str] = frozenset()
) -> Lead:
    """The lead value of a row; `prospect` is what was read for it."""
    return Lead(
        number=row.number,
        location=row.location,
        received_location=row.received_location,
        contact_id=row.contact_id,
        source=row.source,
        state=LeadState(row.state),
        assignee=row.assignee,
        assignment_reason=AssignmentReason(row.assignment_reason),
        arrived_at=row.arrived_at,
        last_active_at=row.last_active_at,
        cycle=row.cycle,
        types=tuple(RequestType(t) for t in row.types),
        vehicle=prospect.vehicle if prospect else None,
        stock_number=row.stock_number,
        conversation_id=row.conversation_id,
        relay_email=row.relay_email,
        source_lead_id=row.source_lead_id,
        message_digest=row.message_digest,
        group=row.group_name,
        due_at=row.due_at,
        reacted_at=row.reacted_at,
        has_running_first_response=is_running,
        addresses=addresses,
        source_provider=row.source_provider,
        is_erased=row.erased_at is not None,
    )


def _earliest(timers: Sequence[Timer]) -> Timer | None:
    targets = [t for t in timers if t.state is TimerState.PENDING and t.kind in ("stage1", "follow_up")]
    return min(targets, key=lambda t: t.due_at, default=None)
