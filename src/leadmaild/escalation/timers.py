"""The timers of a lead's cycles: when the reminder, the two stages and the follow-up notices are due, take effect and
leave (rules.md 2.3).

Three clocks that must not be mixed up (R19): `due_at` is plain arithmetic, of which only stage 1 counts working time
(R17); `effective_at` waits for the end of a run of days off (R11); `send_at` waits for opening (R18).
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from leadmaild.escalation.calendar import Calendar
from leadmaild.escalation.days_off import DaysOff
from leadmaild.model.lead import Timer, TimerKind, TimerState
from leadmaild.model.location import Escalation, Location, Mode

_SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)
_USUAL_STAGE1 = timedelta(weeks=2)
_LONGEST_STAGE1 = timedelta(days=5 * 365)


def timers_run(location: Location) -> bool:
    """Whether leads of this location have timers at all: in tracking mode only if it says so (Q3)."""
    return location.mode is Mode.MANAGEMENT or location.tracking_escalation


def why_endless(escalation: Escalation, calendar: Calendar) -> str:
    """Why stage 1 might never end by these settings, which is for load to refuse (PF42); "" if it always ends.

    With none of this, first_response_timers and follow_up_timers do not raise for any instant of this century.
    """
    if not calendar.opens_again:
        return "the days off never end, so that the location does not open again"
    usual = replace(calendar, days_off=(), runs=DaysOff.of(()))
    if not escalation.stage1:
        return ""
    # Almost every stage 1 ends within weeks: counting years for each location would slow every start.
    for span in (_USUAL_STAGE1, _LONGEST_STAGE1):
        if usual.open_time_between(_SOME_DAY, _SOME_DAY + span) >= escalation.stage1:
            return ""
    years = _LONGEST_STAGE1.days // 365
    return f"with these hours {_shown(escalation.stage1)} of working time take over {years} years"


def first_response_timers(arrived_at: datetime, escalation: Escalation, calendar: Calendar) -> tuple[Timer, ...]:
    """The timers of a first-response cycle that began with the arrival of a customer's mail (R13-R15, R26).

    Without stage 1 there are none (R23). A reminder that would come before the lead is there, but `skipped` with the
    reason (R20). Raises errors.Refused only for settings that `why_endless` names.
    """
    if escalation.stage1 is None:
        return ()
    stage1_due_at = calendar.add_open_time(arrived_at, escalation.stage1)
    timers = []
    if escalation.reminder:  # R23: empty and 0 both mean none
        timers.append(_reminder(stage1_due_at - escalation.reminder, arrived_at, stage1_due_at, calendar))
    timers.append(_timer(TimerKind.STAGE1, stage1_due_at, calendar, f"{_shown(escalation.stage1)} of working time"))
    if escalation.stage2 is not None:  # R23: 0 is not off
        why = f"{_shown(escalation.stage2)} after stage 1"
        timers.append(_timer(TimerKind.STAGE2, stage1_due_at + escalation.stage2, calendar, why))
    return tuple(timers)


def follow_up_timers(
    follow_up_at: datetime, escalation: Escalation, calendar: Calendar, *, within_hours: bool = True
) -> tuple[Timer, ...]:
    """The timers of a follow-up cycle: at the moment itself, and stage 2 after it (R16, R61); no reminder before (Q15).

    `within_hours` is the location's `follow_up_within_hours`; without it only days off hold the mail (R59, R60).
    """
    timers = [_timer(TimerKind.FOLLOW_UP, follow_up_at, calendar, "follow-up date", within_hours=within_hours)]
    if (stage2 := escalation.stage2_follow_up) is not None:
        why = f"{_shown(stage2)} after the follow-up date"
        kind = TimerKind.FOLLOW_UP_STAGE2
        timers.append(_timer(kind, follow_up_at + stage2, calendar, why, within_hours=within_hours))
    return tuple(timers)


def timers_today(
    kind: TimerKind, base_at: datetime, location: Location, *, source_escalates: bool = True
) -> tuple[Timer, ...]:
    """The timers of the cycle that a timer of `kind` belongs to, counted from `base_at` by today's settings (R29).

    `source_escalates` is the location's switch for the source of the lead (Q18).
    """
    calendar, times = Calendar.of(location.opening_hours), location.escalation
    if kind in (TimerKind.FOLLOW_UP, TimerKind.FOLLOW_UP_STAGE2):
        timers = follow_up_timers(base_at, times, calendar, within_hours=location.follow_up_within_hours)
        # The date somebody set stays the lead's due date (R84); only nobody is told.
        return timers if timers_run(location) else tuple(_silent(timer) for timer in timers[:1])
    if not timers_run(location) or not source_escalates:
        return ()
    return first_response_timers(base_at, times, calendar)


def _silent(timer: Timer) -> Timer:
    return replace(timer, state=TimerState.SKIPPED, why="no timers in tracking mode (Q3)")


def recomputed(stored: Iterable[Timer], fresh: Iterable[Timer]) -> tuple[Timer, ...]:
    """The timers of one cycle after the settings changed (R29, PF45), in the order of `fresh`, then what is left.

    What is still pending takes its new moments; what has left `pending` stays as it is, nothing is un-fired (R26); a
    pending timer that today's settings no longer have is cancelled; one that they have anew is added.
    """
    by_kind = {timer.kind: timer for timer in stored}
    result = []
    for timer in fresh:
        known = by_kind.pop(timer.kind, None)
        result.append(timer if known is None or known.state is TimerState.PENDING else known)
    for timer in by_kind.values():
        is_pending = timer.state is TimerState.PENDING
        result.append(
            replace(timer, state=TimerState.CANCELLED, why="switched off in the settings") if is_pending else timer
        )
    return tuple(result)


def _reminder(due_at: datetime, arrived_at: datetime, stage1_due_at: datetime, calendar: Calendar) -> Timer:
    timer = _timer(TimerKind.REMINDER, due_at, calendar, f"{_shown(stage1_due_at - due_at)} before the end of stage 1")
    if due_at <= arrived_at:  # R20: the seller has just had the new-lead mail
        return replace(timer, state=TimerState.SKIPPED, why="not later than the arrival of the lead (R20)")
    # Its send_at is always before the end of stage 1 (R21, PF44): stage 1 ends inside or at the end of open time, so
    # between a reminder held back and that end there is an opening. Lateness of our own is judged in firing.py.
    return timer


def _timer(kind: TimerKind, due_at: datetime, calendar: Calendar, why: str, *, within_hours: bool = True) -> Timer:
    effective_at = calendar.after_days_off(due_at)
    send_at = calendar.next_send(effective_at, within_hours=within_hours)
    if effective_at > due_at:
        why += "; waits for the end of the days off (R11)"
    if send_at > effective_at:
        why += "; the mail waits for opening (R18)"
    return Timer(kind, due_at, effective_at, send_at, why=why)


def _shown(span: timedelta) -> str:
    """A span as the settings write it: 1d, 2h, 30m, 90s, or joined by blanks."""
    seconds = int(span.total_seconds())
    days, hours, minutes = seconds // 86400, seconds % 86400 // 3600, seconds % 3600 // 60
    parts = ((days, "d"), (hours, "h"), (minutes, "m"), (seconds % 60, "s"))
    return " ".join(f"{amount}{unit}" for amount, unit in parts if amount) or "0"
