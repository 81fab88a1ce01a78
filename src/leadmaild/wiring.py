"""The composition root: the one file that knows every concrete class. Tests bring other clocks and transports."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from leadmaild.config.changes import Change
from leadmaild.config.model import Settings
from leadmaild.entrance import Entrance, entrance_of
from leadmaild.errors import Problem
from leadmaild.foundation import Outside, load_world, machine_name
from leadmaild.inbound.sender_check import SenderCheck
from leadmaild.model.location import SetDays
from leadmaild.outbound.no_transport import NO_MAIL_SERVER
from leadmaild.outbound.signing_composer import signing
from leadmaild.pipeline import settings_history
from leadmaild.pipeline.clock_watch import EVERY as CLOCK_EVERY
from leadmaild.pipeline.clock_watch import ClockWatch
from leadmaild.pipeline.days_watch import EVERY as DAYS_EVERY
from leadmaild.pipeline.days_watch import DaysWatch
from leadmaild.pipeline.deliver import Deliver
from leadmaild.pipeline.escalate import Escalate
from leadmaild.pipeline.hand_over import HandOver
from leadmaild.pipeline.health_watch import EVERY as HEALTH_EVERY
from leadmaild.pipeline.health_watch import HealthWatch
from leadmaild.pipeline.intake import Intake
from leadmaild.pipeline.left_behind import left_behind
from leadmaild.pipeline.one_node import OneNode
from leadmaild.pipeline.reader_pool import ReaderPool
from leadmaild.pipeline.retention import EVERY as RETENTION_EVERY
from leadmaild.pipeline.retention import Retention
from leadmaild.pipeline.senders import Senders
from leadmaild.pipeline.sending import Sending
from leadmaild.pipeline.source_watch import EVERY as SOURCES_EVERY
from leadmaild.pipeline.source_watch import SourceWatch
from leadmaild.pipeline.worker import Worker
from leadmaild.pipeline.world import World
from leadmaild.ports import Composer, Reader, Transport
from leadmaild.reading.sources_folder import load_sources
from leadmaild.transports import transports_of
from leadmaild.writing.compose import MailComposer

# How long mail handed in by another process (a pipe, another node) may wait to be noticed.
POLL = timedelta(seconds=1)
RARELY = timedelta(minutes=1)  # work that a reload wakes at once


@dataclass(frozen=True, slots=True)
class _InForce:
    """What is made of one set of settings. It is replaced whole, so that a reload applies at one instant (PF64)."""

    world: World
    composer: Composer
    reader: Reader
    transports: Mapping[str, Transport]

    def transport(self, name: str) -> Transport:
        """The mail server of that name, or the first."""
        return self.transports.get(name) or next(iter(self.transports.values()), NO_MAIL_SERVER)


class Gateway:
    """Everything that works on one database with one set of settings, put together but not yet running."""

    def __init__(self, entrance: Entrance) -> None:
        outside, database, settings = entrance.outside, entrance.database, entrance.settings
        self.database = database
        self.clock = outside.clock
        self._outside = outside
        self._in_force = _in_force(entrance.first_world, outside)
        self.accept, disk = entrance.accept, entrance.disk
        give_way = entrance.right_of_way.give_way
        entrance.lead_to(lambda: self.world, lambda: self.intake_worker.wake())
        self._sender_check = SenderCheck(outside.resolver, lambda: self._in_force.reader)
        self.intake = Intake(
            database,
            lambda: self._in_force.reader,
            lambda: self.world,
            outside.clock,
            outside.node,
            outside.lease,
            wake_deliver=self._wake_after_intake,
            senders=Senders(lambda: self._sender_check),
            must_yield=lambda: self.accept.waiting > 0,
            give_way=give_way,
        )
        self.sending = Sending(
            database,
            lambda name: self._in_force.transport(name),
            lambda: self.world,
            outside.clock,
            outside.dice,
            outside.lease,
            wake_deliver=lambda: self.deliver_worker.wake(),
        )
        self.deliver = Deliver(
            database,
            lambda: self._in_force.composer,
            self.sending,
            lambda: self.world,
            outside.clock,
            outside.node,
        )
        self.escalate = Escalate(
            database, lambda: self.world, outside.clock, wake_deliver=lambda: self.deliver_worker.wake()
        )
        self.health = HealthWatch(
            database,
            settings,
            outside.clock,
            disk,
            lambda: self.sending.mail_servers.unreachable,
            machine_name(),
        )
        self.health_worker = Worker("health", self.health.step, outside.clock, poll=HEALTH_EVERY, give_way=give_way)
        self.hand_over = HandOver(
            database, lambda: self.world, outside.clock, wake_deliver=lambda: self.deliver_worker.wake()
        )
        self.hand_over_worker = Worker("hand_over", self.hand_over.step, outside.clock, poll=RARELY, give_way=give_way)
        self.days_watch = DaysWatch(database, lambda: self.world, self._take_over_days)
        self.days_worker = Worker("days", self.days_watch.step, outside.clock, poll=DAYS_EVERY, give_way=give_way)
        self.source_watch = SourceWatch(database, lambda: self.world, outside.clock, outside.node)
        self.clock_watch = ClockWatch(database, outside.clock)
        self.clock_worker = Worker("clock", self.clock_watch.step, outside.clock, poll=CLOCK_EVERY, give_way=give_way)
        self.sources_worker = Worker(
            "sources", self.source_watch.step, outside.clock, poll=SOURCES_EVERY, give_way=give_way
        )
        self.retention = Retention(
            database, lambda: self.world, outside.clock, outside.node, lambda: self.clock_watch.is_doubtful()
        )
        self.retention_worker = Worker(
            "retention", self.retention.step, outside.clock, poll=RETENTION_EVERY, give_way=give_way
        )
        self.intake_worker = Worker("intake", self.intake.step, outside.clock, poll=POLL, give_way=give_way)
        self.deliver_worker = Worker(
            "deliver", self.deliver.step, outside.clock, poll=POLL, next_due=self.deliver.next_due, give_way=give_way
        )
        self.escalate_worker = Worker(
            "escalate", self.escalate.step, outside.clock, poll=POLL, next_due=self.escalate.next_due, give_way=give_way
        )

    @property
    def workers(self) -> tuple[Worker, ...]:
        """The loops of this gateway."""
        return (
            self.intake_worker,
            self.deliver_worker,
            self.escalate_worker,
            self.days_worker,
            self.retention_worker,
            self.hand_over_worker,
            self.sources_worker,
            self.clock_worker,
            self.health_worker,
        )

    @property
    def world(self) -> World:
        """The settings in force, with what follows from them."""
        return self._in_force.world

    def mailbox_watches(self) -> tuple[OneNode, ...]:
        """What watches the mailboxes of the settings, each on one node at a time."""
        if not self.world.settings.imap:
            return ()
        # Most dealers watch no mailbox, and need not load an IMAP client.
        from leadmaild.inbound.imap_watchers import watcher_of

        outside, limit = self._outside, self.world.settings.smtp.max_message_size
        return tuple(
            OneNode(
                f"imap:{mailbox.name}",
                watcher_of(mailbox, limit, self.accept, self.database, self.clock, outside.dice).run,
                self.database,
                self.clock,
                outside.node,
                outside.lease,
            )
            for mailbox in self.world.settings.imap
        )

    async def warm_up(self) -> None:
        """Start what takes time, so that the first mail does not wait for it."""
        if isinstance(self._in_force.reader, ReaderPool):
            await self._in_force.reader.warm_up()

    async def take_over(self, settings: Settings) -> tuple[Change, ...]:
        """Put other settings in force, all at one instant, and log what they change (PF64, R183).

        What was begun with the old ones is finished with them; mail in the queue keeps its recipients (R3). Raises
        Unavailable, and ConfigError where a file changed since it was checked; then the old ones stay in force.
        """
        fresh = _in_force(await load_world(settings, self.database, self._outside), self._outside)
        try:
            if isinstance(fresh.reader, ReaderPool):
                await fresh.reader.warm_up()
            changed = await self.record(settings)
        except BaseException:
            await self._let_go(fresh)
            raise
        old, self._in_force = self._in_force, fresh
        for worker in self.workers:
            worker.wake()
        await self._let_go(old)
        return changed

    async def record(self, settings: Settings | None = None) -> tuple[Change, ...]:
        """Log what changed since the settings last in force (R183), at a reload or while nothing ran."""
        async with self.database.transaction() as tx:
            now = self.clock.now()
            changed = await settings_history.record(tx, settings or self.world.settings, machine_name(), now)
            await tx.commit()
        return changed

    async def left_behind(self) -> tuple[Problem, ...]:
        """What the settings in force leave behind of leads and mails that are not over. Raises Unavailable."""
        async with self.database.view() as tx:
            left, assignees = await tx.listings.left_at(), await tx.lead_changes.assignees()
        return left_behind(self.world.settings, left, assignees)

    async def record_rejection(self, problems: Sequence[Problem]) -> None:
        """Keep why the settings files were not taken, for `status`. Raises Unavailable."""
        async with self.database.transaction() as tx:
            await settings_history.record_rejection(tx, problems, machine_name(), self.clock.now())
            await tx.commit()

    async def close(self) -> None:
        """Write what is still to be written, then let go of everything."""
        await self.accept.finish()
        await self.let_go()
        await self.database.close()

    async def let_go(self) -> None:
        """The same, but for the entrance and the database."""
        await self.deliver.finish()
        self._sender_check.close()
        await self._let_go(self._in_force)

    async def _let_go(self, of: _InForce) -> None:
        """Close what was made of settings that are not in force any more, once it has done what it was given."""
        if self._outside.transports is None:
            for transport in of.transports.values():
                await transport.close()
        if isinstance(of.reader, ReaderPool):
            await of.reader.close()

    def _take_over_days(self, days: Mapping[str, SetDays]) -> None:
        """Days off were set by a command: the same settings with them (R10)."""
        self._in_force = replace(self._in_force, world=self.world.with_days(days))
        self.escalate_worker.wake()

    def _wake_after_intake(self) -> None:
        """A mail that was decided may have mails to send and timers to watch."""
        self.deliver_worker.wake()
        self.escalate_worker.wake()


def _in_force(world: World, outside: Outside) -> _InForce:
    settings = world.settings
    transports = outside.transports if outside.transports is not None else transports_of(settings, outside.clock)
    return _InForce(
        world=world,
        composer=signing(MailComposer(str(settings.gateway.templates or "")), settings),
        reader=outside.reader or ReaderPool(load_sources(settings.source_folders)),
        transports=transports,
    )


async def build(settings: Settings, outside: Outside | None = None) -> Gateway:
    """Put a gateway together on the settings' database, which must be migrated. Raises Unavailable."""
    return Gateway(await entrance_of(settings, outside))
