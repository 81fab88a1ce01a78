"""Copies everything from one database to another, SQLite or PostgreSQL either way: all of it or nothing.

The source is locked against writing and not changed. The target is filled in one transaction, read again and compared
before it is committed, so an interrupted run leaves it as empty as it was and can be started anew.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, Table, create_engine, func, insert, inspect, select, text
from sqlalchemy.exc import DBAPIError, OperationalError

from leadmaild.errors import Refused, Unavailable
from leadmaild.storage.copy_tables import RowSum, counters, holds_mails, tables
from leadmaild.storage.engine import is_sqlite, prepare_sqlite, sync_url
from leadmaild.storage.migrate import NEWEST_REVISION, migrate, revision_of
from leadmaild.storage.presence import presence_on

_ROWS, _ROWS_OF_MAILS = 1_000, 50  # at a time: a mail may have 25 MiB

Told = Callable[[str, int, int], None]  # what is being done, how many rows of how many


@dataclass(frozen=True, slots=True)
class Copied:
    """What was copied: rows by table."""

    rows: dict[str, int]


def copy_database(source: URL, target: URL, told: Told = lambda _what, _done, _all: None) -> Copied:
    """Copy the database at `source`, which must be at this version, to `target`, which is made and must be empty.

    Raises Refused for a database in use or a target that is not empty, Unavailable if one of them cannot be had.
    """
    if _place(source) == _place(target):
        raise Refused("this is the database the settings have already")
    with _alone_on(source), _engine(source) as from_engine, from_engine.connect() as reading:
        _lock(reading)
        if revision_of(reading) != NEWEST_REVISION:
            raise Refused("the database is not at this version yet; run `leadmaild migrate` first")
        with _alone_on(target), _engine(target) as to_engine:
            _require_empty(to_engine, target)
            migrate(target)
            with to_engine.connect() as writing:
                copied = _copy(reading, writing, told)
                writing.commit()
            _take_figures(to_engine)
    return copied


def _copy(reading: Connection, writing: Connection, told: Told) -> Copied:
    everything = tables()
    rows = {table.name: _count(reading, table) for table in everything}
    done, of = 0, 2 * sum(rows.values())  # once to write, once to compare
    sums: dict[str, tuple[int, int]] = {}
    for table in everything:
        if _count(writing, table):
            raise Refused(f"the target is not empty: there are rows in {table.name}")
    for table in everything:
        seen = RowSum(table)
        for batch in _batches(reading, table):
            for row in batch:
                seen.add(row)
            _insert(writing, table, batch)
            done += len(batch)
            told(f"copying {table.name}", done, of)
        sums[table.name] = seen.result
    _set_counters(reading, writing)
    for table in everything:
        found = RowSum(table)
        for batch in _batches(writing, table):
            for row in batch:
                found.add(row)
            done += len(batch)
            told(f"comparing {table.name}", done, of)
        if found.result != sums[table.name]:
            raise Refused(f"the copy of {table.name} is not what the source holds; nothing was kept of it")
    return Copied(rows)


def _batches(connection: Connection, table: Table) -> Iterator[list[tuple[Any, ...]]]:
    size = _ROWS_OF_MAILS if holds_mails(table) else _ROWS
    with connection.execute(select(table).execution_options(yield_per=size)) as result:
        for batch in result.partitions():
            yield [tuple(row) for row in batch]


def _insert(connection: Connection, table: Table, batch: list[tuple[Any, ...]]) -> None:
    names = [column.name for column in table.columns]
    try:
        connection.execute(insert(table), [dict(zip(names, row, strict=True)) for row in batch])
    except DBAPIError as error:
        if error.connection_invalidated or isinstance(error, OperationalError):
            raise
        # The driver's words may quote the row.
        raise Refused(
            f"a row of {table.name} cannot be kept in the target ({type(error.orig).__name__}); nothing was kept"
        ) from error


def _count(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


# -- numbers that are counted up --------------------------------------------------------------------------------------


def _set_counters(reading: Connection, writing: Connection) -> None:
    """No number is given twice, nor one that was given and is gone: it may stand in a mail somebody has."""
    for table, column in counters():
        highest = writing.execute(text(f"SELECT max({column}) FROM {table}")).scalar()  # noqa: S608  # our own names
        last = max(highest or 0, _last_given(reading, table, column))
        if not last:
            continue
        if writing.dialect.name == "postgresql":
            statement = "SELECT setval(pg_get_serial_sequence(:table, :column), :last)"
            writing.execute(text(statement), {"table": table, "column": column, "last": last})
        else:
            statement = "UPDATE sqlite_sequence SET seq = :last WHERE name = :table"
            writing.execute(text(statement), {"table": table, "last": last})


def _last_given(reading: Connection, table: str, column: str) -> int:
    if reading.dialect.name == "postgresql":
        asked = {"table": table, "column": column}
        sequence = reading.execute(text("SELECT pg_get_serial_sequence(:table, :column)"), asked).scalar_one()
        found = reading.execute(text(f"SELECT last_value - CASE WHEN is_called THEN 0 ELSE 1 END FROM {sequence}"))  # noqa: S608
    else:
        found = reading.execute(text("SELECT seq FROM sqlite_sequence WHERE name = :table"), {"table": table})
    return found.scalar() or 0


# -- the two databases ------------------------------------------------------------------------------------------------


@contextmanager
def _alone_on(url: URL) -> Iterator[None]:
    presence = presence_on(url)
    if not presence.take(alone=True):
        shown = url.set(drivername=url.get_backend_name()).render_as_string()  # as the settings have it
        raise Refused(f"a daemon runs on {shown}; stop it first (on every node)")
    try:
        yield
    finally:
        presence.release()


@contextmanager
def _engine(url: URL) -> Iterator[Engine]:
    engine = create_engine(sync_url(url))
    if is_sqlite(url):
        prepare_sqlite(engine, writes=True)
    try:
        yield engine
    except OperationalError as error:
        raise Unavailable(f"{url.render_as_string()} cannot be used: {str(error.orig).splitlines()[0]}") from error
    finally:
        engine.dispose()


def _lock(connection: Connection) -> None:
    """One snapshot that nobody writes behind: a mail handed in meanwhile would stay in the old database."""
    if connection.dialect.name == "postgresql":
        names = ", ".join(table.name for table in tables())
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        connection.execute(text("SET LOCAL lock_timeout = '4s'"))
        connection.execute(text(f"LOCK TABLE {names} IN SHARE MODE"))
    else:
        connection.execute(text("SELECT 1"))  # BEGIN IMMEDIATE comes with the first statement


def _require_empty(engine: Engine, target: URL) -> None:
    if is_sqlite(target) and not Path(target.database or "").exists():
        return
    with engine.connect() as connection:
        ours = {table.name for table in tables()} | {"alembic_version"}
        if strangers := set(inspect(connection).get_table_names()) - ours:
            raise Refused(f"the target is not empty: it has the table {min(strangers)}, which is not ours")


def _take_figures(engine: Engine) -> None:
    """PostgreSQL plans by figures of its tables, which it has not taken yet."""
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))


def _place(url: URL) -> tuple[object, ...]:
    if is_sqlite(url):
        return ("sqlite", Path(url.database or "").resolve())
    return ("postgresql", url.host or "", url.port or 5432, url.database or "")
