"""intake: claims journal entries oldest first, has them read outside any transaction, then in one transaction a batch,
with a savepoint a mail: load the Snapshot, call the one pure `decide`, apply the Decision, settle the entry."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from leadmaild.deciding.case import Case
from leadmaild.deciding.decide import decide
from leadmaild.deciding.without_lead import homeless, unparsed
from leadmaild.errors import Conflict, LeaseLost, Unavailable
from leadmaild.maillog import Event, log
from leadmaild.model.decision import Decision
from leadmaild.model.lead import Outcome
from leadmaild.model.location import Location
from leadmaild.model.reading import Classification, Reading
from leadmaild.model.work import JournalEntry
from leadmaild.pipeline import intake_log
from leadmaild.pipeline.apply import Applied, apply
from leadmaild.pipeline.facts import load_snapshot
from leadmaild.pipeline.heartbeat import Heartbeat
from leadmaild.pipeline.right_of_way import let_others_run
from leadmaild.pipeline.senders import Senders
from leadmaild.pipeline.world import World
from leadmaild.ports import Clock, Reader
from leadmaild.ports.stores import Database, Transaction
from leadmaild.reading.context import ReadingContext

BATCH = 20
# What goes to the reader together: it takes some 10 ms, and a mail that breaks it has its neighbours read anew.
_MAILS_A_TRIP = 5
_LARGE = 64 * 1024
# A mail that broke us this often is set aside, never dropped, never tried at start (PF4).
MOST_CLAIMS = 5
_AFTER_OUTAGE = timedelta(seconds=1)
_BACK_OFF = (timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=5), timedelta(minutes=30))


@dataclass(frozen=True, slots=True)
class _Done:
    entry: JournalEntry
    reading: Reading
    decision: Decision
    applied: Applied


class Intake:
    """The step that makes leads of mails."""

    def __init__(
        self,
        database: Database,
        reader: Callable[[], Reader],
        world: Callable[[], World],
        clock: Clock,
        node: str,
        lease: timedelta,
        wake_deliver: Callable[[], None],
        senders: Senders,
        must_yield: Callable[[], bool] = lambda: False,
        give_way: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._database = database
        self._reader = reader
        self._world = world
        self._clock = clock
        self._node = node
        self._heartbeat = Heartbeat(database, lambda tx, held, now: tx.journal.extend(held, now), clock, lease)
        self._wake_deliver = wake_deliver
        self._senders = senders
        self._must_yield = must_yield
        self._give_way = give_way

    async def step(self) -> bool:
        """Take one batch; True if there was anything to do."""
        world = self._world()
        # Settings without any location leave nobody to decide for: mail waits.
        claimed = await self._claim() if world.settings.locations else ()
        if not claimed:
            return False
        entries = [world.at_home(entry) for entry in claimed]
        # Whoever brought workers down this often is not tried again (PF4).
        poison = [entry for entry in entries if entry.claim.claims > MOST_CLAIMS]
        sound = [entry for entry in entries if entry.claim.claims <= MOST_CLAIMS]
        async with self._heartbeat.kept([entry.claim for entry in entries]):
            sound = list(await asyncio.gather(*(self._with_sender(entry, world) for entry in sound)))
            # A few at a time: what the reader has in hand cannot be called back when a rush begins.
            readings = [reading for trip in _trips(sound) for reading in await self._read(trip, world)]
        try:
            done = await self._decide_batch(list(zip(sound, readings, strict=True)), poison, world)
        except Unavailable:
            # Nothing of the batch has happened; do not leave it to the end of the lease.
            await self._give_back(entries)
            raise
        for one in done:
            intake_log.decided(one.entry, one.decision, one.applied)
        self._wake_deliver()
        return True

    async def _claim(self) -> Sequence[JournalEntry]:
        async with self._database.transaction() as tx:
            entries = await tx.journal.claim(self._clock.now(), self._node, BATCH)
            await tx.commit()
        return entries

    async def _give_back(self, entries: Sequence[JournalEntry]) -> None:
        async with self._database.transaction() as tx:
            for entry in entries:
                await tx.journal.put_back(entry.claim, self._clock.now() + _AFTER_OUTAGE, "database_unavailable")
            await tx.commit()

    async def _with_sender(self, entry: JournalEntry, world: World) -> JournalEntry:
        """The entry with what its sender's check came to; a mail that breaks the check has an unknown sender."""
        try:
            return await self._senders.looked_up(entry, world)
        except Exception as failure:  # noqa: BLE001  # a bug of ours must not keep mail from being read (SP-12)
            log(Event.BUG, where="sender_check", message_id=entry.message_id, exc=failure)
            return entry

    async def _read(self, trip: Sequence[JournalEntry], world: World) -> Sequence[Reading]:
        if self._give_way is not None:
            await self._give_way()
        readings = await self._reader().read_all([(entry.content, _context(entry, world)) for entry in trip])
        for entry, reading in zip(trip, readings, strict=True):
            log(Event.MAIL_READ, message_id=entry.message_id, location=entry.location, source=reading.source,
                reason=str(reading.classification))  # fmt: skip
        return readings

    async def _decide_batch(
        self, mails: Sequence[tuple[JournalEntry, Reading]], poison: Sequence[JournalEntry], world: World
    ) -> list[_Done]:
        """Decide about all of them, in as few transactions as accept lets us: its peers wait for their 250."""
        done: list[_Done] = []
        failed = [(entry, "crash_loop") for entry in poison]
        waiting = deque(mails)
        while waiting or failed:
            if self._give_way is not None:
                await self._give_way()  # bounded: even a batch that is held up at every mail ends within its lease
            async with self._database.transaction() as tx:
                await self._lock(tx, waiting, world)
                while waiting:
                    entry, reading = waiting.popleft()
                    try:
                        done.append(await self._decide_one(tx, entry, reading, world))
                    except LeaseLost:
                        log(Event.LEASE_LOST, where="intake", message_id=entry.message_id)
                    except Exception as failure:  # one mail must not stop the rest (PF3, SP-12)
                        if isinstance(failure, Unavailable) and not isinstance(failure, Conflict):
                            raise  # the database went away: that is no bug, and concerns them all
                        log(Event.BUG, where="intake", message_id=entry.message_id, exc=failure)
                        failed.append((entry, type(failure).__name__))
                    await let_others_run()
                    if self._must_yield():
                        break
                for entry, error in failed:
                    await self._after_failure(tx, entry, error, world)
                failed.clear()
                await tx.commit()
        return done

    async def _lock(self, tx: Transaction, mails: Iterable[tuple[JournalEntry, Reading]], world: World) -> None:
        """Whoever decides about a location's mail holds its turns, all taken in one order before anything else: so no
        two nodes give the same turn (PF30), and none can lock the other out over contacts."""
        at = {entry.location for entry, _ in mails} & world.settings.locations.keys()
        concerned = at | _where_vehicles_may_stand(mails, world)
        await tx.people.lock_turns(sorted(concerned), world.settings.groups, self._clock.now())

    async def _decide_one(self, tx: Transaction, entry: JournalEntry, reading: Reading, world: World) -> _Done:
        try:
            async with tx.savepoint():
                return await self._decided(tx, entry, reading, world)
        except Conflict:
            # Another node made the same contact meanwhile: now we see it (R37).
            async with tx.savepoint():
                return await self._decided(tx, entry, reading, world)

    async def _decided(self, tx: Transaction, entry: JournalEntry, reading: Reading, world: World) -> _Done:
        now = self._clock.now()
        if entry.location not in world.settings.locations:
            return await self._without_home(tx, entry, reading, world)
        first = await tx.journal.first_with_content(entry, reading.content_key, now)
        location = world.settings.locations[entry.location]
        snapshot = await load_snapshot(tx, world, location, reading, entry.envelope, first, now, entry)
        decision = decide(reading, entry.envelope, snapshot, now)
        applied = await apply(tx, entry, reading, decision, snapshot, world, now)
        return _Done(entry, reading, decision, applied)

    async def _without_home(self, tx: Transaction, entry: JournalEntry, reading: Reading, world: World) -> _Done:
        """A reload has taken the location away while its mail waited."""
        now, location = self._clock.now(), _any_location(world)
        snapshot = await load_snapshot(tx, world, location, reading, entry.envelope, None, now)
        case = Case(reading, entry.envelope, snapshot, now)
        decision = homeless(case, "location_gone", world.settings.gateway.postmaster)
        decision = replace(decision, trace=tuple(case.trace))
        return _Done(entry, reading, decision, await apply(tx, entry, reading, decision, snapshot, world, now))

    async def _after_failure(self, tx: Transaction, entry: JournalEntry, error: str, world: World) -> None:
        """Try again later, a few times; then set the mail aside with its raw bytes kept (PF4)."""
        now = self._clock.now()
        if entry.claim.claims < MOST_CLAIMS:
            await tx.journal.put_back(entry.claim, now + _back_off(entry.claim.claims), error)
            return
        try:
            async with tx.savepoint():
                await self._set_aside(tx, entry, error, world)
        except Exception as failure:  # noqa: BLE001  # what broke us may break this too: then the bare outcome
            log(Event.BUG, where="set_aside", message_id=entry.message_id, exc=failure)
            await tx.journal.settle(entry.claim, Outcome.SET_ASIDE, error, now)
        log(Event.SET_ASIDE, message_id=entry.message_id, location=entry.location, journal_id=entry.id, reason=error)

    async def _set_aside(self, tx: Transaction, entry: JournalEntry, error: str, world: World) -> None:
        """Nothing was read, yet the redirect runs and somebody is told, with the mail attached (R40, R50)."""
        now = self._clock.now()
        unread = Reading(Classification.LEAD, error, needs_review=True)
        if entry.location not in world.settings.locations:
            await self._without_home(tx, entry, unread, world)
            return
        location = world.settings.locations[entry.location]
        snapshot = await load_snapshot(tx, world, location, unread, entry.envelope, None, now)
        decision = replace(unparsed(Case(unread, entry.envelope, snapshot, now), error), outcome=Outcome.SET_ASIDE)
        await apply(tx, entry, unread, decision, snapshot, world, now)


