"""SQLite in the event loop's own thread, but for what may wait.

aiosqlite hands every call to a thread, four calls a statement, and each hand-over costs more than most statements do:
two thirds of the CPU time of a mail. A statement inside a transaction of ours takes microseconds and waits for nobody:
the writer holds the one write lock since BEGIN IMMEDIATE, and readers of a WAL wait for no writer. So statements run
where they are called. What may wait stays in the thread: opening, BEGIN (for the lock), COMMIT and ROLLBACK (for the
disk), closing, and writing many rows at once, which may be a hundred mails with all their bytes.
"""

import sqlite3
from collections.abc import Callable
from typing import Any

from aiosqlite.core import Connection

_AT_ONCE = ("execute", "fetchall", "fetchone", "fetchmany", "close")


class OnLoopConnection(Connection):
    """An aiosqlite connection that runs statements without its thread. Never used by two tasks at a time: the pool
    lends it, so loop and thread take turns."""

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if self._connection is not None and self._runs_at_once(fn, args):
            return fn(*args, **kwargs)
        return await super()._execute(fn, *args, **kwargs)  # type: ignore[no-untyped-call]

    def _runs_at_once(self, fn: Callable[..., Any], args: tuple[Any, ...]) -> bool:
        of = getattr(fn, "__self__", None)
        if of is self._connection:
            return fn.__name__ == "cursor"
        if isinstance(of, sqlite3.Cursor) and fn.__name__ in _AT_ONCE:
            return not (args and str(args[0]).startswith("BEGIN"))
        return False


def connecting(database: str, *, uri: bool) -> Callable[[], Connection]:
    """What the engine calls to open a connection to the SQLite file or URI `database`."""

    def connect() -> Connection:
        connection = OnLoopConnection(
            lambda: sqlite3.connect(database, uri=uri, check_same_thread=False), iter_chunk_size=64
        )
        # As SQLAlchemy has it: a thread that hangs must not keep the process.
        connection._thread.daemon = True  # noqa: SLF001
        return connection

    return connect
