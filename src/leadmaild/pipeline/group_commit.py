"""Group commit: everything that waits goes into one transaction; the running commit is the batching window, no timer.

A caller hears success only after the commit that holds its item is on disk. A caller that goes away (a client that
drops its connection) does not take the commit with it: it runs in a task of its own.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from leadmaild.errors import LeaseLost, Unavailable

Item = TypeVar("Item")


class GroupCommit(Generic[Item]):
    """Collects items and has `write` put each batch on disk in one transaction."""

    def __init__(self, write: Callable[[Sequence[Item]], Awaitable[None]], largest_batch: int = 100) -> None:
        self._write = write
        self._largest_batch = largest_batch
        self._waiting: list[tuple[Item, asyncio.Future[None]]] = []
        self._running: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """How many items wait for the next commit."""
        return len(self._waiting)

    async def commit(self, item: Item) -> None:
        """Return once `item` is on disk; raise what its write raised."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, done))
        if self._running is None:
            self._running = asyncio.create_task(self._drain(), name="group-commit")
        await done

    async def _drain(self) -> None:
        try:
            while self._waiting:
                batch = [one for one in self._waiting[: self._largest_batch] if not one[1].done()]
                del self._waiting[: self._largest_batch]
                if batch:  # who went away before the write began does not want it any more
                    await self._write_batch(batch)
        finally:
            self._running = None

    async def _write_batch(self, batch: list[tuple[Item, asyncio.Future[None]]]) -> None:
        try:
            await self._write([item for item, _ in batch])
        except Exception as failure:  # noqa: BLE001  # every waiter must hear of it
            if len(batch) == 1 or (isinstance(failure, Unavailable) and not isinstance(failure, LeaseLost)):
                # The database itself is not to be had: trying each alone would only make every waiter wait longer.
                for _, done in batch:
                    _tell(done, failure)
                return
            # One item may be what the database refuses: it must not take its neighbours down.
            for one in batch:
                await self._write_batch([one])
            return
        for _, done in batch:
            _tell(done, None)

    async def finish(self) -> None:
        """Return once everything handed in is written."""
        while self._running is not None:
            await asyncio.shield(self._running)


def _tell(done: "asyncio.Future[None]", failure: Exception | None) -> None:
    if done.done():  # the caller went away
        return
    if failure is None:
        done.set_result(None)
    else:
        done.set_exception(failure)
