"""retention: what has been kept long enough goes by itself (R180), a little at a time, on one node at a time.

Each batch is one short transaction, so that mail which comes in never waits for it; what it did not come to stays due.
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from leadmaild.config.model import Settings
from leadmaild.maillog import Event, log
from leadmaild.model.privacy import Kept
from leadmaild.pipeline.world import World
from leadmaild.ports import Clock
from leadmaild.ports.stores import Database, Transaction

EVERY = timedelta(hours=1)
BATCH = 20  # rows in one transaction
BATCH_BYTES = 4 * 1024 * 1024  # of mails; what is erased is written over on the disk
LEASE = "retention"


@dataclass(frozen=True, slots=True)
class Due:
    """How much of one kind is due at one location. `before` is a UTC instant: what is older goes."""

    kept: Kept
    location: str
    before: datetime
    count: int


async def plan(tx: Transaction, settings: Settings, now: datetime) -> tuple[Due, ...]:
    """What would go now; only where there is any."""
    found = [
        Due(kept, location, before, await tx.retention.count(kept, location, before))
        for kept, location, before in _spans(settings, await tx.retention.locations(), now)
    ]
    return tuple(due for due in found if due.count)


class Retention:
    """The step that lets go of what is old."""

    def __init__(self, database: Database, world: Callable[[], World], clock: Clock, node: str) -> None:
        self._database = database
        self._world = world
        self._clock = clock
        self._node = node
        self._log_is_full = False  # of what was let go of

    async def step(self) -> bool:
        """Let one batch go; True if there may be more. Looking holds no lock, and another node's turn is respected."""
        now = self._clock.now()
        async with self._database.view() as tx:
            due = await _first_batch(tx, self._world().settings, now)
        if due is None:
            self._log_is_full = self._log_is_full and not await self._database.empty_log()
            return False
        async with self._database.transaction() as tx:
            if not await tx.node_leases.take(LEASE, self._node, now):
                return False
            gone = await let_go(tx, due, now)
            await tx.node_leases.give_back(LEASE, self._node)
            await tx.commit()
        self._log_is_full = True
        if gone:
            log(Event.RETENTION_APPLIED, location=due.location, kind=str(due.kept), count=gone)
        return gone > 0


async def apply_all(database: Database, settings: Settings, now: datetime) -> tuple[Due, ...]:
    """Let everything go that is due now, batch by batch; return how much of each that was."""
    gone: dict[tuple[Kept, str, datetime], int] = {}
    while True:
        async with database.transaction() as tx:
            due = await _first_batch(tx, settings, now)
            count = await let_go(tx, due, now) if due is not None else 0
            await tx.commit()
        if due is None or not count:
            return tuple(Due(*key, total) for key, total in gone.items())
        key = (due.kept, due.location, due.before)
        gone[key] = gone.get(key, 0) + count


async def let_go(tx: Transaction, due: Due, now: datetime) -> int:
    """Let one batch of what is due go; return how many rows that were."""
    ids = await tx.retention.due(due.kept, due.location, due.before, BATCH, BATCH_BYTES)
    if ids:
        await _LET_GO[due.kept](tx, ids, now)
    return len(ids)


async def _mails_without_lead(tx: Transaction, ids: Sequence[int], now: datetime) -> None:
    await tx.erasure.release(ids, now, whole=True)
    await tx.erasure.bodies(await tx.persons.outgoing_of((), ids))


async def _mails_of_leads(tx: Transaction, ids: Sequence[int], now: datetime) -> None:
    await tx.erasure.release(ids, now, whole=False)
    made_of_them = await tx.persons.outgoing_of((), ids)
    await tx.erasure.bodies(await tx.erasure.carriers(made_of_them))


async def _suppressed_bodies(tx: Transaction, ids: Sequence[int], _now: datetime) -> None:
    await tx.erasure.bodies(ids)


async def _closed_leads(tx: Transaction, ids: Sequence[int], now: datetime) -> None:
    """The lead, its mails that no other lead needs, its outgoing mails; and its contact with the last of his leads."""
    leads = await tx.leads.by_numbers(ids)
    contacts = await tx.contacts.lock({lead.contact_id for lead in leads.values()})
    await tx.erasure.leads(ids, now)
    mails = await tx.retention.mails_of_erased(tuple(ids))
    await tx.erasure.outgoing(await tx.persons.outgoing_of(ids, mails), now)
    await tx.erasure.release(mails, now, whole=True)
    await tx.erasure.contacts(await tx.erasure.without_leads([contact.id for contact in contacts]), now)


_LET_GO: dict[Kept, Callable[[Transaction, Sequence[int], datetime], Awaitable[None]]] = {
    Kept.RAW_MAIL_WITHOUT_LEAD: _mails_without_lead,
    Kept.RAW_MAIL: _mails_of_leads,
    Kept.SUPPRESSED_BODIES: _suppressed_bodies,
    Kept.CLOSED_LEADS: _closed_leads,
}


async def _first_batch(tx: Transaction, settings: Settings, now: datetime) -> Due | None:
    """The first kind and location of which anything is due; `count` says only that there is."""
    for kept, location, before in _spans(settings, await tx.retention.locations(), now):
        if await tx.retention.due(kept, location, before, 1, BATCH_BYTES):
            return Due(kept, location, before, 1)
    return None


def _spans(settings: Settings, locations: Sequence[str], now: datetime) -> Iterator[tuple[Kept, str, datetime]]:
    """What is kept for a time at all, where, and before when it goes: without a span of its own, never."""
    for kept in Kept:
        for code in locations:
            span: timedelta | None = getattr(settings.retention_at(code), kept)
            if span is not None:
                yield kept, code, now - span
