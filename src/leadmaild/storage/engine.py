"""Engines for SQLite and PostgreSQL from one URL: durable, one writer on SQLite, read-only where only reading is meant.

SQLite: WAL, synchronous=FULL (250 means on disk: SP-02), foreign keys, secure_delete (R181), BEGIN IMMEDIATE.
"""

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Engine, create_engine, event, make_url

from leadmaild.errors import Unavailable
from leadmaild.storage.connection import AsyncEngine
from leadmaild.storage.sqlite_connection import BUSY_TIMEOUT_MS, OnLoopDriver

# With BUSY_TIMEOUT_MS below the 10 s in which a locked database must be answered (SP-16).
POOL_TIMEOUT_S = 4
LOG_PATIENCE_MS = 500


def database_url(setting: str, base: Path) -> URL:
    """Return the SQLAlchemy URL for the `database` setting.

    `sqlite:///rel/path` is relative to `base` (the folder of the settings file), `sqlite:////abs/path` is absolute,
    `postgresql://` means psycopg 3.
    """
    url = make_url(setting)
    if url.get_backend_name() == "sqlite":
        path = url.database or "leadmaild.db"
        return URL.create("sqlite+aiosqlite", database=str(base / path))
    return url.set(drivername="postgresql+psycopg")


def is_sqlite(url: URL) -> bool:
    """Whether the URL names an SQLite file."""
    return url.get_backend_name() == "sqlite"


def make_folder(url: URL) -> None:
    """Make the folder an SQLite file lies in. Raises Unavailable if it cannot be made."""
    folder = Path(url.database or "").parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise Unavailable(f"the folder of the database, {folder}, cannot be made: {problem.strerror}") from problem


def write_engine(url: URL) -> AsyncEngine:
    """The engine for transactions. On SQLite it holds one connection: the one writer, taken in turn."""
    if not is_sqlite(url):
        return AsyncEngine(_on_server(url, pool_size=8))
    make_folder(url)
    engine = create_engine(
        url,
        module=OnLoopDriver(url.database or "", uri=False),
        pool_size=1,
        max_overflow=0,
        pool_timeout=POOL_TIMEOUT_S,
    )
    prepare_sqlite(engine, writes=True)
    return AsyncEngine(engine)


def read_engine(url: URL) -> AsyncEngine:
    """The engine for looking: never writes, never waits for the writer (SQLite: mode=ro on the same file)."""
    if not is_sqlite(url):
        engine = _on_server(url, pool_size=2)
        # One snapshot for the whole view, as SQLite gives it: sums over several tables must match while mail comes in.
        return AsyncEngine(engine.execution_options(postgresql_readonly=True, isolation_level="REPEATABLE READ"))
    engine = create_engine(
        url,
        module=OnLoopDriver(f"file:{quote(url.database or '')}?mode=ro", uri=True),
        pool_size=2,
        max_overflow=4,
        pool_timeout=POOL_TIMEOUT_S,
    )
    prepare_sqlite(engine, writes=False)
    return AsyncEngine(engine)


def _on_server(url: URL, *, pool_size: int) -> Engine:
    return create_engine(
        url.set(drivername="postgresql+psycopg_async"),
        pool_size=pool_size,
        max_overflow=4,
        pool_timeout=POOL_TIMEOUT_S,
        pool_pre_ping=True,
    )


def sync_url(url: URL) -> URL:
    """The same database by a synchronous driver, for migrations."""
    return url.set(drivername="sqlite") if is_sqlite(url) else url


def empty_log(url: URL) -> bool:
    """Write the write-ahead log of an SQLite file into the file and cut it to nothing; False if a reader or writer
    stood in the way. Waits for them a moment only: nobody can write meanwhile."""
    with closing(sqlite3.connect(url.database or "", isolation_level=None)) as connection:
        connection.execute(f"PRAGMA busy_timeout = {LOG_PATIENCE_MS}")
        try:
            is_busy, _frames, _written = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.OperationalError:
            return False
        return not is_busy


def prepare_sqlite(engine: Engine, *, writes: bool) -> None:
    """Let every connection of the engine be as ours are; with `writes` a transaction takes the write lock at once."""

    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        set_pragmas(connection, writes=writes)

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _into_wal(cursor: Any) -> None:
    """Turn a new database to its write-ahead log. SQLite does not wait for others who do the same (it sees a deadlock
    coming), so that is done here; a database in WAL already takes no lock."""
    give_up_at = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as failure:
            if "locked" not in str(failure) or time.monotonic() > give_up_at:
                raise
            time.sleep(0.01)
        else:
            return


def set_pragmas(connection: sqlite3.Connection | Any, *, writes: bool) -> None:
    """Set what every SQLite connection of ours needs; also used by migrations on their synchronous connection."""
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    pragmas = ["foreign_keys = ON"]
    if writes:
        _into_wal(cursor)
        pragmas += ["synchronous = FULL", "secure_delete = ON", "cache_size = -16000"]
    else:
        pragmas += ["query_only = ON"]
    for pragma in pragmas:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
