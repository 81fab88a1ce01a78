"""Work that only one node does at a time, such as watching a mailbox: whoever holds the lease does it.

Two nodes may both be at it for a moment, when one lost its database and does not know yet; what they do must bear
that (a message in the ledger cannot be taken twice).
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta

from leadmaild.errors import Unavailable
from leadmaild.maillog import Event, log
from leadmaild.ports import Clock
from leadmaild.ports.stores import Database


class OneNode:
    """Runs `work`, which does not end by itself, while this node holds the lease `name`."""

    def __init__(
        self,
        name: str,
        work: Callable[[], Awaitable[None]],
        database: Database,
        clock: Clock,
        node: str,
        lease: timedelta,
    ) -> None:
        self.name = name
        self._work = work
        self._database = database
        self._clock = clock
        self._node = node
        self._beat = lease / 3

    async def run(self) -> None:
        """Run until cancelled; then the lease is given back, so that another node takes over at once."""
        running: asyncio.Future[None] | None = None
        try:
            while True:
                if await self._hold():
                    running = running or asyncio.ensure_future(self._work())
                elif running is not None:
                    log(Event.LEASE_LOST, where=self.name)
                    await _end(running)
                    running = None
                await self._clock.sleep_until(self._clock.now() + self._beat)
        finally:
            if running is not None:
                await _end(running)
                await self._give_back()

    async def _hold(self) -> bool:
        try:
            async with self._database.transaction() as tx:
                is_ours = await tx.node_leases.take(self.name, self._node, self._clock.now())
                await tx.commit()
        except Unavailable:
            return False  # we cannot know whose it is; without a database there is nothing to do either
        return is_ours

    async def _give_back(self) -> None:
        with suppress(Unavailable):  # then it runs out
            async with self._database.transaction() as tx:
                await tx.node_leases.give_back(self.name, self._node)
                await tx.commit()


async def _end(running: "asyncio.Future[None]") -> None:
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
