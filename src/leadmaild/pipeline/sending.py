"""Sends what was committed as `sending`, each mail on its own, and settles it recipient by recipient.

A relay that hangs holds up its own mails only: a bounded number is on its way to each mail server, and nobody waits for
another's.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from leadmaild.errors import LeaseLost, Unavailable
from leadmaild.maillog import Event, log
from leadmaild.model.outgoing import ComposedMail, OutboxState, OutgoingMail
from leadmaild.model.work import OutboxItem
from leadmaild.pipeline.group_commit import GroupCommit
from leadmaild.pipeline.heartbeat import Heartbeat
from leadmaild.pipeline.mail_servers import MailServers
from leadmaild.pipeline.parcels import Parcel
from leadmaild.pipeline.settling import Settlement, settlement_of
from leadmaild.pipeline.world import World
from leadmaild.ports import Clock, Dice, Transport
from leadmaild.ports.stores import Database

# So many mails may be on their way to one mail server before no more are claimed for it.
MOST_ON_THEIR_WAY = 40
_LONGEST_DRAIN = timedelta(seconds=20)  # within TimeoutStopSec=40 of the unit (SP-14)
_AFTER_OUTAGE = timedelta(seconds=2)
_DEFAULT_MAX_AGE = timedelta(days=5)


@dataclass(frozen=True, slots=True)
class Ready:
    """A parcel with its bytes."""

    parcel: Parcel
    mail: ComposedMail


class Sending:
    """The mails on their way."""

    def __init__(
        self,
        database: Database,
        transport_of: Callable[[str], Transport],
        world: Callable[[], World],
        clock: Clock,
        dice: Dice,
        lease: timedelta,
        wake_deliver: Callable[[], None],
    ) -> None:
        self._database = database
        self._transport_of = transport_of
        self._world = world
        self._clock = clock
        self._dice = dice
        self._wake_deliver = wake_deliver
        self._heartbeat = Heartbeat(database, lambda tx, held, now: tx.outbox.extend(held, now), clock, lease)
        self._settling: GroupCommit[tuple[OutboxItem, Settlement]] = GroupCommit(self._write)
        self._tasks: set[asyncio.Task[None]] = set()
        self.mail_servers = MailServers()
        self._on_their_way: Counter[str] = Counter()  # by mail server

    def busy_locations(self) -> list[str]:
        """The locations whose mail server has as many mails as it may have: no more are claimed for them now."""
        busy = {name for name, mails in self._on_their_way.items() if mails >= MOST_ON_THEIR_WAY}
        locations = self._world().settings.locations.values() if busy else ()
        return sorted(one.code for one in locations if self._server_name(one.mailserver) in busy)

    def start(self, one: Ready) -> None:
        """Put a mail on its way; returns at once."""
        server = self._server_name(one.parcel.first.mail_server)
        self._on_their_way[server] += 1
        task = asyncio.create_task(self._send(one), name="send")
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._arrived(done, server))

    async def finish(self, patience: timedelta = _LONGEST_DRAIN) -> None:
        """Return once nothing is on its way and every result is on disk.

        What takes longer than `patience` is cut off and found `sending` when its lease has run out.
        """
        if self._tasks:
            _done, hanging = await asyncio.wait(self._tasks, timeout=patience.total_seconds())
            for task in hanging:
                task.cancel()
            if hanging:
                await asyncio.wait(hanging)
        await self._settling.finish()

    async def settle(self, parcel: Parcel, settlement: Settlement) -> None:
        """Write what became of every row of a parcel. A result that is known is not lost to a database that is away."""
        code = settlement.result.last_code if settlement.result else None
        for item in parcel.items:
            try:
                await self._settled(item, settlement)
            except LeaseLost:
                log(Event.LEASE_LOST, where="deliver", queue_id=item.id)
                continue
            log(settlement.event, queue_id=item.id, lead=item.lead, location=item.location, kind=str(item.kind),
                attempt=item.attempts + 1, code=code, reason=settlement.why)  # fmt: skip

    async def _send(self, one: Ready) -> None:
        first = one.parcel.first
        outgoing = OutgoingMail(one.mail.message_id, first.facts.reply_address, first.to, one.mail.raw)
        try:
            async with self._heartbeat.kept([item.claim for item in one.parcel.items]):
                result = await self._transport_of(first.mail_server).send(outgoing)
        except LeaseLost:
            log(Event.LEASE_LOST, where="deliver", queue_id=first.item.id)
            return
        server = self._world().settings.mail_server(first.mail_server)
        self.mail_servers.note(self._server_name(first.mail_server), result, self._clock.now())
        max_age = server.max_age if server else _DEFAULT_MAX_AGE
        settlement = settlement_of(first.item, result, max_age, self._clock.now(), self._dice.uniform(0, 1))
        await self.settle(one.parcel, settlement)

    async def _settled(self, item: OutboxItem, settlement: Settlement) -> None:
        while True:
            try:
                # The result of a send is written even if we are being stopped: the commit has a task of its own.
                return await self._settling.commit((item, settlement))
            except LeaseLost:
                raise
            except Unavailable as failure:
                log(Event.ALARM_RAISED, where="deliver", reason="database_unavailable", queue_id=item.id, exc=failure)
                await self._clock.sleep_until(self._clock.now() + _AFTER_OUTAGE)

    async def _write(self, settlements: Sequence[tuple[OutboxItem, Settlement]]) -> None:
        now = self._clock.now()
        async with self._database.transaction() as tx:
            # In the order of their rows, as everybody locks them.
            for item, settlement in sorted(settlements, key=lambda one: one[0].id):
                await tx.outbox.settle(
                    item.claim,
                    settlement.state,
                    now,
                    result=settlement.result,
                    is_first=not item.results,
                    run_at=settlement.run_at,
                    why=settlement.why,
                )
            sent = [item for item, settlement in settlements if settlement.state is OutboxState.SENT]
            await tx.leads.record_sent(sent, now)
            await tx.commit()

    def _arrived(self, task: "asyncio.Task[None]", server: str) -> None:
        self._tasks.discard(task)
        was_busy = self._on_their_way[server] >= MOST_ON_THEIR_WAY
        self._on_their_way[server] -= 1
        if was_busy:
            self._wake_deliver()
        if not task.cancelled() and (failure := task.exception()) is not None:
            log(Event.BUG, where="deliver", exc=failure)

    def _server_name(self, mail_server: str) -> str:
        """The name of the mail server meant; several names may mean the first (R52)."""
        server = self._world().settings.mail_server(mail_server)
        return server.name if server else ""
