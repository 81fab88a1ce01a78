"""Heartbeat: whoever works long on claimed rows keeps their leases, and stops as soon as he cannot.

A lease is shorter than a silent relay may take with one mail (60 s against 10 min). Without a heartbeat another worker
would take the mail meanwhile; without stopping, two would send it.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from leadmaild.errors import LeaseLost, Unavailable
from leadmaild.maillog import Event, log
from leadmaild.model.work import Claim
from leadmaild.ports import Clock
from leadmaild.ports.stores import Database, Transaction

Extend = Callable[[Transaction, Collection[Claim], datetime], Awaitable[frozenset[Claim]]]


class Heartbeat:
    """Keeps leases of one table; `extend` is the table's own, `lease` its span."""

    def __init__(self, database: Database, extend: Extend, clock: Clock, lease: timedelta) -> None:
        self._database = database
        self._extend = extend
        self._clock = clock
        self._lease = lease

    @asynccontextmanager
    async def kept(self, claims: Collection[Claim]) -> AsyncIterator[None]:
        """While the block runs its leases are pushed out, each third of their span.

        If one of them is gone, or the database is away for longer than the lease, the block is cancelled where it
        waits and LeaseLost is raised.
        """
        job = asyncio.current_task()
        assert job is not None  # noqa: S101  # a coroutine runs in a task
        beating = asyncio.create_task(self._beat(claims, job), name="heartbeat")
        try:
            yield
        except asyncio.CancelledError:
            if not beating.done():
                raise  # somebody else wants the job to end
            job.uncancel()
            raise LeaseLost(f"could not keep {len(claims)} rows") from None
        finally:
            beating.cancel()
            await asyncio.wait({beating})

    async def _beat(self, claims: Collection[Claim], job: asyncio.Task[object]) -> None:
        """Push the leases out until that fails for good; then stop the job."""
        kept_until = self._clock.now() + self._lease
        while self._clock.now() < kept_until:
            await self._clock.sleep_until(self._clock.now() + self._lease / 3)
            now = self._clock.now()
            try:
                async with self._database.transaction() as tx:
                    gone = await self._extend(tx, claims, now)
                    await tx.commit()
            except Unavailable as failure:
                log(Event.ALARM_RAISED, where="heartbeat", reason="database_unavailable", exc=failure)
                continue
            except Exception as failure:  # noqa: BLE001  # whatever it is, the leases are not being kept
                log(Event.BUG, where="heartbeat", exc=failure)
                continue
            if gone:
                break
            kept_until = now + self._lease
        job.cancel()