def _trips(entries: Sequence[JournalEntry]) -> Iterator[Sequence[JournalEntry]]:
    """The mails in their order, a few small ones together, each large one on its own."""
    trip: list[JournalEntry] = []
    for entry in entries:
        is_large = len(entry.content) > _LARGE
        if trip and (is_large or len(trip) == _MAILS_A_TRIP):
            yield trip
            trip = []
        trip.append(entry)
        if is_large:
            yield trip
            trip = []
    if trip:
        yield trip


def _context(entry: JournalEntry, world: World) -> ReadingContext:
    location = world.settings.locations.get(entry.location) or _any_location(world)
    return world.reading_context(location, entry.envelope, entry.authentication)


def _any_location(world: World) -> Location:
    """The one whose mail server and settings serve where none is concerned (there is one, or nothing is claimed)."""
    return next(iter(world.settings.locations.values()))


def _where_vehicles_may_stand(mails: Iterable[tuple[JournalEntry, Reading]], world: World) -> set[str]:
    """Every location if one of the mails may move to where its vehicle stands (R55)."""
    locations = world.settings.locations
    moves = any(locations[e.location].vehicle_location_for_distribution for e, _ in mails if e.location in locations)
    return set(locations) if moves else set()


def _back_off(claims: int) -> timedelta:
    return _BACK_OFF[min(claims, len(_BACK_OFF)) - 1]
