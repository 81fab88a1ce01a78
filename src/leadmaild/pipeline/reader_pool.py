"""Reads mails, and verifies their signatures, in a worker process that can be stopped: 5 s a mail, 512 MiB, recycled
every 500 trips (SP-12, SP-13).

A mail that breaks the worker gives the fallback reading of a mail nobody could read; the next mail is unharmed.
"""

import asyncio
import contextlib
import logging
import os
import resource
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import TimeoutError as DeadlinePassed
from concurrent.futures.process import BrokenProcessPool
from importlib import import_module
from typing import Any

from pebble import ProcessExpired, ProcessPool

from leadmaild.authentication.dkim_signatures import Candidate, DkimResult, verify
from leadmaild.errors import Unavailable
from leadmaild.maillog import Event, log
from leadmaild.model.reading import Reading
from leadmaild.pipeline.worker_processes import WorkerContext
from leadmaild.reading.context import ReadingContext
from leadmaild.reading.definitions import SourceSet

DEADLINE_S = 5.0
MEMORY_LIMIT = 512 * 1024 * 1024
TRIPS_PER_WORKER = 500  # with one mail each, or a few small ones
_TRIES = 3  # pools, for a mail whose pool breaks before it is read
# Where there is one core for all, taking mail in comes before reading it (T3, T12).
_NICENESS = 5

_sources: SourceSet | None = None


class ReaderPool:
    """Port Reader: worker processes that read with these sources, whatever becomes of the files they were read from."""

    def __init__(self, sources: SourceSet, workers: int = 1) -> None:
        self._sources = sources
        self._workers = workers
        self._pool = self._new_pool()
        self._closing: list[ProcessPool] = []

    def _new_pool(self) -> ProcessPool:
        return ProcessPool(
            max_workers=self._workers,
            max_tasks=TRIPS_PER_WORKER,
            initializer=_prepare_worker,
            initargs=(self._sources,),
            context=WorkerContext(),
        )

    async def warm_up(self) -> None:
        """Return once a worker is there to read: the first mail must not wait for imports."""
        await self.read(b"", ReadingContext())

    async def read(self, raw: bytes, context: ReadingContext) -> Reading:
        """Read one mail. What breaks the worker (crash, memory, deadline) comes back as the fallback reading."""
        try:
            reading: Reading = await self._done(_read, raw, context)
        except _Broken as broken:
            return _unreadable(raw, str(broken))
        return reading

    async def read_all(self, mails: Sequence[tuple[bytes, ReadingContext]]) -> list[Reading]:
        """Read some mails on one trip to the worker, which costs as much as reading a small mail. If the trip fails,
        each is read on its own: what breaks the worker costs one mail only."""
        if len(mails) > 1:
            with contextlib.suppress(_Broken):
                readings: list[Reading] = await self._done(_read_all, mails)
                return readings
            log(Event.ALARM_RAISED, where="reader", reason="one_by_one", count=len(mails))
        return [await self.read(raw, context) for raw, context in mails]

    async def verify(
        self, raw: bytes, author_domain: str, keys: Mapping[str, Sequence[str]]
    ) -> Mapping[Candidate, DkimResult]:
        """Verify one mail's signatures. Raises Unavailable where the mail breaks the worker."""
        try:
            results: Mapping[Candidate, DkimResult] = await self._done(_verify, raw, author_domain, keys)
        except _Broken as broken:
            raise Unavailable(str(broken)) from broken
        return results

    async def _done(self, work: Callable[..., Any], *args: object) -> Any:
        """What a worker makes of it; raises _Broken."""
        for _ in range(_TRIES):
            pool = self._pool
            try:
                return await _done_by(pool, work, args)
            except BrokenProcessPool:
                # A worker died between two mails (the kernel was short of memory, say): no mail is to blame, and the
                # pool does not recover by itself.
                self._replace(pool)
        raise _Broken("reader_died")

    def _replace(self, broken: ProcessPool) -> None:
        if self._pool is broken:  # the first of those who waited for it does this
            log(Event.ALARM_RAISED, where="reader", reason="pool_broken")
            self._pool = self._new_pool()
            self._closing.append(broken)
            broken.stop()  # type: ignore[no-untyped-call]

    async def close(self) -> None:
        """End the workers once they have read what they were given."""
        self._pool.close()  # type: ignore[no-untyped-call]
        for pool in (self._pool, *self._closing):
            await asyncio.to_thread(pool.join)


class _Broken(Exception):
    """The mail broke the worker; the text says how."""


async def _done_by(pool: ProcessPool, work: Callable[..., Any], args: tuple[object, ...]) -> Any:
    try:
        future = pool.schedule(work, args=args, timeout=DEADLINE_S)
    except RuntimeError as stopped:
        raise BrokenProcessPool from stopped
    try:
        return await asyncio.wrap_future(future)
    except BrokenProcessPool:
        raise
    except DeadlinePassed:
        raise _Broken("deadline") from None
    except ProcessExpired:
        raise _Broken("reader_died") from None
    except (MemoryError, RecursionError):
        raise _Broken("reader_out_of_memory") from None
    except Exception as failure:
        # Neither reading nor verifying raises; if one does, no mail is lost.
        log(Event.BUG, where="reader", exc=failure)
        raise _Broken("reader_failed") from failure


def _unreadable(raw: bytes, why: str) -> Reading:
    from leadmaild.reading.unreadable import unreadable

    return unreadable(raw, why)


def _prepare_worker(sources: SourceSet) -> None:
    global _sources  # one per process, set once before the first mail
    with contextlib.suppress(ValueError, OSError):  # a lower hard limit stands already
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(_NICENESS)
    _sources = sources
    # It writes what senders chose to standard error; the daemon's log is one JSON line an event.
    logging.getLogger("mailparser").setLevel(logging.CRITICAL)
    import_module("leadmaild.reading.read")  # now, while no mail's deadline runs


def _read(raw: bytes, context: ReadingContext) -> Reading:
    # Loaded in the worker only: the daemon itself reads no mail, and starts sooner without (T11).
    from leadmaild.reading.read import read

    if _sources is None:
        raise RuntimeError("the worker was not prepared")
    return read(raw, context, _sources)


def _read_all(mails: Sequence[tuple[bytes, ReadingContext]]) -> list[Reading]:
    return [_read(raw, context) for raw, context in mails]


def _verify(raw: bytes, author_domain: str, keys: Mapping[str, Sequence[str]]) -> dict[Candidate, DkimResult]:
    return verify(raw, author_domain, keys)
