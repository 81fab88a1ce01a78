"""The clock as decisions see it: the timers of a new cycle, and when staff may be told (R13, R18, Q3, Q18)."""

from datetime import datetime

from leadmaild.deciding.case import Case
from leadmaild.escalation.calendar import Calendar
from leadmaild.escalation.timers import first_response_timers
from leadmaild.model.decision import Intent, MailKind, Recipient, Role
from leadmaild.model.lead import Timer, TimerKind, TimerState
from leadmaild.model.location import Location, Mode, SourceSettings

_RULES = {TimerKind.REMINDER: "R14", TimerKind.STAGE1: "R13", TimerKind.STAGE2: "R15"}


def first_response(case: Case, location: Location, source: SourceSettings) -> tuple[Timer, ...]:
    """The timers of the first-response cycle that this mail begins at `location`, counted from its arrival (R13)."""
    trace = case.trace
    if location.mode is Mode.TRACKING and not location.tracking_escalation:
        trace.passed(
            "Q3", location.mode, "no timers in tracking mode: nobody sees here whether the customer was answered"
        )
        return ()
    if not source.escalation:
        trace.passed("Q18", source.id, "this source starts no timers")
        return ()
    timers = first_response_timers(case.envelope.received_at, location.escalation, Calendar.of(location.opening_hours))
    if not timers:
        trace.passed("R23", None, f"{location.code} has no stage 1: no timers")
    for timer in timers:
        is_armed = timer.state is TimerState.PENDING
        trace.asked(_RULES[timer.kind], is_armed, timer.due_at.isoformat(), f"{timer.kind}: {timer.why}")
    return timers


def staff_notice(case: Case, kind: MailKind, role: Role, location: Location, why: str) -> Intent:
    """A notice for people of `location`: it leaves within the opening hours only (R18, Q11)."""
    not_before = _next_opening(location, case.now)
    if not_before > case.now:
        case.trace.matched("R18", not_before.isoformat(), f"{kind}: held until {location.code} opens")
    return Intent(kind, Recipient(role), not_before, why)


def _next_opening(location: Location, at: datetime) -> datetime:
    return Calendar.of(location.opening_hours).next_open(at)
