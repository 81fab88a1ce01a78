"""What waits, and since when, out of the indexes of what waits: the daemon asks often, and on SQLite in the loop's own
thread (ADR 6)."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, literal_column, select

from leadmaild.model.health import MailboxStanding, QueueDepth, Standing
from leadmaild.model.lead import Outcome
from leadmaild.model.outgoing import OutboxState
from leadmaild.storage.claim import is_in
from leadmaild.storage.connection import AsyncConnection
from leadmaild.storage.outbox_store import WAITING
from leadmaild.storage.schema import journal, lead, mailbox_watch, outbox, timer

# Literals: a bound parameter would hide from the planner that a partial index holds these rows.
_IS_OPEN = lead.c.state == literal_column("'open'")
_IS_PENDING = timer.c.state == literal_column("'pending'")
_FOR_A_PERSON = (OutboxState.IN_DOUBT, OutboxState.FAILED)


class StandingStore:
    """Reads what waits within one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def standing(self) -> Standing:
        """Everything that waits, at the snapshot of this transaction."""
        waiting = await self._all(
            select(func.count(), func.min(journal.c.received_at)).where(is_in(journal, ["waiting"]))
        )
        queue = await self._all(
            select(outbox.c.state, func.count(), func.min(outbox.c.created_at), func.min(outbox.c.run_at))
            .where(is_in(outbox, WAITING))
            .group_by(outbox.c.state)
        )
        for_a_person = await self._all(
            select(outbox.c.state, func.count()).where(is_in(outbox, _FOR_A_PERSON)).group_by(outbox.c.state)
        )
        stuck = dict(tuple(row) for row in for_a_person)
        return Standing(
            mails_waiting=waiting[0][0],
            oldest_waiting_at=waiting[0][1],
            set_aside=await self._one(select(func.count()).where(journal.c.outcome == Outcome.SET_ASIDE)),
            queue={row[0]: QueueDepth(*row[1:]) for row in queue},
            in_doubt=stuck.get(OutboxState.IN_DOUBT, 0),
            failed=stuck.get(OutboxState.FAILED, 0),
            leads_open=await self._one(select(func.count()).select_from(lead).where(_IS_OPEN)),
            next_timer_at=await self._one(select(func.min(timer.c.run_at)).where(_IS_PENDING)),
            last_received_at=await self._one(select(func.max(journal.c.received_at))),
            mailboxes=await self.mailboxes(),
        )

    async def mailboxes(self) -> dict[str, MailboxStanding]:
        """The mailboxes that were ever watched, by name."""
        rows = await self._all(select(mailbox_watch))
        return {row.mailbox: MailboxStanding(row.last_success_at, row.problem, row.lost_at) for row in rows}

    async def _all(self, statement: Any) -> Sequence[Any]:
        rows: Sequence[Any] = (await self._connection.execute(statement)).all()
        return rows

    async def _one(self, value: Any) -> Any:
        return (await self._connection.execute(value)).scalar()
