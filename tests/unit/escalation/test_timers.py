"""The timers of a cycle (rules.md 2.3): every vector, and the rules that drop, switch off or recompute timers."""

from dataclasses import replace

import pytest

from leadmaild.escalation.timers import (
    first_response_timers,
    follow_up_timers,
    recomputed,
    timers_run,
    why_endless,
)
from leadmaild.model.lead import TimerKind, TimerState
from leadmaild.model.location import Location, Mode

from .build import calendar, instant, local, off, spans

REMINDER, STAGE1, STAGE2 = TimerKind.REMINDER, TimerKind.STAGE1, TimerKind.STAGE2
FOLLOW_UP, FOLLOW_UP_STAGE2 = TimerKind.FOLLOW_UP, TimerKind.FOLLOW_UP_STAGE2

EASTER = (off("2026-04-03"), off("2026-04-06"))

# arrival, spans, days off, and per kind: due_at, send_at where it differs.
VECTORS = {
    "V1 plain": (
        "2026-03-02 10:00", (120, 30, 240), (),
        ("2026-03-02 11:30",), ("2026-03-02 12:00",), ("2026-03-02 16:00",),
    ),
    "V2 stage 1 pauses at night": (
        "2026-03-02 17:00", (120, 30, 240), (),
        ("2026-03-03 09:30",), ("2026-03-03 10:00",), ("2026-03-03 14:00",),
    ),
    "V3 stage 2 runs on after closing, the mail waits": (
        "2026-03-06 17:30", (120, 30, 240), (),
        ("2026-03-07 10:00",), ("2026-03-07 10:30",), ("2026-03-07 14:30", "2026-03-09 09:00"),
    ),
    "V4 Sunday is not counted": (
        "2026-03-07 12:30", (120, 30, 240), (),
        ("2026-03-09 10:00",), ("2026-03-09 10:30",), ("2026-03-09 14:30",),
    ),
    "V5 arrival while closed": (
        "2026-03-08 11:00", (120, 30, 240), (),
        ("2026-03-09 10:30",), ("2026-03-09 11:00",), ("2026-03-09 15:00",),
    ),
    "V6 used up exactly at closing": (
        "2026-03-02 16:00", (120, 30, 240), (),
        ("2026-03-02 17:30",), ("2026-03-02 18:00", "2026-03-03 09:00"), ("2026-03-02 22:00", "2026-03-03 09:00"),
    ),
    "V7 reminder before the arrival": (
        "2026-03-02 10:00", (120, 180, 240), (),
        None, ("2026-03-02 12:00",), ("2026-03-02 16:00",),
    ),
    "V8 days off": (
        "2026-04-02 17:00", (120, 30, 240), EASTER,
        ("2026-04-04 09:30",), ("2026-04-04 10:00",), ("2026-04-04 14:00", "2026-04-07 09:00"),
    ),
    "V9 the reminder is plain elapsed time": (
        "2026-03-02 17:00", (120, 180, 240), (),
        ("2026-03-03 07:00", "2026-03-03 09:00"), ("2026-03-03 10:00",), ("2026-03-03 14:00",),
    ),
}  # fmt: skip


@pytest.mark.rule("R13")
@pytest.mark.rule("R14")
@pytest.mark.rule("R15")
@pytest.mark.rule("R17")
@pytest.mark.rule("R18")
@pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS.keys())
def test_vector(vector):
    arrival, minutes, days_off, *expected = vector
    timers = first_response_timers(instant(arrival), spans(*minutes), calendar(days_off=days_off))
    assert [timer.kind for timer in timers] == [REMINDER, STAGE1, STAGE2]
    for timer, moments in zip(timers, expected, strict=True):
        if moments is None:
            assert timer.state is TimerState.SKIPPED
        else:
            assert timer.state is TimerState.PENDING
            assert (local(timer.due_at), local(timer.send_at)) == (moments[0], moments[-1])


@pytest.mark.rule("R19")
def test_on_a_plain_sunday_the_state_changes_and_only_the_mail_waits():
    timers = first_response_timers(instant("2026-03-06 17:30"), spans(120, 30, 24 * 60), calendar())
    stage2 = timers[2]
    assert local(stage2.effective_at) == local(stage2.due_at) == "2026-03-08 10:30"
    assert local(stage2.send_at) == "2026-03-09 09:00"


