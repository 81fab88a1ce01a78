"""Worker processes that are there in milliseconds, and leave Ctrl-C to their parent from their first instant on.

A fresh interpreter takes most of a second to load what reads a mail, and mails would wait for it each time a worker is
recycled. So workers are forked from a process that has loaded it and has never seen a mail.

A terminal sends SIGINT to every process it runs. One that is still importing would answer with a traceback on the
operator's console; so it is born with the signal blocked, and its parent alone decides when it ends.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from multiprocessing.context import ForkServerContext, ForkServerProcess
from typing import Any

_LOADED_BEFORE_THE_FORK = ["leadmaild.reading.read"]


class _Worker(ForkServerProcess):
    @staticmethod
    def _Popen(process_obj: Any) -> Any:  # noqa: N802  # multiprocessing's own name for "launch it"
        resource_tracker.ensure_running()  # it would unblock the signal again
        with _without_interrupts():
            return ForkServerProcess._Popen(process_obj)  # noqa: SLF001


class WorkerContext(ForkServerContext):
    """multiprocessing's "forkserver", whose processes never see SIGINT."""

    Process = _Worker

    def __init__(self) -> None:
        super().__init__()
        self.set_forkserver_preload(_LOADED_BEFORE_THE_FORK)


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """A child inherits what its parent's thread blocks; a SIGINT that comes meanwhile reaches the parent afterwards."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
