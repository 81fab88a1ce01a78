"""Connections of SQLAlchemy's core that are awaited: only what the stores need.

The library's own (`sqlalchemy.ext.asyncio`) brings its whole object mapper with it, which nothing here uses and every
start would load (T11), and looks at every result for what only the mapper does.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVarTuple, overload

from sqlalchemy import Connection, CursorResult, Engine, Executable
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.selectable import TypedReturnsRows
from sqlalchemy.util import greenlet_spawn

_Columns = TypeVarTuple("_Columns")


class AsyncConnection:
    """One connection in use by one task. What goes wrong comes out as SQLAlchemy says it."""

    def __init__(self, sync_connection: Connection) -> None:
        self._sync = sync_connection

    @property
    def dialect(self) -> Dialect:
        """Which database it is connected to."""
        return self._sync.dialect

    async def begin(self) -> None:
        """Begin a transaction."""
        await greenlet_spawn(self._sync.begin)

    @overload
    async def execute(
        self, statement: TypedReturnsRows[*_Columns], parameters: Any = None
    ) -> CursorResult[*_Columns]: ...
    @overload
    async def execute(self, statement: Executable, parameters: Any = None) -> CursorResult[*tuple[Any, ...]]: ...
    async def execute(self, statement: Executable, parameters: Any = None) -> CursorResult[*tuple[Any, ...]]:
        """Execute one statement, with one set of parameters or many; its rows are in memory then."""
        return await greenlet_spawn(self._sync.execute, statement, parameters)

    async def commit(self) -> None:
        """Commit the transaction."""
        await greenlet_spawn(self._sync.commit)

    @asynccontextmanager
    async def begin_nested(self) -> AsyncIterator[None]:
        """A savepoint: what happens inside is undone alone if the block raises."""
        savepoint = await greenlet_spawn(self._sync.begin_nested)
        savepoint.__enter__()
        try:
            yield
        except BaseException as failure:
            await greenlet_spawn(savepoint.__exit__, type(failure), failure, failure.__traceback__)
            raise
        await greenlet_spawn(savepoint.__exit__, None, None, None)


class AsyncEngine:
    """Lends connections out of a pool; made of an engine with a driver that is awaited."""

    def __init__(self, sync_engine: Engine) -> None:
        self.sync_engine = sync_engine

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[AsyncConnection]:
        """A connection for the block; what is not committed at its end is rolled back."""
        connection = await greenlet_spawn(self.sync_engine.connect)
        try:
            yield AsyncConnection(connection)
        finally:
            await _to_its_end(greenlet_spawn(connection.close))

    async def dispose(self) -> None:
        """Close every connection that is not in use."""
        await greenlet_spawn(self.sync_engine.dispose)


async def _to_its_end(work: Coroutine[Any, Any, None]) -> None:
    """A task that is cancelled meanwhile goes on only when the work is done: a connection half given back is lost to
    the pool."""
    task, cancelled = asyncio.create_task(work), None
    while not task.done():
        try:
            await asyncio.wait((task,))
        except asyncio.CancelledError as wish:
            cancelled = wish
    task.result()
    if cancelled is not None:
        raise cancelled
