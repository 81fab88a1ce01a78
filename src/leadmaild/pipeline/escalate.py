"""escalate: claims due timers oldest first and, in the same transaction, derives them again from the facts and today's
settings, then fires, moves, skips or cancels each (R19, R21, R26, R27, R29).

Firing writes an intent and an activity; it never takes the lead away from anybody (R22). There is no crash window: what
was not committed has not fired, what was is unique by its cause `timer:<lead>:<cycle>:<kind>` (PF47).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from leadmaild.escalation.firing import CycleFacts, judged
from leadmaild.escalation.timers import timers_today
from leadmaild.maillog import Event, log
from leadmaild.model.decision import Intent, MailKind, Recipient, Role
from leadmaild.model.lead import ActivityKind, ArmedTimer, Lead, LeadState, Timer, TimerKind, TimerState
from leadmaild.model.location import Location
from leadmaild.model.work import OutboxOrigin
from leadmaild.pipeline.rearm import Rearm
from leadmaild.pipeline.world import World
from leadmaild.ports import Clock
from leadmaild.ports.stores import Database, Transaction

BATCH = 100  # timers in one transaction; the rest follow in the next, in order (PF49, PF50)
_WHILE_GONE = timedelta(hours=1)
_AFTER_BUG = timedelta(minutes=5)

# Which notice a timer becomes, for whom, and the log event of its firing.
TOLD = {
    TimerKind.REMINDER: (MailKind.REMINDER, Role.ASSIGNEE, Event.REMINDER_FIRED),
    TimerKind.STAGE1: (MailKind.STAGE1, Role.ASSIGNEE, Event.STAGE1_FIRED),
    TimerKind.STAGE2: (MailKind.STAGE2, Role.SUPERVISOR, Event.STAGE2_FIRED),
    TimerKind.FOLLOW_UP: (MailKind.FOLLOW_UP, Role.ASSIGNEE, Event.FOLLOW_UP_FIRED),
    TimerKind.FOLLOW_UP_STAGE2: (MailKind.FOLLOW_UP_STAGE2, Role.SUPERVISOR, Event.STAGE2_FIRED),
}


@dataclass(frozen=True, slots=True)
class _Settled:
    armed: ArmedTimer
    timer: Timer  # as it stands now


class Escalate:
    """The step that watches the clock."""

    def __init__(
        self, database: Database, world: Callable[[], World], clock: Clock, wake_deliver: Callable[[], None]
    ) -> None:
        self._database = database
        self._world = world
        self._clock = clock
        self._wake_deliver = wake_deliver
        self._rearm = Rearm(database, clock)

    async def step(self) -> bool:
        """Take over changed settings and settle one batch of due timers; True if there was anything to do."""
        world = self._world()
        rearmed = await self._rearm.step(world)
        # Looking first costs no lock: an empty tick must not hold up the mail that comes in (T9).
        due_at = await self.next_due()
        if due_at is None or due_at > self._clock.now():
            return rearmed
        settled = await self._settle_batch(world)
        for one in settled:
            _log(one)
        if any(one.timer.state is TimerState.FIRED for one in settled):
            self._wake_deliver()
        return rearmed or bool(settled)

    async def next_due(self) -> datetime | None:
        """When the next timer is due (a UTC instant)."""
        async with self._database.view() as tx:
            return await tx.timers.next_at()

    async def _settle_batch(self, world: World) -> list[_Settled]:
        settled: list[_Settled] = []
        async with self._database.transaction() as tx:
            now = self._clock.now()
            due = await tx.timers.due(now, BATCH)
            leads = await tx.leads.by_numbers(sorted({armed.lead for armed in due}))
            for armed in due:
                if armed.location not in world.settings.locations:
                    # Perhaps by a slip of the pen: its clock goes on once it is back.
                    await tx.timers.try_later(armed.id, now + _WHILE_GONE)
                    continue
                try:
                    async with tx.savepoint():
                        settled.append(await _settle(tx, armed, leads, world, now))
                except Exception as failure:  # noqa: BLE001  # one timer must not stop the rest (PF3)
                    log(Event.BUG, where="escalate", lead=armed.lead, timer=str(armed.timer.kind), exc=failure)
                    await tx.timers.try_later(armed.id, now + _AFTER_BUG)
            # Firing leaves the target open; only what was moved or ended changes the due date.
            if changed := {one.armed.lead for one in settled if one.timer.state is not TimerState.FIRED}:
                await tx.timers.refresh_due(sorted(changed))
            await tx.commit()
        return settled


async def _settle(
    tx: Transaction, armed: ArmedTimer, leads: Mapping[int, Lead], world: World, now: datetime
) -> _Settled:
    lead, location = leads[armed.lead], world.settings.locations[armed.location]
    escalates = location.source_of(lead.source, lead.source_provider).escalation
    today = timers_today(armed.timer.kind, armed.base_at, location, source_escalates=escalates)
    facts = CycleFacts(
        is_closed=lead.state is LeadState.CLOSED,
        has_reaction=lead.reacted_at is not None and lead.reacted_at >= armed.base_at,
        stage1_due_at=next((timer.due_at for timer in today if timer.kind is TimerKind.STAGE1), None),
        supervisor_was_told=armed.timer.kind is TimerKind.STAGE2 and await _supervisor_was_told(tx, armed),
    )
    timer = judged(armed.timer, today, facts, now)
    await tx.timers.put(armed.id, timer)
    if timer.state is TimerState.FIRED:
        await _fire(tx, armed, timer, lead, location, world, facts, now)
    return _Settled(armed, timer)


async def _supervisor_was_told(tx: Transaction, armed: ArmedTimer) -> bool:
    """Whether he was told of this very silence: the customer had written again before the first one's stage 2 fired."""
    return any(
        other.timer.kind is TimerKind.STAGE2
        and other.timer.state is TimerState.FIRED
        and other.cycle != armed.cycle
        and other.timer.effective_at >= armed.base_at
        for other in await tx.timers.of_leads([armed.lead])
    )


async def _fire(
    tx: Transaction,
    armed: ArmedTimer,
    timer: Timer,
    lead: Lead,
    location: Location,
    world: World,
    facts: CycleFacts,
    now: datetime,
) -> None:
    kind, role, _event = TOLD[timer.kind]
    details = {"began_at": armed.base_at.isoformat(), "due_at": (facts.stage1_due_at or armed.base_at).isoformat()}
    origin = OutboxOrigin(
        cause=f"timer:{armed.lead}:{armed.cycle}:{timer.kind}",
        location=location.code,
        sender_mailbox=world.settings.sender_mailbox(location, lead.received_location),
        lead=lead.number,
        cycle=armed.cycle,
    )
    await tx.outbox.add(Intent(kind, Recipient(role), timer.send_at, timer.why), origin, now, details)
    await tx.leads.record(
        lead.number,
        ActivityKind.ESCALATION,
        timer.effective_at,
        text=timer.why,
        details={"event": str(timer.kind), "cycle": armed.cycle, "due_at": timer.due_at.isoformat()},
    )


def _log(one: _Settled) -> None:
    armed, timer = one.armed, one.timer
    if timer.state is TimerState.FIRED:
        log(TOLD[timer.kind][2], lead=armed.lead, location=armed.location, cycle=armed.cycle, timer=str(timer.kind))
    else:
        log(Event.TIMER_ARMED, lead=armed.lead, location=armed.location, cycle=armed.cycle, timer=str(timer.kind),
            state=str(timer.state), reason=timer.why)  # fmt: skip
