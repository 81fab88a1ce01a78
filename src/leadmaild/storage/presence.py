"""Says that a daemon works on a database: any number of them may, but none while the database is moved elsewhere.

On SQLite a lock on an empty file beside the database, on PostgreSQL an advisory lock of a session of its own: either
goes with the process that holds it, however that ends, and costs nothing while it is held.
"""

import fcntl
import os
from pathlib import Path
from typing import Protocol

from sqlalchemy import URL, Connection, create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from leadmaild.errors import Unavailable
from leadmaild.storage.engine import is_sqlite, make_folder, sync_url

_LOCK = 0x6C6D_6164  # any number, the same on every node; not that of the migrations
# Nobody waits long for a server that is gone.
_CONNECT_ARGUMENTS = {"connect_timeout": 4, "tcp_user_timeout": 10_000}


class Presence(Protocol):
    """Held by a daemon together with others, or alone by whoever moves the database."""

    def take(self, *, alone: bool = False) -> bool:
        """Take it; False if somebody else's stands against it. Raises Unavailable."""
        ...

    def keep(self) -> None:
        """Make sure that it is still held, and take it again if the connection was lost; to be called now and then."""
        ...

    def release(self) -> None:
        """Let go of it."""
        ...


def presence_on(url: URL) -> Presence:
    """The presence on the database of that URL; not taken yet."""
    return _OnFile(url) if is_sqlite(url) else _OnServer(url)


class _OnFile:
    def __init__(self, url: URL) -> None:
        self._url = url
        self._file: int | None = None

    def take(self, *, alone: bool = False) -> bool:
        make_folder(self._url)
        path = Path(f"{self._url.database}.lock")
        try:
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as problem:
            raise Unavailable(f"the lock of the database, {path}, cannot be opened: {problem.strerror}") from problem
        try:
            fcntl.flock(file, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        self._file = file
        return True

    def keep(self) -> None:
        """Nothing to do: the lock is the kernel's."""

    def release(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


class _OnServer:
    def __init__(self, url: URL) -> None:
        self._engine = create_engine(
            sync_url(url), poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args=_CONNECT_ARGUMENTS
        )
        self._connection: Connection | None = None

    def take(self, *, alone: bool = False) -> bool:
        function = "pg_try_advisory_lock" if alone else "pg_try_advisory_lock_shared"
        try:
            connection = self._engine.connect()
            is_ours = connection.execute(text(f"SELECT {function}(:key)"), {"key": _LOCK}).scalar_one()
        except OperationalError as error:
            raise Unavailable(f"the database cannot be reached ({type(error.orig).__name__})") from error
        if is_ours:
            self._connection = connection
        else:
            connection.close()
        return bool(is_ours)

    def keep(self) -> None:
        try:
            if self._connection is not None:
                self._connection.execute(text("SELECT 1"))
                return
        except OperationalError:
            self.release()
        self.take()

    def release(self) -> None:
        if self._connection is not None:
            self._connection.invalidate()  # the lock goes with the session
            self._connection.close()
            self._connection = None
