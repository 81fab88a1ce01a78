"""retention: what has been kept long enough goes by itself (R180), a little at a time, on one node at a time.

A sweep goes once through everything that is old, from window to window: each looks at a bounded number of rows and lets
a few of them go in one short transaction, so that mail which comes in never waits for it, however much there is.
"""

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from leadmaild.config.model import Settings
from leadmaild.maillog import Event, log
from leadmaild.model.privacy import Kept
from leadmaild.pipeline import letting_go
from leadmaild.pipeline.world import World
from leadmaild.ports import Clock
from leadmaild.ports.stores import Database, Transaction

EVERY = timedelta(hours=1)
WINDOW = 200  # old rows looked at in one go
BATCH = 20  # rows let go of in one transaction
BATCH_BYTES = 4 * 1024 * 1024  # of mails, but one: what is let go of is written over on the disk
LEASE = "retention"

_Place = tuple[datetime, int]  # of a row: its instant, its id


@dataclass(frozen=True, slots=True)
class Span:
    """One kind of thing at one location: what is older than `before` (a UTC instant) goes."""

    kept: Kept
    location: str
    before: datetime


async def spans(tx: Transaction, settings: Settings, now: datetime) -> tuple[Span, ...]:
    """What is kept for a time at all, and where: what has no span is kept for ever."""
    locations = await tx.retention.locations()
    lengths = [(kept, code, getattr(settings.retention_at(code), kept)) for kept in Kept for code in locations]
    return tuple(Span(kept, code, now - length) for kept, code, length in lengths if length is not None)


async def plan(tx: Transaction, settings: Settings, now: datetime) -> tuple[tuple[Span, int], ...]:
    """How much would go now; only where there is any."""
    counted = [
        (span, await tx.retention.count(span.kept, span.location, span.before))
        for span in await spans(tx, settings, now)
    ]
    return tuple(one for one in counted if one[1])


class Sweep:
    """One way through everything that is old. `may_go_on` is asked in each transaction that lets go of something."""

    def __init__(
        self,
        database: Database,
        all_spans: Sequence[Span],
        now: datetime,
        may_go_on: Callable[[Transaction], Awaitable[bool]] | None = None,
    ) -> None:
        self._database = database
        self._left = deque(all_spans)
        self._now = now
        self._may_go_on = may_go_on
        self._place: _Place | None = None  # how far the first span is done

    async def window(self) -> tuple[Span, int] | None:
        """Look at the next window and let go of what may go there; return the span and how much that was.

        None: there is no more, or it may not go on.
        """
        while self._left:
            span = self._left[0]
            async with self._database.view() as tx:  # the long part holds no lock
                rows = await tx.retention.old(span.kept, span.location, span.before, self._place, WINDOW)
                chosen, place = await _chosen(tx, span, rows)
            if not rows:
                self._left.popleft()
                self._place = None
                continue
            gone = await self._let_go(span, chosen) if chosen else 0
            if gone is None:
                self._left.clear()
                return None
            self._place = place
            return span, gone
        return None

    async def _let_go(self, span: Span, ids: Sequence[int]) -> int | None:
        async with self._database.transaction() as tx:
            if self._may_go_on is not None and not await self._may_go_on(tx):
                return None
            still = sorted(await tx.retention.unneeded(span.kept, ids))
            if still:
                await letting_go.OF[span.kept](tx, still, self._now)
            await tx.commit()
        return len(still)


async def _chosen(tx: Transaction, span: Span, rows: Sequence[_Place]) -> tuple[list[int], _Place | None]:
    """The ids of the first of these rows that may go, a batch by number and by bytes; and the place up to where the
    rows are done with them."""
    if not rows:
        return [], None
    unneeded = await tx.retention.unneeded(span.kept, [row_id for _, row_id in rows])
    sizes = await tx.retention.sizes(span.kept, unneeded) if unneeded else {}
    chosen: list[int] = []
    room, done = BATCH_BYTES, rows[-1]
    for place in rows:
        if place[1] in unneeded:
            room -= sizes.get(place[1], 0)
            if len(chosen) == BATCH or (chosen and room < 0):
                return chosen, done
            chosen.append(place[1])
        done = place
    return chosen, done


class Retention:
    """The step that sweeps, again and again, on the node that holds the lease."""

    def __init__(
        self,
        database: Database,
        world: Callable[[], World],
        clock: Clock,
        node: str,
        is_clock_doubtful: Callable[[], bool] = lambda: False,
    ) -> None:
        self._database = database
        self._is_clock_doubtful = is_clock_doubtful
        self._world = world
        self._clock = clock
        self._node = node
        self._sweep: Sweep | None = None
        self._log_is_full = False  # of what was let go of

    async def step(self) -> bool:
        """Do one window of the sweep that runs, or begin one; False at its end, until the next is due.

        What is gone cannot be brought back: a clock that has just jumped ahead makes nothing old (SP-18).
        """
        if self._is_clock_doubtful():
            return False
        if self._sweep is None:
            now = self._clock.now()
            async with self._database.view() as tx:
                found = await spans(tx, self._world().settings, now)
            self._sweep = Sweep(self._database, found, now, self._hold)
        done = await self._sweep.window()
        if done is None:
            self._sweep = None
            await self._end()
            return False
        span, gone = done
        if gone:
            self._log_is_full = True
            log(Event.RETENTION_APPLIED, location=span.location, kind=str(span.kept), count=gone)
        return True

    async def _hold(self, tx: Transaction) -> bool:
        return await tx.node_leases.take(LEASE, self._node, self._clock.now())

    async def _end(self) -> None:
        if not self._log_is_full:
            return
        async with self._database.transaction() as tx:
            await tx.node_leases.give_back(LEASE, self._node)
            await tx.commit()
        self._log_is_full = not await self._database.empty_log()


async def sweep_all(database: Database, settings: Settings, now: datetime) -> tuple[tuple[Span, int], ...]:
    """Let everything go that is due now, whatever the nodes are at; return how much of each that was."""
    async with database.view() as tx:
        sweep = Sweep(database, await spans(tx, settings, now), now)
    gone: dict[Span, int] = {}
    while (done := await sweep.window()) is not None:
        span, count = done
        gone[span] = gone.get(span, 0) + count
    return tuple((span, count) for span, count in gone.items() if count)
