"""What every command starts from: the settings it was told to use, and the database seen or written through them.

The database's rooms are imported only where they are entered: most of a command's start-up time is imports.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from leadmaild.config.find import settings_path
from leadmaild.config.load import load, salvaged
from leadmaild.config.model import Settings
from leadmaild.errors import ConfigError, Unavailable

if TYPE_CHECKING:
    from leadmaild.storage.unit_of_work import Database, Transaction

Result = TypeVar("Result")


def settings() -> Settings:
    """The settings of this call; their mail templates are not looked at. Raises ConfigError."""
    return load(named_settings())


def named_settings() -> Path:
    """The settings file of this call. Raises ConfigError if none was named and none is in the usual places."""
    return settings_path(click.get_current_context().find_root().obj)


def settings_or_what_is_left() -> tuple[Settings, ConfigError | None]:
    """The settings; where the files are wrong what can be used of them, for a daemon that runs on those before."""
    try:
        return settings(), None
    except ConfigError as wrong:
        return salvaged(named_settings()), wrong


def run_async(work: Coroutine[Any, Any, Result]) -> Result:
    """Run a command's coroutine to its end; Ctrl-C ends it early, without a word from the threads it leaves."""
    threading.excepthook = _leave_aftermath_unsaid
    return asyncio.run(work)


def _leave_aftermath_unsaid(failed: threading.ExceptHookArgs) -> None:
    """A database's thread that comes back to an interrupted command finds its event loop closed; that is no news."""
    if not (isinstance(failed.exc_value, RuntimeError) and str(failed.exc_value) == "Event loop is closed"):
        threading.__excepthook__(failed)


def require_database(chosen: Settings) -> None:
    """Raise Unavailable with what to do if the SQLite file is not there yet."""
    if (missing := _missing_file(chosen)) is not None:
        raise Unavailable(f"there is no database at {missing} yet; run `leadmaild migrate` or `leadmaild serve`")


def _missing_file(chosen: Settings) -> str | None:
    from leadmaild.storage.engine import database_url, is_sqlite

    url = database_url(chosen.gateway.database, chosen.path.parent)
    return url.database if is_sqlite(url) and not Path(url.database or "").exists() else None


@asynccontextmanager
async def database_of(chosen: Settings) -> "AsyncIterator[Database]":
    """The database of the settings, closed at the end. Raises Unavailable."""
    from leadmaild.foundation import open_database

    require_database(chosen)
    database = open_database(chosen)
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def view_of(chosen: Settings) -> "AsyncIterator[Transaction]":
    """A read-only view of the database. Raises Unavailable."""
    async with database_of(chosen) as database, database.view() as tx:
        yield tx


def settings_with_days() -> Settings:
    """The settings of this call with the days off that people have set since, if there is a database yet (R10)."""
    chosen = settings()
    return chosen if _missing_file(chosen) is not None else run_async(_with_days(chosen))


async def _with_days(chosen: Settings) -> Settings:
    async with view_of(chosen) as tx:
        return chosen.with_days(await tx.calendar.days())


def zone_of(chosen: Settings, code: str) -> str:
    """The zone a location's instants are shown in."""
    location = chosen.locations.get(code)
    return location.opening_hours.zone if location else "UTC"
