"""The composition root: the one file that knows every concrete class. Tests bring other clocks and transports."""

import os
import secrets
import shutil
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from leadmaild.clock import RandomDice, RandomIds, SystemClock
from leadmaild.config.load import load
from leadmaild.config.model import Settings
from leadmaild.config.process import OutboundSettings
from leadmaild.errors import ConfigError
from leadmaild.model.location import Location
from leadmaild.outbound.file_transport import FileTransport
from leadmaild.outbound.mail_server import MailServer, TlsPolicy
from leadmaild.outbound.smtp_transport import SmtpTransport
from leadmaild.pipeline.accept import Accept
from leadmaild.pipeline.deliver import Deliver
from leadmaild.pipeline.intake import Intake
from leadmaild.pipeline.reader_pool import ReaderPool
from leadmaild.pipeline.worker import Worker
from leadmaild.pipeline.world import World
from leadmaild.ports import Clock, Dice, Door, Ids, Reader, Transport
from leadmaild.storage.engine import database_url, is_sqlite
from leadmaild.storage.unit_of_work import Database
from leadmaild.writing.compose import MailComposer
from leadmaild.writing.template_check import template_problems

# Below this much free space mail is refused with 452 instead of filling the disk (SP-15).
MIN_FREE_SPACE = 100 * 1024 * 1024

# How long mail handed in by another process (a pipe, another node) may wait to be noticed.
POLL = timedelta(seconds=1)


@dataclass(slots=True)
class Outside:
    """What the gateway takes from outside; tests replace what they steer."""

    clock: Clock = field(default_factory=SystemClock)
    ids: Ids = field(default_factory=RandomIds)
    dice: Dice = field(default_factory=RandomDice)
    reader: Reader | None = None
    transports: Mapping[str, Transport] | None = None
    node: str = field(default_factory=lambda: f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}")


class Gateway:
    """Everything that works on one database with one set of settings, put together but not yet running."""

    def __init__(self, settings: Settings, world: World, database: Database, outside: Outside) -> None:
        self.database = database
        self.clock = outside.clock
        self._world = world
        self._pool = None if outside.reader is not None else ReaderPool(source_folders(settings))
        reader = outside.reader or self._pool
        assert reader is not None  # noqa: S101  # one of the two is there
        self._transports = dict(outside.transports or transports_of(settings, outside.clock))
        self.accept = Accept(
            database,
            lambda: self._world.directory,
            outside.ids,
            lambda: self.intake_worker.wake(),
            free_space(settings),
        )
        self.intake = Intake(
            database,
            reader,
            lambda: self._world,
            outside.clock,
            outside.node,
            wake_deliver=lambda: self.deliver_worker.wake(),
            must_yield=lambda: self.accept.waiting > 0,
        )
        self.deliver = Deliver(
            database,
            MailComposer(str(settings.gateway.templates or "")),
            self._transport_of,
            lambda: self._world,
            outside.clock,
            outside.dice,
            outside.node,
        )
        self.intake_worker = Worker("intake", self.intake.step, outside.clock, poll=POLL)
        self.deliver_worker = Worker(
            "deliver", self.deliver.step, outside.clock, poll=POLL, next_due=self.deliver.next_due
        )

    @property
    def workers(self) -> tuple[Worker, ...]:
        """The loops of this gateway."""
        return (self.intake_worker, self.deliver_worker)

    @property
    def world(self) -> World:
        """The settings in force, with what follows from them."""
        return self._world

    async def warm_up(self) -> None:
        """Start what takes time, so that the first mail does not wait for it."""
        if self._pool is not None:
            await self._pool.warm_up()

    async def close(self) -> None:
        """Write what is still to be written, then let go of everything."""
        await self.accept.finish()
        await self.deliver.finish()
        for transport in self._transports.values():
            await transport.close()
        if self._pool is not None:
            await self._pool.close()
        await self.database.close()

    def _transport_of(self, name: str) -> Transport:
        return self._transports.get(name) or next(iter(self._transports.values()))


