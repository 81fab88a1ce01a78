"""The clock's events as rows: armed with a cycle, claimed when due, moved, fired or cancelled (R19, R26).

A lead's row is locked before its timers everywhere, so that a reaction and the clock meet there and neither waits for
the other in a circle.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Row, and_, func, insert, literal_column, or_, select, update

from leadmaild.model.lead import ArmedTimer, LeadState, Timer, TimerKind, TimerState
from leadmaild.storage.connection import AsyncConnection
from leadmaild.storage.schema import lead, timer

# A literal: a bound parameter would hide from the planner that the partial index ix_timer_pending holds these rows.
_IS_PENDING = timer.c.state == literal_column("'pending'")
_TARGETS = (TimerKind.STAGE1, TimerKind.FOLLOW_UP)
_FOLLOW_UPS = (TimerKind.FOLLOW_UP, TimerKind.FOLLOW_UP_STAGE2)
_WITHOUT_END = (TimerState.PENDING, TimerState.FIRED, TimerState.SKIPPED)


class TimerStore:
    """Reads and writes timers within one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def due(self, now: datetime, limit: int) -> tuple[ArmedTimer, ...]:
        """Up to `limit` pending timers whose moment has come, oldest first, with their leads locked (PF49, PF50).

        What another node or a person's command has locked is left for the next time.
        """
        statement = (
            select(timer)
            .join(lead, lead.c.number == timer.c.lead)
            .where(_IS_PENDING, timer.c.run_at <= now)
            .order_by(timer.c.run_at, timer.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        return tuple(armed_of(row) for row in await self._connection.execute(statement))

    async def next_at(self) -> datetime | None:
        """When the next pending timer is due (a UTC instant)."""
        statement = select(func.min(timer.c.run_at)).where(_IS_PENDING)
        at: datetime | None = (await self._connection.execute(statement)).scalar()
        return at

    async def of_leads(self, numbers: Sequence[int]) -> tuple[ArmedTimer, ...]:
        """All timers of these leads, by lead, oldest cycle first."""
        statement = select(timer).where(timer.c.lead.in_(numbers))
        rows = await self._connection.execute(
            statement.order_by(timer.c.lead, timer.c.cycle, timer.c.due_at, timer.c.id)
        )
        return tuple(armed_of(row) for row in rows)

    async def arm(self, number: int, location: str, cycle: int, base_at: datetime, timers: Sequence[Timer]) -> None:
        """Write the timers of a cycle; each (lead, cycle, kind) once (R26)."""
        rows = [
            {
                "lead": number,
                "location": location,
                "cycle": cycle,
                "kind": str(t.kind),
                "base_at": base_at,
                "due_at": t.due_at,
                "effective_at": t.effective_at,
                "send_at": t.send_at,
                "run_at": t.effective_at,
                "state": str(t.state),
                "why": t.why,
            }
            for t in timers
        ]
        if rows:
            await self._connection.execute(insert(timer), rows)

    async def put(self, timer_id: int, now_is: Timer) -> None:
        """Write what became of a pending timer: its moments by today's settings, its state and why."""
        await self._connection.execute(
            update(timer)
            .where(timer.c.id == timer_id, _IS_PENDING)
            .values(
                due_at=now_is.due_at,
                effective_at=now_is.effective_at,
                send_at=now_is.send_at,
                run_at=now_is.effective_at,
                state=str(now_is.state),
                why=now_is.why,
            )
        )

    async def try_later(self, timer_id: int, run_at: datetime) -> None:
        """Ask a timer again at `run_at` only: something of ours failed over it."""
        await self._connection.execute(
            update(timer).where(timer.c.id == timer_id).values(run_at=run_at, failures=timer.c.failures + 1)
        )

    async def end_cycles(self, number: int, now: datetime, why: str) -> None:
        """Cancel what is pending of every cycle that a reaction at `now` ends: those that had begun by then (R24)."""
        await self._cancel(why, timer.c.lead == number, _IS_PENDING, timer.c.base_at <= now)

    async def end_follow_ups(self, number: int, why: str) -> None:
        """Cancel the follow-ups that have not come: a new date takes their place."""
        await self._cancel(
            why,
            timer.c.lead == number,
            timer.c.kind.in_(_FOLLOW_UPS),
            timer.c.state.in_([TimerState.PENDING, TimerState.SKIPPED]),
        )

    async def end_all(self, number: int, why: str) -> None:
        """Cancel everything pending of a lead (PF52)."""
        await self._cancel(why, timer.c.lead == number, _IS_PENDING)

    async def _cancel(self, why: str, *conditions: ColumnElement[bool]) -> None:
        await self._connection.execute(
            update(timer).where(*conditions).values(state=str(TimerState.CANCELLED), why=why)
        )

    async def refresh_due(self, numbers: Sequence[int]) -> None:
        """Set `due_at` and `due_kind` of leads to their earliest open target (R129).

        A target is open until a reaction has ended its cycle, also after it has fired: then the lead is overdue.
        """
        open_targets = (
            timer.c.lead == lead.c.number,
            timer.c.kind.in_(_TARGETS),
            timer.c.state.in_(_WITHOUT_END),
            lead.c.state == LeadState.OPEN,
            or_(lead.c.reacted_at.is_(None), lead.c.reacted_at < timer.c.base_at),
        )
        due_at, kind = (
            select(column)
            .where(and_(*open_targets))
            .order_by(timer.c.due_at, timer.c.id)
            .limit(1)
            .correlate(lead)
            .scalar_subquery()
            for column in (timer.c.due_at, timer.c.kind)
        )
        await self._connection.execute(
            update(lead).where(lead.c.number.in_(numbers)).values(due_at=due_at, due_kind=kind)
        )

    async def with_open_targets(
        self, location: str, after: int, limit: int, *, to_change: bool = True
    ) -> tuple[int, ...]:
        """Numbers of a location's open leads that have a due date, in order, above `after`; locked if `to_change`."""
        statement = (
            select(lead.c.number)
            .where(
                lead.c.location == location,
                lead.c.number > after,
                lead.c.state == literal_column("'open'"),
                lead.c.due_at.is_not(None),
            )
            .order_by(lead.c.number)
            .limit(limit)
        )
        if to_change:
            statement = statement.with_for_update()
        return tuple((await self._connection.execute(statement)).scalars())


def timer_of(row: Row[tuple[object, ...]]) -> Timer:
    """The timer value of a row."""
    return Timer(TimerKind(row.kind), row.due_at, row.effective_at, row.send_at, TimerState(row.state), row.why)


def armed_of(row: Row[tuple[object, ...]]) -> ArmedTimer:
    """The timer of a row with where it stands."""
    return ArmedTimer(row.id, row.lead, row.location, row.cycle, row.base_at, timer_of(row))
