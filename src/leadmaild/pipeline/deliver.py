"""deliver: claims intents whose time has come, asks whether they are still wanted, resolves the recipients, composes,
and commits `sending` with bytes and Message-ID; from there `Sending` has them.

Only claiming and the commit before the send write; the looking up between them holds nobody up. Crash window: between
the commit of `sending` and the settling we do not know whether the relay took the mail. Found so after the lease ran
out, customer mail is in doubt and waits for a person; staff mail and redirects are sent again with the same Message-ID.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from leadmaild.errors import LeaseLost, Refused, Unavailable
from leadmaild.maillog import Event, log
from leadmaild.model.decision import MailKind
from leadmaild.model.outgoing import ComposedMail, MailFacts, OutboxState
from leadmaild.model.work import OutboxItem
from leadmaild.pipeline import notice_budget
from leadmaild.pipeline.at_hand import AtHand, load_at_hand
from leadmaild.pipeline.leaving import NOT_EVERYBODY, Hold, Leaving, Stop, look_up
from leadmaild.pipeline.parcels import Parcel, parcels
from leadmaild.pipeline.right_of_way import let_others_run
from leadmaild.pipeline.sending import Ready, Sending
from leadmaild.pipeline.settling import Settlement
from leadmaild.pipeline.world import World
from leadmaild.ports import Clock, Composer
from leadmaild.ports.stores import Database, Transaction

BATCH = 40
MOST_CLAIMS = 5  # crashes with the same mail in work before it is given up (PF4)
_AFTER_BUG = timedelta(minutes=5)
_MADE_WITH_FILES = frozenset({MailKind.TRADE_IN_CC, MailKind.ANSWER, MailKind.TEMPLATE_TEST})
_LARGE = 64 * 1024


class Deliver:
    """The step that lets mails leave."""

    def __init__(
        self,
        database: Database,
        composer: Callable[[], Composer],
        sending: Sending,
        world: Callable[[], World],
        clock: Clock,
        node: str,
    ) -> None:
        self._database = database
        self._composer = composer
        self._sending = sending
        self._world = world
        self._clock = clock
        self._node = node

    async def step(self) -> bool:
        """Put one batch on its way; True if there was anything to do. Nobody waits here for a mail server."""
        items = await self._claim()
        if not items:
            return False
        try:
            going = await self._within_budget(parcels(await self._look_up_all(items)))
            # One after another: composing is work for one core, and between two the loop has its turn.
            ready = [r for parcel in going if (r := await self._compose(parcel)) is not None]
            committed = await self._commit_sending(ready)
        except Unavailable:
            # Nobody is on his way yet; do not leave them to the end of the lease.
            await self._give_back(items)
            raise
        for one in committed:
            if not one.parcel.first.suppressed_by:
                self._sending.start(one)
        return True

    async def next_due(self) -> datetime | None:
        """When the next waiting mail is due (a UTC instant), apart from those whose mail server is busy."""
        async with self._database.view() as tx:
            return await tx.outbox.next_run_at(self._clock.now(), self._sending.busy_locations())

    async def finish(self) -> None:
        """Return once what is on its way has arrived, within reason, and every result is on disk."""
        await self._sending.finish()

    async def _claim(self) -> Sequence[OutboxItem]:
        busy = self._sending.busy_locations()
        async with self._database.transaction() as tx:
            items = await tx.outbox.claim(self._clock.now(), self._node, BATCH, busy)
            if items:
                await tx.commit()
        return items

    async def _look_up_all(self, items: Sequence[OutboxItem]) -> list[Leaving]:
        """What may leave now; the others are settled."""
        now, world = self._clock.now(), self._world()
        async with self._database.view() as tx:
            at_hand = await self._at_hand(tx, items, world, now)
            found = [await self._look_up(tx, item, at_hand, world, now) for item in items]
        staying = [one for one in found if not isinstance(one, Leaving)]
        if staying:
            async with self._database.transaction() as tx:
                for one in staying:
                    if isinstance(one, Hold):
                        await tx.outbox.settle(one.item.claim, OutboxState.HELD, now, run_at=one.until)
                    else:
                        await tx.outbox.settle(one.item.claim, one.state, now, why=one.why, run_at=one.run_at)
                await tx.commit()
        for stop in (one for one in staying if isinstance(one, Stop)):
            _log_stop(stop)
        return [one for one in found if isinstance(one, Leaving)]

    async def _within_budget(self, all_parcels: Sequence[Parcel]) -> Sequence[Parcel]:
        """What may leave now without flooding one of our people; the rest waits for its digest."""
        if not any(map(notice_budget.is_counted, all_parcels)):
            return all_parcels
        now = self._clock.now()
        async with self._database.view() as tx:
            split = await notice_budget.split(tx, all_parcels, now)
        if split.waiting:
            async with self._database.transaction() as tx:
                for item in (item for parcel in split.waiting for item in parcel.items):
                    await tx.outbox.settle(item.claim, OutboxState.HELD, now, run_at=split.until)
                await tx.commit()
        return split.going

    async def _at_hand(
        self, tx: Transaction, items: Sequence[OutboxItem], world: World, now: datetime
    ) -> AtHand | None:
        """What the batch is about; None if a bug of ours hits one of them, which must not stop the others (PF3)."""
        try:
            with tx.translating():
                return await load_at_hand(tx, items, world, now)
        except Unavailable:
            raise
        except Exception as failure:  # noqa: BLE001
            log(Event.BUG, where="look_up", count=len(items), exc=failure)
            return None

    async def _look_up(
        self, tx: Transaction, item: OutboxItem, at_hand: AtHand | None, world: World, now: datetime
    ) -> Leaving | Hold | Stop:
        if stop := _given_up(item):
            return stop
        await let_others_run()
        try:
            with tx.translating():
                return await look_up(tx, item, at_hand or await load_at_hand(tx, [item], world, now), world, now)
        except Unavailable:
            raise
        except Exception as failure:  # noqa: BLE001  # a bug of ours: this mail waits, the others leave (PF3)
            log(Event.BUG, where="look_up", queue_id=item.id, kind=str(item.kind), exc=failure)
            return Stop(item, OutboxState.DEFERRED, "not looked up", run_at=now + _AFTER_BUG)

    async def _compose(self, parcel: Parcel) -> Ready | None:
        if parcel.composed is not None:
            return Ready(parcel, parcel.composed)
        try:
            mail = await self._composed(parcel.facts)
        except Refused as refusal:
            await self._sending.settle(parcel, Settlement(OutboxState.FAILED, Event.MAIL_FAILED, why=str(refusal)))
            return None
        except Exception as failure:  # noqa: BLE001  # a bug of ours: this mail waits, the others leave (PF3)
            item = parcel.first.item
            log(Event.BUG, where="compose", queue_id=item.id, kind=str(item.kind), exc=failure)
            again_at = self._clock.now() + _AFTER_BUG
            await self._sending.settle(
                parcel, Settlement(OutboxState.DEFERRED, Event.MAIL_DEFERRED, run_at=again_at, why="not composed")
            )
            return None
        if "pdf_failed" in mail.notes:
            log(Event.PDF_FAILED, queue_id=parcel.first.item.id, lead=parcel.first.item.lead)
        return Ready(parcel, mail)

    async def _composed(self, facts: MailFacts) -> ComposedMail:
        compose = self._composer().compose
        if _takes_long(facts):
            return await asyncio.to_thread(compose, facts)
        # A thread would cost more than the work, and hold the loop up for longer each time both want the interpreter.
        await let_others_run()
        return compose(facts)

    async def _commit_sending(self, ready: Sequence[Ready]) -> list[Ready]:
        """The commit before the send; returns what is `sending` now. A row that is lost takes no other with it."""
        try:
            return await self._commit_together(ready)
        except LeaseLost:
            if len(ready) == 1:
                log(Event.LEASE_LOST, where="deliver", queue_id=ready[0].parcel.first.item.id)
                return []
        return [kept for one in ready for kept in await self._commit_sending([one])]

    async def _commit_together(self, ready: Sequence[Ready]) -> list[Ready]:
        """Bytes and Message-ID are fixed from here on. What stays in is settled here; what people have changed since
        it was looked up is looked up again."""
        if not ready:
            return []
        now = self._clock.now()
        async with self._database.transaction() as tx:
            seen = {lead.number: lead for one in ready for lead in one.parcel.leads}
            unchanged = await tx.leads.unchanged(tuple(seen.values()))
            going = [one for one in ready if unchanged.issuperset(lead.number for lead in one.parcel.leads)]
            for one in filter(lambda one: notice_budget.is_counted(one.parcel), going):
                await tx.notices.remember(notice_budget.addresses_of(one.parcel), one.mail.message_id, now)
            for one in ready:
                for leaving in one.parcel.leaving:
                    if one in going:
                        await _start(tx, one, leaving, now)
                    else:
                        await tx.outbox.put_back(leaving.item.claim)
            await tx.commit()
        for leaving in (leaving for one in going for leaving in one.parcel.leaving):
            _log_leaving(leaving)
        return going

    async def _give_back(self, items: Sequence[OutboxItem]) -> None:
        async with self._database.transaction() as tx:
            for item in items:
                await tx.outbox.put_back(item.claim)
            await tx.commit()


async def _start(tx: Transaction, one: Ready, leaving: Leaving, now: datetime) -> None:
    item = leaving.item
    addresses = item.to_addresses or leaving.facts.to
    await tx.outbox.start_sending(item, one.mail, leaving.token, addresses, now)
    if leaving.suppressed_by:
        await tx.outbox.settle(
            item.claim, OutboxState.SUPPRESSED, now, why=leaving.suppressed_by, attempts=item.attempts
        )


def _takes_long(facts: MailFacts) -> bool:
    """Files, PDFs and large mails."""
    has_files = bool(facts.attachment) or facts.stock is not None or facts.kind in _MADE_WITH_FILES
    return has_files or len(facts.original or b"") > _LARGE


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
        _raise_alarm(item, stop.alarm, stop.problem or stop.why)


def _log_leaving(leaving: Leaving) -> None:
    item = leaving.item
    if leaving.suppressed_by:
        log(Event.MAIL_SUPPRESSED, queue_id=item.id, lead=item.lead, location=item.location, kind=str(item.kind),
            reason=leaving.suppressed_by)  # fmt: skip
    if leaving.alarm and not item.attempts:  # said when it is first sent, not each time it is tried
        _raise_alarm(item, NOT_EVERYBODY, leaving.alarm)


def _raise_alarm(item: OutboxItem, reason: str, problem: str) -> None:
    log(Event.ALARM_RAISED, queue_id=item.id, lead=item.lead, location=item.location, reason=reason, problem=problem)
