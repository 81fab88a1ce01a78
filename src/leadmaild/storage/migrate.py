"""Brings a database to this version's schema: alembic, forward only, under a lock so that nodes may start together.

A database that is there already is only asked for its revision: alembic takes longer to load than all our tables, and
every start would pay for it.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL, Connection, create_engine, event, inspect, text
from sqlalchemy.exc import OperationalError

from leadmaild.errors import Unavailable
from leadmaild.storage.engine import is_sqlite, make_folder, set_pragmas, sync_url

if TYPE_CHECKING:
    from alembic.config import Config

# The schema revision this version of leadmaild needs: the last of migrations/versions.
NEWEST_REVISION = "0001"

_MIGRATION_LOCK = 0x6C6D_6169_6C64  # any number, the same on every node


def migrate(url: URL) -> tuple[str | None, str]:
    """Upgrade the database; return (revision before, revision now).

    Raises Unavailable if the database cannot be reached, or was written by a newer version.
    """
    if is_sqlite(url):
        _make_file(url)
    engine = create_engine(sync_url(url))
    if is_sqlite(url):
        event.listen(engine, "connect", lambda connection, _record: set_pragmas(connection, writes=True))
    try:
        with engine.connect() as connection:
            if revision_of(connection) == NEWEST_REVISION:
                return NEWEST_REVISION, NEWEST_REVISION
            connection.rollback()  # what was looked up so far may be old once we have the lock
            _lock(connection)
            before = revision_of(connection)
            _upgrade(connection)
            connection.commit()
            return before, revision_of(connection) or ""
    except OperationalError as error:
        raise Unavailable(f"the database cannot be opened ({type(error.orig).__name__})") from error
    finally:
        engine.dispose()


def _make_file(url: URL) -> None:
    # Read by nobody else, whatever the umask; SQLite gives its log the rights of the file. One that is there stays as
    # it is: `doctor` says if others can read it.
    make_folder(url)
    path = url.database or ""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as problem:
        raise Unavailable(f"the database, {path}, cannot be opened: {problem.strerror}") from problem


def revision_of(connection: Connection) -> str | None:
    """The schema revision the database is at; None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def revision_at(url: URL) -> str | None:
    """The schema revision of a database that is only looked at; None for an empty one. Raises Unavailable."""
    engine = create_engine(sync_url(url))
    try:
        with engine.connect() as connection:
            return revision_of(connection)
    except OperationalError as error:
        raise Unavailable(f"the database cannot be opened ({type(error.orig).__name__})") from error
    finally:
        engine.dispose()


def alembic_config() -> "Config":
    """The configuration that finds our migrations in the package."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


def _lock(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
    else:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.script import ScriptDirectory

    config = alembic_config()
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    current = revision_of(connection)
    if current is not None and current not in known:
        raise Unavailable("the database was written by a newer version of leadmaild; this version must not touch it")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
