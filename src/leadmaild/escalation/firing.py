"""What becomes of a timer when its moment has come, and of its notice when it may leave: the facts decide (R21, R27).

The escalate step asks `verdict_when_due` at `effective_at`, deliver asks `verdict_when_sent` at `send_at`. After
downtime both simply come late: a stale reminder is skipped, the stages still go out, each once (R27, PF49).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from leadmaild.escalation.timers import recomputed
from leadmaild.model.lead import Timer, TimerKind, TimerState


@dataclass(frozen=True, slots=True)
class CycleFacts:
    """What is known of the cycle a timer belongs to.

    `has_reaction`: a reaction has ended this cycle (R24), whenever its mail arrived (PF46). `is_closed`: the lead is
    closed, merged, deleted (PF52). `stage1_due_at`: by today's settings; None for follow-up cycles.
    `supervisor_was_told`: the stage 2 of another cycle has fired since this one began.
    """

    is_closed: bool = False
    has_reaction: bool = False
    stage1_due_at: datetime | None = None
    supervisor_was_told: bool = False


@dataclass(frozen=True, slots=True)
class FiringVerdict:
    """The state the timer goes into, with the reason; `pending` = its moment has not come yet."""

    state: TimerState
    why: str


def judged(timer: Timer, today: Iterable[Timer], facts: CycleFacts, now: datetime) -> Timer:
    """What a pending timer becomes at `now`: the same event with its moments by today's settings (`today` are all
    timers of its cycle, R29), in the state it goes into; still `pending` = its moment has not come (PF45)."""
    known_today = [fresh for fresh in today if fresh.kind is timer.kind]
    (fresh,) = recomputed([timer], known_today)
    if fresh.state is not TimerState.PENDING:
        return fresh
    verdict = verdict_when_due(fresh, facts, now)
    return fresh if verdict.state is TimerState.PENDING else replace(fresh, state=verdict.state, why=verdict.why)


def verdict_when_due(timer: Timer, facts: CycleFacts, now: datetime) -> FiringVerdict:
    """What to do with a pending timer at `now`: fire it, skip it, cancel it, or wait on.

    `timer` carries the moments by today's settings (R29); only a pending timer may be asked about (R26): ValueError.
    """
    if timer.state is not TimerState.PENDING:
        raise ValueError(f"the timer has left pending: {timer.state}")
    if (dropped := verdict_when_sent(timer.kind, facts, now)) is not None:
        return dropped
    if now < timer.effective_at:
        return FiringVerdict(TimerState.PENDING, "not due yet")
    return FiringVerdict(TimerState.FIRED, timer.why)


def verdict_when_sent(kind: TimerKind, facts: CycleFacts, now: datetime) -> FiringVerdict | None:
    """Why a notice of this kind must not leave at `now`; None: let it go (R21)."""
    if facts.is_closed:
        return FiringVerdict(TimerState.CANCELLED, "the lead is closed (R21)")
    if facts.has_reaction:
        return FiringVerdict(TimerState.CANCELLED, "answered (R21)")
    if kind is TimerKind.REMINDER and facts.stage1_due_at is not None and now >= facts.stage1_due_at:
        return FiringVerdict(TimerState.SKIPPED, "stage 1 has already run out (R21)")
    if kind is TimerKind.STAGE2 and facts.supervisor_was_told:
        return FiringVerdict(TimerState.SKIPPED, "the supervisor was told after this cycle had begun (Q16)")
    return None
