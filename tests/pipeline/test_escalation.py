"""The clock at work: what fires when, for whom, once, and what does not fire."""

from datetime import UTC, datetime, timedelta

import pytest

from leadmaild.model.lead import TimerKind, TimerState
from tests.dealership import HOURS, enquiry
from tests.pipeline.steps import MONDAY_10, FakeClock

pytestmark = pytest.mark.asyncio

CLOCK_KINDS = ("reminder", "stage1", "stage2", "follow_up", "follow_up_stage2")
LATE_SATURDAY = datetime(2026, 3, 7, 11, 30, tzinfo=UTC)  # 12:30 in Munich, half an hour before closing
MUELLER, LEITUNG = "mueller@autohaus-beispiel.example", "leitung@autohaus-beispiel.example"


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


async def clock_mails(bench):
    return [(mail.kind, mail.state, mail.to, mail.sent_at) for mail in await bench.queue(*CLOCK_KINDS)]


async def timers(bench, number=100001):
    return {(t.kind, t.state) for t in (await bench.lead(number)).timers}


@pytest.mark.rule("R13")
@pytest.mark.rule("R14")
@pytest.mark.rule("R15")
@pytest.mark.rule("R22")
@pytest.mark.rule("R147")
async def test_an_unanswered_lead_reminds_escalates_and_reaches_the_supervisor_each_once(bench):
    await bench.take(enquiry(1))
    await bench.run_until(MONDAY_10 + timedelta(days=3))

    assert await clock_mails(bench) == [
        ("reminder", "sent", (MUELLER,), MONDAY_10 + minutes(90)),
        ("stage1", "sent", (MUELLER,), MONDAY_10 + minutes(120)),
        ("stage2", "sent", (LEITUNG,), MONDAY_10 + minutes(360)),
    ]
    lead = await bench.lead(100001)
    assert lead.assignee == "mueller"
    assert {t.state for t in lead.timers} == {TimerState.FIRED}
    events = [a for a in lead.activities if a.kind == "escalation"]
    assert [(a.details["event"], a.at) for a in events] == [
        ("reminder", MONDAY_10 + minutes(90)),
        ("stage1", MONDAY_10 + minutes(120)),
        ("stage2", MONDAY_10 + minutes(360)),
    ]


@pytest.mark.rule("R129")
async def test_an_escalated_lead_stays_overdue_until_somebody_reacts(bench):
    await bench.take(enquiry(1))
    await bench.run_until(MONDAY_10 + timedelta(days=1))

    lead = await bench.lead(100001)
    assert (lead.due_at, lead.due_kind) == (MONDAY_10 + minutes(120), "stage1")


@pytest.mark.rule("R18")
@pytest.mark.rule("R19")
@pytest.mark.rule("R28")
@pytest.mark.rule("PF48")
async def test_what_falls_into_closed_hours_is_recorded_in_its_moment_and_mailed_at_opening(open_dealership):
    bench = await open_dealership(clock=FakeClock(LATE_SATURDAY - timedelta(hours=2)), tables=HOURS)
    await bench.take(enquiry(1))  # stage 1 ends 12:30, stage 2 16:30: closed
    await bench.run_until(datetime(2026, 3, 9, 12, 0, tzinfo=UTC))

    monday_9 = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)
    (stage2,) = await bench.queue("stage2")
    assert stage2.sent_at == monday_9
    activity = next(a for a in (await bench.lead(100001)).activities if a.details.get("event") == "stage2")
    assert activity.at == LATE_SATURDAY + timedelta(hours=4)


@pytest.mark.rule("R11")
@pytest.mark.rule("R19")
async def test_nothing_takes_effect_on_a_day_off(open_dealership):
    sunday_and_monday = HOURS + "\n  [[location.day_off]]\n  from = 2026-03-07\n  until = 2026-03-09\n"
    friday_17 = datetime(2026, 3, 6, 16, 0, tzinfo=UTC)
    bench = await open_dealership(clock=FakeClock(friday_17 - timedelta(hours=1)), tables=sunday_and_monday)
    await bench.take(enquiry(1))  # stage 1 ends Friday 18:00, stage 2 at 22:00; told on Tuesday
    await bench.run_until(datetime(2026, 3, 11, 12, 0, tzinfo=UTC))

    (stage2,) = await bench.queue("stage2")
    assert stage2.sent_at == datetime(2026, 3, 10, 8, 0, tzinfo=UTC)


