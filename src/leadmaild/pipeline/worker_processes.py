"""Worker processes that leave Ctrl-C to their parent, from their first instant on.

A terminal sends SIGINT to every process it runs. A worker that is still importing would answer with a traceback on the
operator's console; so it is born with the signal blocked, and its parent alone decides when it ends.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any


class _Worker(SpawnProcess):
    @staticmethod
    def _Popen(process_obj: Any) -> Any:  # noqa: N802  # multiprocessing's own name for "launch it"
        with _without_interrupts():
            return SpawnProcess._Popen(process_obj)  # noqa: SLF001


class WorkerContext(SpawnContext):
    """multiprocessing's "spawn", whose processes never see SIGINT."""

    Process = _Worker


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """A child inherits what its parent's thread blocks; a SIGINT that comes meanwhile reaches the parent afterwards."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