@pytest.mark.rule("R11")
@pytest.mark.rule("R19")
def test_on_a_day_off_state_and_mail_wait():
    stage2 = first_response_timers(instant("2026-04-02 16:00"), spans(60, None, 20 * 60), calendar(days_off=EASTER))[-1]
    assert local(stage2.due_at) == "2026-04-03 13:00"
    assert local(stage2.effective_at) == "2026-04-04 00:00"
    assert local(stage2.send_at) == "2026-04-04 09:00"


@pytest.mark.rule("R13")
def test_seconds_of_the_arrival_are_kept():
    arrived_at = instant("2026-03-02 17:00:37")
    stage1 = first_response_timers(arrived_at, spans(120), calendar())[0]
    assert stage1.due_at == instant("2026-03-03 10:00:37")


@pytest.mark.rule("R13")
def test_a_day_of_stage_1_is_24_working_hours():
    stage1 = first_response_timers(instant("2026-03-02 09:00"), spans(24 * 60), calendar())[0]
    assert local(stage1.due_at) == "2026-03-04 15:00"


@pytest.mark.rule("R20")
@pytest.mark.parametrize(
    ("reminder", "state"),
    [(119, TimerState.PENDING), (120, TimerState.SKIPPED), (121, TimerState.SKIPPED)],
)
def test_the_reminder_is_dropped_exactly_if_it_is_not_after_the_arrival(reminder, state):
    timers = first_response_timers(instant("2026-03-02 10:00"), spans(120, reminder), calendar())
    assert timers[0].state is state
    assert ("arrival" in timers[0].why) == (state is TimerState.SKIPPED)


@pytest.mark.rule("R23")
@pytest.mark.parametrize(
    ("escalation", "kinds"),
    [
        (spans(None, 30, 240), []),
        (spans(120, None, 240), [STAGE1, STAGE2]),
        (spans(120, 0, 240), [STAGE1, STAGE2]),
        (spans(120, 30, None), [REMINDER, STAGE1]),
        (spans(120, None, 0), [STAGE1, STAGE2]),
    ],
)
def test_an_empty_span_switches_its_step_off(escalation, kinds):
    timers = first_response_timers(instant("2026-03-02 10:00"), escalation, calendar())
    assert [timer.kind for timer in timers] == kinds


@pytest.mark.rule("R23")
def test_stage_2_of_zero_is_at_the_moment_of_stage_1():
    stage1, stage2 = first_response_timers(instant("2026-03-02 10:00"), spans(120, None, 0), calendar())
    assert (stage2.due_at, stage2.send_at) == (stage1.due_at, stage1.send_at)


@pytest.mark.rule("R16")
@pytest.mark.rule("R61")
@pytest.mark.rule("R85")
def test_a_follow_up_has_its_own_two_events_and_no_reminder():
    timers = follow_up_timers(instant("2026-03-02 10:00"), spans(120, 30, 240, 1440), calendar())
    assert [(timer.kind, local(timer.due_at)) for timer in timers] == [
        (FOLLOW_UP, "2026-03-02 10:00"),
        (FOLLOW_UP_STAGE2, "2026-03-03 10:00"),
    ]


@pytest.mark.rule("R23")
def test_follow_up_stage_2_of_none_is_off_and_of_zero_the_same_moment():
    at = instant("2026-03-02 10:00")
    assert [timer.kind for timer in follow_up_timers(at, spans(120), calendar())] == [FOLLOW_UP]
    now, later = follow_up_timers(at, spans(stage2_follow_up=0), calendar())
    assert now.due_at == later.due_at == at


# A follow-up at some moment, the switch, and what becomes of it.
FOLLOW_UPS = [
    ("2026-03-02 20:00", True, "2026-03-02 20:00", "2026-03-03 09:00"),
    ("2026-03-02 20:00", False, "2026-03-02 20:00", "2026-03-02 20:00"),
    ("2026-03-08 11:11", True, "2026-03-08 11:11", "2026-03-09 09:00"),
    ("2026-03-08 11:11", False, "2026-03-08 11:11", "2026-03-08 11:11"),
    ("2026-04-03 10:00", True, "2026-04-04 00:00", "2026-04-04 09:00"),
    ("2026-04-03 10:00", False, "2026-04-04 00:00", "2026-04-04 00:00"),
    ("2026-04-06 23:59", False, "2026-04-07 00:00", "2026-04-07 00:00"),
]


