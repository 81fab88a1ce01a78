"""The daemon: start order. The entrance opens first, so that mail is taken in; the house behind it is loaded after."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib import import_module

from sqlalchemy import URL

from leadmaild.config.model import Settings
from leadmaild.entrance import Entrance, entrance_of
from leadmaild.errors import Unavailable
from leadmaild.foundation import Outside
from leadmaild.loading import loading
from leadmaild.maillog import Event, log
from leadmaild.pipeline.right_of_way import let_others_run
from leadmaild.storage.engine import database_url
from leadmaild.storage.migrate import migrate
from leadmaild.storage.presence import Presence, presence_on
from leadmaild.systemd import Wanted

_PRESENT_EVERY_S = 30
# The house in rooms that take some 10 ms each to load: whoever hands in mail meanwhile waits for one of them at most.
_ROOMS = (
    "leadmaild.reading.sources_folder",
    "leadmaild.settings_files",
    "leadmaild.deciding.decide",
    "leadmaild.writing.compose",
    "leadmaild.outbound.smtp_transport",
    "leadmaild.pipeline.reader_pool",
    "leadmaild.pipeline.intake",
    "leadmaild.pipeline.deliver",
    "leadmaild.wiring",
    "leadmaild.at_work",
)


async def serve(settings: Settings, outside: Outside | None = None) -> None:
    """Run the gateway until SIGTERM or SIGINT, then drain (SP-14).

    Raises ConfigError for wrong templates or sources, Unavailable if the database or a listening address is not to be
    had.
    """
    # What the operator wrote is checked before a mail is taken in. The packaged is known to be right, and waits.
    if is_checked := settings.names_own_texts:
        settings = _whole(settings)
    url = database_url(settings.gateway.database, settings.path.parent)
    async with _present_on(url):
        await _serve(settings, url, outside, is_checked=is_checked)


async def _serve(settings: Settings, url: URL, outside: Outside | None, *, is_checked: bool) -> None:
    wanted = Wanted()
    _before, revision = await asyncio.to_thread(migrate, url)
    entrance = await entrance_of(settings, outside)
    try:
        await entrance.open()
        await entrance.first_comers()
        await _load()
        from leadmaild.at_work import work

        await work(entrance, settings if is_checked else _whole(settings), revision, wanted)
    finally:
        await _close(entrance)
        log(Event.STOPPED, pid=os.getpid())


def _whole(settings: Settings) -> Settings:
    from leadmaild.settings_files import whole

    return whole(settings)


async def _load() -> None:
    for room in _ROOMS:
        with loading():
            import_module(room)
        await let_others_run()


async def _close(entrance: Entrance) -> None:
    await entrance.shut()
    await entrance.database.close()


@asynccontextmanager
async def _present_on(url: URL) -> AsyncIterator[None]:
    """While the block runs nobody moves the database to another place."""
    presence = presence_on(url)
    if not await asyncio.to_thread(presence.take):
        raise Unavailable("the database is being moved to another place (`leadmaild migrate --to`)")
    keeping = asyncio.create_task(_keep(presence), name="presence")
    try:
        yield
    finally:
        keeping.cancel()
        presence.release()


async def _keep(presence: Presence) -> None:
    while True:
        await asyncio.sleep(_PRESENT_EVERY_S)  # noqa: TID251  # no business time: a connection is looked after
        with suppress(Unavailable):  # the steps say it
            await asyncio.to_thread(presence.keep)