async def build(settings: Settings, outside: Outside | None = None) -> Gateway:
    """Put a gateway together on the settings' database, which must be migrated. Raises Unavailable."""
    outside = outside or Outside()
    database = open_database(settings)
    return Gateway(settings, await load_world(settings, database, outside), database, outside)


@asynccontextmanager
async def build_door(settings: Settings, outside: Outside | None = None) -> AsyncIterator[tuple[Door, Clock]]:
    """Only the door, for a mail that is handed in beside the daemon; closed at the end. Raises Unavailable."""
    outside = outside or Outside()
    database = open_database(settings)
    try:
        world = await load_world(settings, database, outside)
        yield (
            Accept(database, lambda: world.directory, outside.ids, lambda: None, free_space(settings)),
            outside.clock,
        )
    finally:
        await database.close()


async def load_world(settings: Settings, database: Database, outside: Outside) -> World:
    """The world these settings make; keys that are not configured are made once and kept in the database."""
    now = outside.clock.now()
    async with database.transaction() as tx:
        kept = await tx.installation.secret("token_key", outside.ids.key, now)
        since: dict[str, datetime] = {}
        for location in settings.locations.values():
            if location.autoresponse.learning:
                started = await tx.installation.secret(_learning_key(location), lambda: now.isoformat().encode(), now)
                since[location.code] = datetime.fromisoformat(started.decode()).astimezone(UTC)
        await tx.commit()
    return World.of(settings, _token_keys(settings, kept), since)


async def view_world(settings: Settings, database: Database) -> World:
    """The same world for looking only: makes nothing (explain leaves the database as it is)."""
    async with database.view() as tx:
        kept = await tx.installation.value("token_key") or b"\0" * 32
        since: dict[str, datetime] = {}
        for location in settings.locations.values():
            if location.autoresponse.learning and (started := await tx.installation.value(_learning_key(location))):
                since[location.code] = datetime.fromisoformat(started.decode()).astimezone(UTC)
    return World.of(settings, _token_keys(settings, kept), since)


def _learning_key(location: Location) -> str:
    return f"learning:{location.code}:{location.autoresponse.learning}"


def _token_keys(settings: Settings, kept: bytes) -> tuple[bytes, ...]:
    configured = tuple(secret.reveal().encode() for secret in settings.gateway.token_keys)
    return (*configured, kept) if configured else (kept,)


def load_settings(path: Path) -> Settings:
    """Load and check settings, their mail templates included. Raises ConfigError with every problem at once."""
    settings = load(path)
    problems = [
        problem
        for location in settings.locations.values()
        for problem in template_problems(location, [g for g in settings.groups if g.location == location.code])
    ]
    if problems:
        raise ConfigError(tuple(problems))
    return settings


def open_database(settings: Settings) -> Database:
    """The database of the settings; nothing is connected yet."""
    return Database(database_url(settings.gateway.database, settings.path.parent))


def source_folders(settings: Settings) -> tuple[Path, ...]:
    """The operator's folders of source definitions that are there, absolute."""
    return tuple(folder for folder in settings.gateway.sources if folder is not None and folder.is_dir())


def transports_of(settings: Settings, clock: Clock) -> dict[str, Transport]:
    """A transport for each mail server, in the order of the settings."""
    return {server.name: _transport(server, settings, clock) for server in settings.outbound}


def _transport(server: OutboundSettings, settings: Settings, clock: Clock) -> Transport:
    if server.transport == "files":
        return FileTransport(server.files or settings.path.parent / "var" / "outgoing", clock)
    return SmtpTransport(
        MailServer(
            host=server.host,
            port=server.port,
            helo=settings.gateway.hostname,
            tls=TlsPolicy(server.tls),
            user=server.user,
            password=server.password.reveal(),
        )
    )


def free_space(settings: Settings) -> Callable[[], bool]:
    """Asks whether there is room for another mail; on PostgreSQL the database server watches its own disk."""
    url = database_url(settings.gateway.database, settings.path.parent)
    if not is_sqlite(url):
        return lambda: True
    folder = Path(url.database or ".").parent
    return lambda: shutil.disk_usage(folder).free >= MIN_FREE_SPACE
