"""deliver: claims intents whose time has come, asks whether they are still wanted, resolves the recipients, composes,
commits `sending` with bytes and Message-ID, sends, and settles recipient by recipient.

Crash window: between the commit of `sending` and the settling we do not know whether the relay took the mail. Found so
after the lease ran out, customer mail is in doubt and waits for a person; staff mail and redirects are sent again with
the same Message-ID.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from leadmaild.errors import LeaseLost, Refused
from leadmaild.maillog import Event, log
from leadmaild.model.outgoing import ComposedMail, OutboxState, OutgoingMail
from leadmaild.model.work import OutboxItem
from leadmaild.pipeline.group_commit import GroupCommit
from leadmaild.pipeline.leaving import Hold, Leaving, Stop, look_up
from leadmaild.pipeline.parcels import Parcel, parcels
from leadmaild.pipeline.settling import Settlement, settlement_of
from leadmaild.pipeline.world import World
from leadmaild.ports import Clock, Composer, Dice, Transport
from leadmaild.ports.stores import Database

BATCH = 40
MOST_CLAIMS = 5  # crashes with the same mail in work before it is given up (PF4)
_AFTER_BUG = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class _Ready:
    parcel: Parcel
    mail: ComposedMail


class Deliver:
    """The step that lets mails leave."""

    def __init__(
        self,
        database: Database,
        composer: Callable[[], Composer],
        transport_of: Callable[[str], Transport],
        world: Callable[[], World],
        clock: Clock,
        dice: Dice,
        node: str,
    ) -> None:
        self._database = database
        self._composer = composer
        self._transport_of = transport_of
        self._world = world
        self._clock = clock
        self._dice = dice
        self._node = node
        self._settling: GroupCommit[tuple[OutboxItem, Settlement]] = GroupCommit(self._write_settlements)

    async def step(self) -> bool:
        """Let one batch leave; True if there was anything to do."""
        leaving, found = await self._claim()
        ready = [r for r in await asyncio.gather(*map(self._compose, parcels(leaving))) if r is not None]
        await self._commit_sending(ready)
        await asyncio.gather(*(self._send(one) for one in ready if not one.parcel.first.suppressed_by))
        return found

    async def next_due(self) -> datetime | None:
        """When the next waiting mail is due (a UTC instant)."""
        async with self._database.view() as tx:
            return await tx.outbox.next_run_at()

    async def finish(self) -> None:
        """Return once every result is on disk."""
        await self._settling.finish()

    async def _claim(self) -> tuple[list[Leaving], bool]:
        """Claim what is due, and settle in the same transaction what does not leave."""
        now, world = self._clock.now(), self._world()
        leaving: list[Leaving] = []
        stopped: list[Stop] = []
        async with self._database.transaction() as tx:
            items = await tx.outbox.claim(now, self._node, BATCH)
            for item in items:
                match _given_up(item) or await look_up(tx, item, world, now):
                    case Leaving() as one:
                        leaving.append(one)
                    case Hold(_, until):
                        await tx.outbox.settle(item.claim, OutboxState.HELD, now, run_at=until)
                    case Stop() as stop:
                        await tx.outbox.settle(item.claim, stop.state, now, why=stop.why)
                        stopped.append(stop)
            await tx.commit()
        for stop in stopped:
            _log_stop(stop)
        return leaving, bool(items)

    async def _compose(self, parcel: Parcel) -> _Ready | None:
        if parcel.composed is not None:
            return _Ready(parcel, parcel.composed)
        try:
            mail = await asyncio.to_thread(self._composer().compose, parcel.facts)
        except Refused as refusal:
            await self._settle(parcel, Settlement(OutboxState.FAILED, Event.MAIL_FAILED, why=str(refusal)))
            return None
        except Exception as failure:  # noqa: BLE001  # a bug of ours: this mail waits, the others leave (PF3)
            item = parcel.first.item
            log(Event.BUG, where="compose", queue_id=item.id, kind=str(item.kind), exc=failure)
            again_at = self._clock.now() + _AFTER_BUG
            await self._settle(
                parcel, Settlement(OutboxState.DEFERRED, Event.MAIL_DEFERRED, run_at=again_at, why="not composed")
            )
            return None
        if "pdf_failed" in mail.notes:
            log(Event.PDF_FAILED, queue_id=parcel.first.item.id, lead=parcel.first.item.lead)
        return _Ready(parcel, mail)

    async def _commit_sending(self, ready: Sequence[_Ready]) -> None:
        """The commit before the send: bytes and Message-ID are fixed from here on. What stays in is settled here."""
        if not ready:
            return
        now = self._clock.now()
        async with self._database.transaction() as tx:
            for one in ready:
                for leaving in one.parcel.leaving:
                    item = leaving.item
                    addresses = item.to_addresses or leaving.facts.to
                    await tx.outbox.start_sending(item.claim, one.mail, leaving.token, addresses, now)
                    if leaving.suppressed_by:
                        await tx.outbox.settle(
                            item.claim, OutboxState.SUPPRESSED, now, why=leaving.suppressed_by, attempts=item.attempts
                        )
            await tx.commit()
        for leaving in (leaving for one in ready for leaving in one.parcel.leaving if leaving.suppressed_by):
            item = leaving.item
            log(Event.MAIL_SUPPRESSED, queue_id=item.id, lead=item.lead, location=item.location, kind=str(item.kind),
                reason=leaving.suppressed_by)  # fmt: skip

    async def _send(self, one: _Ready) -> None:
        first = one.parcel.first
        outgoing = OutgoingMail(one.mail.message_id, first.facts.reply_address, first.to, one.mail.raw)
        result = await self._transport_of(first.mail_server).send(outgoing)
        server = self._world().settings.mail_server(first.mail_server)
        max_age = server.max_age if server else timedelta(days=5)
        settlement = settlement_of(first.item, result, max_age, self._clock.now(), self._dice.uniform(0, 1))
        await self._settle(one.parcel, settlement)

    async def _settle(self, parcel: Parcel, settlement: Settlement) -> None:
        code = settlement.result.last_reply[:3] if settlement.result else None
        for item in parcel.items:
            try:
                # The result of a send is written even if we are being stopped: the commit has a task of its own.
                await self._settling.commit((item, settlement))
            except LeaseLost:
                log(Event.LEASE_LOST, where="deliver", queue_id=item.id)
                continue
            log(settlement.event, queue_id=item.id, lead=item.lead, location=item.location, kind=str(item.kind),
                attempt=item.attempts + 1, code=code, reason=settlement.why)  # fmt: skip

    async def _write_settlements(self, settlements: Sequence[tuple[OutboxItem, Settlement]]) -> None:
        now = self._clock.now()
        async with self._database.transaction() as tx:
            for item, settlement in settlements:
                await tx.outbox.settle(
                    item.claim,
                    settlement.state,
                    now,
                    result=settlement.result,
                    run_at=settlement.run_at,
                    why=settlement.why,
                )
                if settlement.state is OutboxState.SENT and item.lead is not None:
                    await tx.leads.record_sent(item, now)
            await tx.commit()


def _given_up(item: OutboxItem) -> Stop | None:
    if item.state is OutboxState.SENDING and item.kind.is_to_customer:
        return Stop(item, OutboxState.IN_DOUBT, "we stopped while it was being sent")
    if item.claim.claims > MOST_CLAIMS:
        return Stop(item, OutboxState.FAILED, "brought the daemon down too often", alarm="crash_loop")
    return None


def _log_stop(stop: Stop) -> None:
    item = stop.item
    event = {
        OutboxState.IN_DOUBT: Event.MAIL_IN_DOUBT,
        OutboxState.FAILED: Event.MAIL_FAILED,
    }.get(stop.state, Event.MAIL_SUPPRESSED)
    log(event, queue_id=item.id, lead=item.lead, location=item.location, kind=str(item.kind), state=str(stop.state),
        reason=stop.why)  # fmt: skip
    if stop.alarm:
        log(Event.ALARM_RAISED, queue_id=item.id, lead=item.lead, location=item.location, reason=stop.why)
