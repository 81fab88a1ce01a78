"""Recomputes running timers after hours, days off, spans or mode of a location have changed, at start or by a reload
(R29, PF45): pending ones take their new moments, kinds switched on anew are added, nothing is un-fired.

Until a location is through, the clock goes by what is stored; what fires is derived again in that moment anyway, so a
running recomputation can make an event late, never wrong.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from leadmaild.escalation.calendar import Calendar
from leadmaild.escalation.timers import recomputed, timers_today
from leadmaild.maillog import Event, log
from leadmaild.model.lead import ArmedTimer, Lead, Timer, TimerKind, TimerState
from leadmaild.model.location import Location
from leadmaild.pipeline.world import World
from leadmaild.ports import Clock
from leadmaild.ports.stores import Database, Transaction

BATCH = 200  # leads in one transaction
_RUNNING = (TimerState.PENDING, TimerState.FIRED)
TARGETS = (TimerKind.STAGE1, TimerKind.FOLLOW_UP)


class Rearm:
    """Works through the locations whose settings for the clock are not those their timers were made by."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._world: World | None = None
        self._locations: list[Location] = []
        self._after = 0

    async def step(self, world: World) -> bool:
        """Recompute one batch; True if there was anything to do."""
        if world is not self._world:
            self._locations, self._after = await self._changed(world), 0
            self._world = world
        if not self._locations:
            return False
        location = self._locations[0]
        async with self._database.transaction() as tx:
            numbers = await tx.timers.with_open_targets(location.code, self._after, BATCH)
            if numbers:
                changed = await _recompute(tx, numbers, location)
            else:
                await tx.installation.keep(_key(location), fingerprint(location), self._clock.now())
            await tx.commit()
        if numbers:
            self._after = numbers[-1]
            log(Event.TIMER_ARMED, location=location.code, count=changed, reason="settings_changed")
        else:
            self._locations, self._after = self._locations[1:], 0
        return True

    async def _changed(self, world: World) -> list[Location]:
        async with self._database.view() as tx:
            return [
                location
                for location in world.settings.locations.values()
                if await tx.installation.value(_key(location)) != fingerprint(location)
            ]


def fingerprint(location: Location) -> bytes:
    """A digest of everything the moments of timers depend on."""
    calendar = Calendar.of(location.opening_hours)
    silent_sources = sorted(source.id for source in location.sources.values() if not source.escalation)
    facts = (
        location.mode, location.tracking_escalation, location.follow_up_within_hours, location.escalation,
        calendar.zone.key, calendar.week, calendar.runs, silent_sources,
    )  # fmt: skip
    return hashlib.sha256(repr(facts).encode()).digest()


def moved(stored: Sequence[ArmedTimer], lead: Lead, location: Location) -> Iterator[tuple[ArmedTimer, Timer]]:
    """What changes in the cycles of one lead by today's settings: each timer that moves, ends or is new, beside one
    that stands in the same cycle (itself, if it is not new). Pure."""
    escalates = location.source_of(lead.source, lead.source_provider).escalation
    for _cycle, group in groupby(stored, key=lambda armed: armed.cycle):
        cycle = list(group)
        target = next((armed for armed in cycle if armed.timer.kind in TARGETS), None)
        if target is None or target.timer.state not in _RUNNING or _was_answered(lead, target):
            continue
        today = timers_today(target.timer.kind, target.base_at, location, source_escalates=escalates)
        known = {armed.timer.kind: armed for armed in cycle}
        for timer in recomputed([armed.timer for armed in cycle], today):
            armed = known.get(timer.kind)
            if armed is None or armed.timer != timer:
                yield armed or target, timer


def _was_answered(lead: Lead, armed: ArmedTimer) -> bool:
    return lead.reacted_at is not None and lead.reacted_at >= armed.base_at


async def _recompute(tx: Transaction, numbers: Sequence[int], location: Location) -> int:
    leads: Mapping[int, Lead] = await tx.leads.by_numbers(numbers)
    stored = await tx.timers.of_leads(numbers)
    changed = 0
    for number, of_lead in groupby(stored, key=lambda armed: armed.lead):
        for armed, timer in moved(list(of_lead), leads[number], location):
            changed += 1
            if armed.timer.kind is timer.kind:
                await tx.timers.put(armed.id, timer)
            else:
                await tx.timers.arm(number, location.code, armed.cycle, armed.base_at, [timer])
    await tx.timers.refresh_due(numbers)
    return changed


def _key(location: Location) -> str:
    return f"timers:{location.code}"
