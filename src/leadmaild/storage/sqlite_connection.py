"""SQLite in the event loop's own thread, but for what may wait.

aiosqlite hands every call to a thread, four calls a statement, and each hand-over costs more than most statements do:
two thirds of the CPU time of a mail. A statement inside a transaction of ours takes microseconds and waits for nobody:
the writer holds the one write lock since BEGIN IMMEDIATE, and readers of a WAL wait for no writer. So statements run
where they are called, on cursors of the standard library's own. What may wait goes to the thread: opening, BEGIN
IMMEDIATE where another process holds the lock, COMMIT (for the disk), closing, and writing much at once, which may be a
hundred mails with all their bytes.
"""

import sqlite3
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import aiosqlite
from aiosqlite.core import Connection
from sqlalchemy.dialects.sqlite.aiosqlite import AsyncAdapt_aiosqlite_connection, AsyncAdapt_aiosqlite_dbapi
from sqlalchemy.util import await_only

# Together below the 10 s in which a locked database must be answered (SP-16).
BUSY_TIMEOUT_MS = 4_000
_FOR_THE_WRITER = "BEGIN IMMEDIATE"
# More rows or bytes than these are written in the thread.
_MANY_ROWS = 10
_MANY_BYTES = 256 * 1024


class OnLoopConnection(Connection):
    """An aiosqlite connection whose statements run without its thread. Never used by two tasks at a time: the pool
    lends it, so loop and thread take turns."""

    async def in_thread(self, call: Callable[..., Any], *args: Any) -> Any:
        """Run what may wait."""
        return await self._execute(call, *args)  # type: ignore[no-untyped-call]

    async def rollback(self) -> None:
        """At once: forgetting what was written to a WAL waits for no disk."""
        self._conn.rollback()

    def statement(self) -> "_Cursor":
        """A cursor for one statement."""
        cursor: _Cursor = self._conn.cursor(_Cursor)
        cursor.owner = self
        return cursor


class _Cursor(sqlite3.Cursor):
    """Has all rows of a statement as soon as it has run: none is left half-read when the transaction goes on."""

    owner: OnLoopConnection
    rows: deque[Any]

    def execute(self, sql: str, parameters: Any = None) -> "_Cursor":
        parameters = parameters or ()
        if sql == _FOR_THE_WRITER:
            self._begin_writing()
        elif _is_large(parameters):
            await_only(self.owner.in_thread(super().execute, sql, parameters))
        else:
            await_only(_at_once())
            super().execute(sql, parameters)
        self.rows = deque(super().fetchall() if self.description else ())
        return self

    def executemany(self, sql: str, parameters: Any) -> "_Cursor":
        if len(parameters) > _MANY_ROWS or any(map(_is_large, parameters)):
            await_only(self.owner.in_thread(super().executemany, sql, parameters))
        else:
            await_only(_at_once())
            super().executemany(sql, parameters)
        self.rows = deque()
        return self

    def _begin_writing(self) -> None:
        """Take the write lock at once where it is free, as it is nearly always; else wait for it in the thread."""
        try:
            with _not_waiting(self.connection):
                super().execute(_FOR_THE_WRITER)
        except sqlite3.OperationalError:
            await_only(self.owner.in_thread(super().execute, _FOR_THE_WRITER))

    def fetchone(self) -> Any:
        return self.rows.popleft() if self.rows else None

    def fetchmany(self, size: int | None = None) -> list[Any]:
        return [self.rows.popleft() for _ in range(min(size or self.arraysize, len(self.rows)))]

    def fetchall(self) -> list[Any]:
        rows = list(self.rows)
        self.rows.clear()
        return rows

    def __iter__(self) -> Iterator[Any]:  # type: ignore[override]
        while self.rows:
            yield self.rows.popleft()

    async def _async_soft_close(self) -> None:
        """SQLAlchemy's wish to close a cursor and keep its rows: it holds nothing open, and has them."""


async def _at_once() -> None:
    """SQLAlchemy insists that a statement is awaited; this one waits for nothing."""


def _is_large(parameters: Sequence[Any]) -> bool:
    return any(len(value) > _MANY_BYTES for value in parameters if type(value) is bytes)


@contextmanager
def _not_waiting(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        yield
    finally:
        connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")


class _Adapted(AsyncAdapt_aiosqlite_connection):
    """The connection as SQLAlchemy sees it."""

    __slots__ = ()

    def cursor(self, server_side: bool = False) -> Any:  # noqa: ARG002  # SQLAlchemy's signature
        return self._connection.statement()


class OnLoopDriver(AsyncAdapt_aiosqlite_dbapi):
    """The driver of the SQLite file or URI `database`, as SQLAlchemy's engine takes it."""

    def __init__(self, database: str, *, uri: bool) -> None:
        super().__init__(aiosqlite, sqlite3)
        self._database = database
        self._uri = uri

    def connect(self, *_arguments: Any, **_options: Any) -> _Adapted:
        """Open the connection; called by the engine."""
        # Typed loosely: a connection of aiosqlite is not quite what SQLAlchemy says a driver's is.
        connection: Any = OnLoopConnection(
            lambda: sqlite3.connect(self._database, uri=self._uri, check_same_thread=False), iter_chunk_size=64
        )
        # As SQLAlchemy has it: a thread that hangs must not keep the process.
        connection._thread.daemon = True  # noqa: SLF001
        return _Adapted(self, await_only(connection))