@pytest.mark.rule("R59")
@pytest.mark.rule("R60")
@pytest.mark.rule("R86")
@pytest.mark.rule("PF48")
@pytest.mark.parametrize(("at", "within_hours", "effective", "send"), FOLLOW_UPS)
def test_follow_ups_keep_to_the_hours_only_if_the_location_says_so_but_always_to_days_off(
    at, within_hours, effective, send
):
    timer = follow_up_timers(instant(at), spans(), calendar(days_off=EASTER), within_hours=within_hours)[0]
    assert (local(timer.due_at), local(timer.effective_at), local(timer.send_at)) == (at, effective, send)


@pytest.mark.rule("R29")
@pytest.mark.rule("PF45")
def test_changed_settings_move_what_is_pending_and_leave_what_has_fired():
    arrival = instant("2026-03-02 10:00")
    stored = first_response_timers(arrival, spans(120, 30, 240), calendar())
    stored = (replace(stored[0], state=TimerState.FIRED), *stored[1:])
    fresh = first_response_timers(arrival, spans(240, 60, 240), calendar())
    assert recomputed(stored, fresh) == (stored[0], fresh[1], fresh[2])


@pytest.mark.rule("R29")
@pytest.mark.rule("PF45")
def test_a_step_switched_off_is_cancelled_and_one_switched_on_is_added():
    arrival = instant("2026-03-02 10:00")
    stored = first_response_timers(arrival, spans(120, 30), calendar())
    fresh = first_response_timers(arrival, spans(120, None, 240), calendar())
    result = {timer.kind: timer.state for timer in recomputed(stored, fresh)}
    assert result == {STAGE1: TimerState.PENDING, STAGE2: TimerState.PENDING, REMINDER: TimerState.CANCELLED}


@pytest.mark.rule("R26")
@pytest.mark.parametrize("state", [TimerState.FIRED, TimerState.SKIPPED, TimerState.CANCELLED])
def test_a_timer_never_becomes_pending_again(state):
    fresh = first_response_timers(instant("2026-03-02 10:00"), spans(120, 30, 240), calendar())
    stored = [replace(timer, state=state) for timer in fresh]
    assert [timer.state for timer in recomputed(stored, fresh)] == [state] * 3
    assert [timer.state for timer in recomputed(stored, ())] == [state] * 3


def test_every_timer_says_why():
    timers = first_response_timers(instant("2026-03-07 12:30"), spans(121, 30, 240), calendar(days_off=EASTER))
    assert [timer.why for timer in timers] == [
        "30m before the end of stage 1",
        "2h 1m of working time",
        "4h after stage 1",
    ]
    held = follow_up_timers(instant("2026-04-03 10:00"), spans(), calendar(days_off=EASTER))[0]
    assert "days off" in held.why
    assert "opening" in held.why


@pytest.mark.rule("Q3")
@pytest.mark.parametrize(
    ("mode", "tracking_escalation", "run"),
    [(Mode.MANAGEMENT, False, True), (Mode.TRACKING, False, False), (Mode.TRACKING, True, True)],
)
def test_in_tracking_mode_timers_run_only_if_the_location_says_so(mode, tracking_escalation, run):
    assert timers_run(Location("MUC", "Beispiel", mode=mode, tracking_escalation=tracking_escalation)) is run


ONE_MINUTE_A_WEEK = {0: ("09:00-09:01",)}


@pytest.mark.rule("PF42")
@pytest.mark.parametrize(
    ("escalation", "week", "days_off", "word"),
    [
        (spans(120, 30, 240), None, (), ""),
        (spans(4 * 60), ONE_MINUTE_A_WEEK, (), ""),
        (spans(5 * 60), ONE_MINUTE_A_WEEK, (), "5h of working time take over 5 years"),
        (spans(), ONE_MINUTE_A_WEEK, (), ""),
        (spans(120), None, (off("2026-01-01", "2199-12-31"),), "never end"),
        (spans(), None, (off("2026-01-01", "9999-12-31"),), "never end"),
    ],
)
def test_settings_by_which_the_clock_would_never_stop_are_named_at_load(escalation, week, days_off, word):
    built = calendar(week, days_off) if week else calendar(days_off=days_off)
    assert word in why_endless(escalation, built)
    assert bool(word) == bool(why_endless(escalation, built))
