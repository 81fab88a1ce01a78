"""Rows that wait for a moment no right clock would have set: of a clock that stood in the future (SP-18)."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Table, Update, update

from leadmaild.model.lead import TimerKind, TimerState
from leadmaild.model.outgoing import OutboxState
from leadmaild.storage.connection import AsyncConnection
from leadmaild.storage.schema import journal, node_lease, outbox, timer

# Nothing of ours waits longer by itself: a deferred mail backs off for 4 h and a fifth, a lease doubles to 16 min.
LONGEST_WAIT = timedelta(hours=5)
# Held notices wait for opening, follow-ups for their date, for weeks perhaps: their moment is not ours to judge.
_OUR_OWN_WAITS = (OutboxState.QUEUED, OutboxState.DEFERRED, OutboxState.SENDING)
_FIRST_RESPONSE = (TimerKind.REMINDER, TimerKind.STAGE1, TimerKind.STAGE2)


class FutureStore:
    """Brings such rows back to the present within one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def bring_back(self, now: datetime) -> int:
        """Let everything that waits for a wrong moment be due at `now` (a UTC instant); return how many rows that was.

        Timers of a customer's mail that "came" in the future count from now; each derives its moments again.
        """
        beyond = now + LONGEST_WAIT
        waiting = journal.c.state == "waiting"
        to_leave = outbox.c.state.in_(_OUR_OWN_WAITS)
        pending = (timer.c.state == TimerState.PENDING) & timer.c.kind.in_(_FIRST_RESPONSE)
        repairs = (
            _at(now, journal, "run_at").where(waiting, journal.c.run_at > beyond),
            _at(now, outbox, "run_at").where(to_leave, outbox.c.run_at > beyond),
            _at(now, journal, "lease_until").where(waiting, journal.c.lease_until > beyond),
            _at(now, outbox, "lease_until").where(to_leave, outbox.c.lease_until > beyond),
            _at(now, node_lease, "until").where(node_lease.c.until > beyond),
            update(timer).values(base_at=now, run_at=now).where(pending, timer.c.base_at > beyond),
        )
        return sum([(await self._connection.execute(one)).rowcount for one in repairs])


def _at(now: datetime, table: Table, column: str) -> Update:
    values: dict[str, Any] = {column: now}
    return update(table).values(values)
