"""What becomes of timers and their notices when the time has come (R21, R27)."""

from dataclasses import replace

import pytest

from leadmaild.escalation.firing import CycleFacts, verdict_when_due, verdict_when_sent
from leadmaild.escalation.timers import first_response_timers
from leadmaild.model.lead import TimerKind, TimerState

from .build import calendar, instant, minutes, off, spans

ARRIVAL = instant("2026-03-02 10:00")
REMINDER, STAGE1, STAGE2 = first_response_timers(ARRIVAL, spans(120, 30, 240), calendar())
UNANSWERED = CycleFacts(stage1_due_at=STAGE1.due_at)


@pytest.mark.parametrize("timer", [REMINDER, STAGE1, STAGE2], ids=lambda timer: timer.kind)
def test_a_timer_fires_at_its_moment_and_not_before(timer):
    assert verdict_when_due(timer, UNANSWERED, timer.effective_at - minutes(0.01)).state is TimerState.PENDING
    assert verdict_when_due(timer, UNANSWERED, timer.effective_at).state is TimerState.FIRED


@pytest.mark.rule("R11")
def test_on_a_day_off_a_timer_waits():
    stage1 = first_response_timers(ARRIVAL, spans(60, None, 24 * 60), calendar(days_off=[off("2026-03-03")]))[1]
    facts = CycleFacts(stage1_due_at=ARRIVAL)
    assert verdict_when_due(stage1, facts, stage1.due_at).state is TimerState.PENDING
    assert verdict_when_due(stage1, facts, instant("2026-03-04 00:00")).state is TimerState.FIRED


@pytest.mark.rule("R21")
@pytest.mark.rule("R27")
@pytest.mark.rule("PF46")
@pytest.mark.rule("PF52")
@pytest.mark.parametrize("kind", list(TimerKind))
@pytest.mark.parametrize(
    ("facts", "word"), [(CycleFacts(has_reaction=True), "answered"), (CycleFacts(is_closed=True), "closed")]
)
def test_answered_or_closed_leads_are_left_alone(kind, facts, word):
    timer = replace(STAGE1, kind=kind)
    for now in (timer.due_at - minutes(1), timer.due_at, timer.due_at + minutes(5000)):
        due, sent = verdict_when_due(timer, facts, now), verdict_when_sent(kind, facts, now)
        assert due == sent
        assert due.state is TimerState.CANCELLED
        assert word in due.why


@pytest.mark.rule("R27")
@pytest.mark.rule("PF49")
def test_after_downtime_a_stale_reminder_is_skipped_and_the_stages_are_sent():
    days_later = instant("2026-03-05 09:00")
    states = [verdict_when_due(timer, UNANSWERED, days_later).state for timer in (REMINDER, STAGE1, STAGE2)]
    assert states == [TimerState.SKIPPED, TimerState.FIRED, TimerState.FIRED]
    assert verdict_when_sent(TimerKind.STAGE1, UNANSWERED, days_later) is None


@pytest.mark.rule("R21")
def test_a_reminder_is_good_until_the_very_end_of_stage_1():
    assert verdict_when_sent(TimerKind.REMINDER, UNANSWERED, STAGE1.due_at - minutes(0.1)) is None
    at_the_end = verdict_when_sent(TimerKind.REMINDER, UNANSWERED, STAGE1.due_at)
    assert at_the_end is not None
    assert at_the_end.state is TimerState.SKIPPED


@pytest.mark.rule("R26")
@pytest.mark.parametrize("state", [TimerState.FIRED, TimerState.SKIPPED, TimerState.CANCELLED])
def test_a_timer_that_has_left_pending_cannot_fire(state):
    with pytest.raises(ValueError, match="pending"):
        verdict_when_due(replace(STAGE1, state=state), UNANSWERED, STAGE1.due_at)
