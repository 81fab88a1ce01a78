"""The one loop: run a step until it finds nothing to do, then wait to be woken, for the next due row, or for the poll.

A wake is a hint; the poll is the truth. What a step raises never ends the loop.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from leadmaild.errors import LeaseLost, Unavailable
from leadmaild.maillog import Event, log
from leadmaild.ports import Clock

_AFTER_FAILURE = timedelta(seconds=2)


class Worker:
    """Drives one step of the pipeline."""

    def __init__(
        self,
        name: str,
        step: Callable[[], Awaitable[bool]],
        clock: Clock,
        *,
        poll: timedelta = timedelta(seconds=5),
        next_due: Callable[[], Awaitable[datetime | None]] | None = None,
        give_way: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self.name = name
        self._step = step
        self._clock = clock
        self._poll = poll
        self._next_due = next_due
        self._give_way = give_way
        self._woken = asyncio.Event()
        self._stopping = False

    def wake(self) -> None:
        """There may be work now."""
        self._woken.set()

    def stop(self) -> None:
        """End the loop after the step that is running."""
        self._stopping = True
        self._woken.set()

    async def run(self) -> None:
        """Run until `stop`."""
        while not self._stopping:
            self._woken.clear()
            try:
                if self._give_way is not None:
                    await self._give_way()
                did_something = await self._step()
                until = None if did_something else await self._wait_until()
            except LeaseLost:
                log(Event.LEASE_LOST, where=self.name)
                until = None
            except Unavailable as failure:
                log(Event.ALARM_RAISED, where=self.name, reason="database_unavailable", exc=failure)
                until = self._clock.now() + _AFTER_FAILURE
            except Exception as failure:  # noqa: BLE001  # a bug of ours must not stop the mail behind it (PF3)
                log(Event.BUG, where=self.name, exc=failure)
                until = self._clock.now() + _AFTER_FAILURE
            if until is not None and not self._stopping:
                await self._rest(until)

    async def _wait_until(self) -> datetime:
        at = self._clock.now() + self._poll
        due = await self._next_due() if self._next_due else None
        return min(at, due) if due is not None else at

    async def _rest(self, until: datetime) -> None:
        woken = asyncio.ensure_future(self._woken.wait())
        slept = asyncio.ensure_future(self._clock.sleep_until(until))
        try:
            await asyncio.wait({woken, slept}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            woken.cancel()
            slept.cancel()
