"""The composition root: the one file that knows every concrete class. Tests bring other clocks and transports."""

from datetime import timedelta
from pathlib import Path

from leadmaild.config.load import load
from leadmaild.config.model import Settings
from leadmaild.config.process import OutboundSettings
from leadmaild.errors import ConfigError
from leadmaild.foundation import Outside, free_space, load_world, open_database
from leadmaild.outbound.file_transport import FileTransport
from leadmaild.outbound.mail_server import MailServer, TlsPolicy
from leadmaild.outbound.smtp_transport import SmtpTransport
from leadmaild.pipeline.accept import Accept
from leadmaild.pipeline.deliver import Deliver
from leadmaild.pipeline.escalate import Escalate
from leadmaild.pipeline.intake import Intake
from leadmaild.pipeline.reader_pool import ReaderPool
from leadmaild.pipeline.worker import Worker
from leadmaild.pipeline.world import World
from leadmaild.ports import Clock, Transport
from leadmaild.storage.unit_of_work import Database
from leadmaild.writing.compose import MailComposer
from leadmaild.writing.template_check import template_problems

# How long mail handed in by another process (a pipe, another node) may wait to be noticed.
POLL = timedelta(seconds=1)


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
            wake_deliver=self._wake_after_intake,
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
        self.escalate = Escalate(
            database, lambda: self._world, outside.clock, wake_deliver=lambda: self.deliver_worker.wake()
        )
        self.intake_worker = Worker("intake", self.intake.step, outside.clock, poll=POLL)
        self.deliver_worker = Worker(
            "deliver", self.deliver.step, outside.clock, poll=POLL, next_due=self.deliver.next_due
        )
        self.escalate_worker = Worker(
            "escalate", self.escalate.step, outside.clock, poll=POLL, next_due=self.escalate.next_due
        )

    @property
    def workers(self) -> tuple[Worker, ...]:
        """The loops of this gateway."""
        return (self.intake_worker, self.deliver_worker, self.escalate_worker)

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

    def _wake_after_intake(self) -> None:
        """A mail that was decided may have mails to send and timers to watch."""
        self.deliver_worker.wake()
        self.escalate_worker.wake()

    def _transport_of(self, name: str) -> Transport:
        return self._transports.get(name) or next(iter(self._transports.values()))


async def build(settings: Settings, outside: Outside | None = None) -> Gateway:
    """Put a gateway together on the settings' database, which must be migrated. Raises Unavailable."""
    outside = outside or Outside()
    database = open_database(settings)
    return Gateway(settings, await load_world(settings, database, outside), database, outside)


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