@pytest.mark.rule("R27")
@pytest.mark.rule("PF49")
async def test_after_downtime_the_stale_reminder_is_dropped_and_the_stages_come_in_order_once(open_dealership):
    clock = FakeClock()
    bench = await open_dealership(clock=clock)
    await bench.take(enquiry(1))
    await bench.gateway.intake.step()
    clock.advance(timedelta(days=3))
    again = await open_dealership(clock=clock)
    await again.run()

    assert [(kind, state) for kind, state, _to, _at in await clock_mails(again)] == [
        ("stage1", "sent"),
        ("stage2", "sent"),
    ]
    assert (TimerKind.REMINDER, TimerState.SKIPPED) in await timers(again)


@pytest.mark.rule("PF50")
async def test_no_scan_limit_hides_a_due_timer(bench, monkeypatch):
    monkeypatch.setattr("leadmaild.pipeline.escalate.BATCH", 3)
    for number in range(1, 11):
        await bench.take(enquiry(number))
    await bench.run()
    bench.clock.advance(minutes(120))
    await bench.run()

    assert len(await bench.queue("stage1")) == 10


@pytest.mark.rule("PF3")
async def test_a_timer_that_breaks_us_waits_and_the_others_fire(bench, monkeypatch):
    from leadmaild.pipeline import escalate

    whole = escalate.judged

    def breaks_once(timer, today, facts, now):
        if timer.kind is TimerKind.REMINDER:
            raise RuntimeError("poison")
        return whole(timer, today, facts, now)

    monkeypatch.setattr(escalate, "judged", breaks_once)
    await bench.take(enquiry(1))
    await bench.run_until(MONDAY_10 + minutes(125))

    assert [mail.kind for mail in await bench.queue(*CLOCK_KINDS)] == ["stage1"]


@pytest.mark.rule("R29")
@pytest.mark.rule("PF45")
async def test_a_longer_stage_1_moves_what_has_not_fired_and_unfires_nothing(open_dealership):
    clock = FakeClock()
    bench = await open_dealership(clock=clock)
    await bench.take(enquiry(1))
    await bench.run_until(MONDAY_10 + minutes(100))  # the reminder has gone
    again = await open_dealership(clock=clock, escalation='stage1 = "4h"\n  reminder = "30m"\n  stage2 = "4h"')
    await again.run_until(MONDAY_10 + timedelta(days=1))

    assert [(kind, at - MONDAY_10) for kind, _state, _to, at in await clock_mails(again)] == [
        ("reminder", minutes(90)),
        ("stage1", minutes(240)),
        ("stage2", minutes(480)),
    ]
    assert (await again.lead(100001)).due_at == MONDAY_10 + minutes(240)


@pytest.mark.rule("R29")
@pytest.mark.rule("R23")
async def test_a_stage_switched_off_is_cancelled_and_one_switched_on_is_added(open_dealership):
    clock = FakeClock()
    bench = await open_dealership(clock=clock, escalation='stage1 = "2h"\n  reminder = "30m"')
    await bench.take(enquiry(1))
    await bench.run()
    again = await open_dealership(clock=clock, escalation='stage1 = "2h"\n  stage2 = "1h"')
    await again.run_until(MONDAY_10 + timedelta(days=1))

    assert [(kind, at - MONDAY_10) for kind, _state, _to, at in await clock_mails(again)] == [
        ("stage1", minutes(120)),
        ("stage2", minutes(180)),
    ]
    assert (TimerKind.REMINDER, TimerState.CANCELLED) in await timers(again)


@pytest.mark.rule("R26")
async def test_a_restart_between_any_two_steps_repeats_and_loses_nothing(open_dealership):
    clock = FakeClock()
    bench = await open_dealership(clock=clock)
    await bench.take(enquiry(1))
    await bench.gateway.intake.step()
    for _ in range(16):
        clock.advance(minutes(30))
        again = await open_dealership(clock=clock)
        await again.gateway.escalate.step()
        again = await open_dealership(clock=clock)
        await again.run()
        bench.transport.sent += again.transport.sent

    kinds = [mail.kind for mail in await bench.queue(*CLOCK_KINDS)]
    assert kinds == ["reminder", "stage1", "stage2"]


@pytest.mark.rule("R54")
@pytest.mark.rule("Q3")
async def test_in_tracking_mode_no_timers_run(open_dealership):
    bench = await open_dealership(location='mode = "tracking"')
    await bench.take(enquiry(1))
    await bench.run_until(MONDAY_10 + timedelta(days=2))

    assert await clock_mails(bench) == []
