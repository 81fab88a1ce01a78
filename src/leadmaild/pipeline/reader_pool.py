"""Reads mails in a worker process that can be stopped: 5 s a mail, 512 MiB, recycled every 500 mails (SP-12, SP-13).

A mail that breaks the worker gives the fallback reading of a mail nobody could read; the next mail is unharmed.
"""

import asyncio
import contextlib
import multiprocessing
import resource
from concurrent.futures import TimeoutError as DeadlinePassed

from pebble import ProcessExpired, ProcessPool

from leadmaild.maillog import Event, log
from leadmaild.model.reading import Reading
from leadmaild.reading.context import ReadingContext
from leadmaild.reading.definitions import SourceSet
from leadmaild.reading.read import read
from leadmaild.reading.unreadable import unreadable

DEADLINE_S = 5.0
MEMORY_LIMIT = 512 * 1024 * 1024
MAILS_PER_WORKER = 500

_sources: SourceSet | None = None


class ReaderPool:
    """Port Reader: worker processes that read with these sources, whatever becomes of the files they were read from."""

    def __init__(self, sources: SourceSet, workers: int = 1) -> None:
        self._pool = ProcessPool(
            max_workers=workers,
            max_tasks=MAILS_PER_WORKER,
            initializer=_prepare_worker,
            initargs=(sources,),
            context=multiprocessing.get_context("spawn"),
        )

    async def warm_up(self) -> None:
        """Return once a worker is there to read: the first mail must not wait for imports."""
        await self.read(b"", ReadingContext())

    async def read(self, raw: bytes, context: ReadingContext) -> Reading:
        """Read one mail. What breaks the worker (crash, memory, deadline) comes back as the fallback reading."""
        future = self._pool.schedule(_read, args=(raw, context), timeout=DEADLINE_S)
        try:
            reading: Reading = await asyncio.wrap_future(future)
        except DeadlinePassed:
            return unreadable(raw, "deadline")
        except ProcessExpired:
            return unreadable(raw, "reader_died")
        except (MemoryError, RecursionError):
            return unreadable(raw, "reader_out_of_memory")
        except Exception as failure:  # noqa: BLE001  # reading promises never to raise; if it does, no mail is lost
            log(Event.BUG, where="reader", exc=failure)
            return unreadable(raw, "reader_failed")
        return reading

    async def close(self) -> None:
        """End the workers once they have read what they were given."""
        self._pool.close()  # type: ignore[no-untyped-call]
        await asyncio.to_thread(self._pool.join)


def _prepare_worker(sources: SourceSet) -> None:
    global _sources  # one per process, set once before the first mail
    with contextlib.suppress(ValueError, OSError):  # a lower hard limit stands already
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _sources = sources


def _read(raw: bytes, context: ReadingContext) -> Reading:
    if _sources is None:
        raise RuntimeError("the worker was not prepared")
    return read(raw, context, _sources)
