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
from leadmaild.pipeline.settling import Settlement, settlement_of
from leadmaild.pipeline.world import World
from leadmaild.ports import Clock, Composer, Dice, Transport
from leadmaild.ports.stores import Database

BATCH = 40
MOST_CLAIMS = 5  # crashes with the same mail in work before it is given up (PF4)
_AFTER_BUG = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class _Composed:
    leaving: Leaving
    mail: ComposedMail


class Deliver:
    """The step that lets mails leave."""

    def __init__(
        self,
        database: Database,
        composer: Composer,
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
        composed = [c for c in await asyncio.gather(*map(self._compose, leaving)) if c is not None]
        for one in await self._commit_sending(composed):
            log(Event.MAIL_SUPPRESSED, queue_id=one.leaving.item.id, lead=one.leaving.item.lead,
                kind=str(one.leaving.item.kind), reason=one.leaving.suppressed_by)  # fmt: skip
        await asyncio.gather(*(self._send(one) for one in composed if not one.leaving.suppressed_by))
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

    async def _compose(self, leaving: Leaving) -> _Composed | None:
        item = leaving.item
        if item.raw is not None and item.message_id:
            return _Composed(leaving, ComposedMail(item.message_id, "", item.raw))
        try:
            mail = await asyncio.to_thread(self._composer.compose, leaving.facts)
        except Refused as refusal:
            await self._settle(item, Settlement(OutboxState.FAILED, Event.MAIL_FAILED, why=str(refusal)))
            return None
        except Exception as failure:  # noqa: BLE001  # a bug of ours: this mail waits, the others leave (PF3)
            log(Event.BUG, where="compose", queue_id=item.id, kind=str(item.kind), exc=failure)
            again_at = self._clock.now() + _AFTER_BUG
            await self._settle(item, Settlement(item.state, Event.MAIL_DEFERRED, run_at=again_at, why="not composed"))
            return None
        if "pdf_failed" in mail.notes:
            log(Event.PDF_FAILED, queue_id=item.id, lead=item.lead)
        return _Composed(leaving, mail)

    async def _commit_sending(self, composed: Sequence[_Composed]) -> list[_Composed]:
        """The commit before the send: bytes and Message-ID are fixed from here on. Returns what stays in."""
        now = self._clock.now()
        suppressed: list[_Composed] = []
        if not composed:
            return suppressed
        async with self._database.transaction() as tx:
            for one in composed:
                item, facts = one.leaving.item, one.leaving.facts
                addresses = item.to_addresses or facts.to
                await tx.outbox.start_sending(item.claim, one.mail, one.leaving.token, addresses, now)
                if one.leaving.suppressed_by:
                    await tx.outbox.settle(
                        item.claim, OutboxState.SUPPRESSED, now, why=one.leaving.suppressed_by, attempts=item.attempts
                    )
                    suppressed.append(one)
            await tx.commit()
        return suppressed

    async def _send(self, one: _Composed) -> None:
        item, facts = one.leaving.item, one.leaving.facts
        outgoing = OutgoingMail(one.mail.message_id, facts.reply_address, one.leaving.to, one.mail.raw)
        result = await self._transport_of(one.leaving.mail_server).send(outgoing)
        server = self._world().settings.mail_server(one.leaving.mail_server)
        max_age = server.max_age if server else timedelta(days=5)
        await self._settle(item, settlement_of(item, result, max_age, self._clock.now(), self._dice.uniform(0, 1)))

    async def _settle(self, item: OutboxItem, settlement: Settlement) -> None:
        try:
            # The result of a send must be written even if we are being stopped: shielded by its own task.
            await asyncio.shield(self._settling.commit((item, settlement)))
        except LeaseLost:
            log(Event.LEASE_LOST, where="deliver", queue_id=item.id)
            return
        code = settlement.result.last_reply[:3] if settlement.result else None
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
