"""Reads mails in a worker process that can be stopped: 5 s a mail, 512 MiB, recycled every 500 mails (SP-12, SP-13).

A mail that breaks the worker gives the fallback reading of a mail nobody could read; the next mail is unharmed.
"""

import asyncio
import contextlib
import multiprocessing
import resource
from concurrent.futures import TimeoutError as DeadlinePassed
from pathlib import Path

from pebble import ProcessExpired, ProcessPool

from leadmaild.maillog import Event, log
from leadmaild.model.reading import Reading
from leadmaild.reading.context import ReadingContext
from leadmaild.reading.definitions import SourceSet
from leadmaild.reading.read import read
from leadmaild.reading.sources_folder import load_sources
from leadmaild.reading.unreadable import unreadable

DEADLINE_S = 5.0
MEMORY_LIMIT = 512 * 1024 * 1024
MAILS_PER_WORKER = 500

_sources: SourceSet | None = None


class ReaderPool:
    """Port Reader: worker processes that read with the sources of these folders."""

    def __init__(self, source_folders: tuple[Path, ...] = (), workers: int = 1) -> None:
        self._pool = ProcessPool(
            max_workers=workers,
            max_tasks=MAILS_PER_WORKER,
            initializer=_prepare_worker,
            initargs=(source_folders,),
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
            return reading
        except DeadlinePassed:
            return unreadable(raw, "deadline")
        except ProcessExpired:
            return unreadable(raw, "reader_died")
        except (MemoryError, RecursionError):
            return unreadable(raw, "reader_out_of_memory")
        except Exception as failure:  # noqa: BLE001  # reading promises never to raise; if it does, no mail is lost
            log(Event.BUG, where="reader", exc=failure)
            return unreadable(raw, "reader_failed")

    async def close(self) -> None:
        """End the workers."""
        self._pool.stop()  # type: ignore[no-untyped-call]
        await asyncio.to_thread(self._pool.join)


def _prepare_worker(source_folders: tuple[Path, ...]) -> None:
    global _sources  # one per process, set once before the first mail
    with contextlib.suppress(ValueError, OSError):  # a lower hard limit stands already
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _sources = load_sources(source_folders)


def _read(raw: bytes, context: ReadingContext) -> Reading:
    if _sources is None:
        raise RuntimeError("the worker was not prepared")
    return read(raw, context, _sources)
