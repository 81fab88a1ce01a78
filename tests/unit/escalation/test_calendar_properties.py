"""What must hold for every calendar (PF40, PF41), and for every cycle of timers."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadmaild.escalation.calendar import Calendar
from leadmaild.escalation.timers import first_response_timers, follow_up_timers
from leadmaild.model.lead import TimerKind, TimerState
from leadmaild.model.location import DayOff, Escalation, OpeningHours, Window

ZONES = ("Europe/Berlin", "Europe/London", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Kolkata")
SECOND = timedelta(seconds=1)

# Around changes of the clock in those zones, a leap day and a year's end.
EDGES = [
    datetime.fromisoformat(day).replace(tzinfo=UTC)
    for day in (
        "2018-02-18", "2018-11-04", "2026-03-29", "2026-04-05", "2026-10-04", "2026-10-25", "2026-12-31", "2028-02-29",
    )
]  # fmt: skip

instants = st.builds(
    lambda edge, seconds: edge + timedelta(seconds=seconds), st.sampled_from(EDGES), st.integers(-5 * 86400, 5 * 86400)
)
spans = st.integers(0, 60 * 3600).map(lambda seconds: timedelta(seconds=seconds))
windows = st.tuples(st.integers(0, 1438), st.integers(1, 1440)).map(lambda w: Window(w[0], min(1440, w[0] + w[1])))
weeks = st.dictionaries(st.integers(0, 5), st.lists(windows, min_size=1, max_size=3).map(tuple), max_size=6)
days_off = st.builds(
    lambda edge, shift, days: DayOff((edge + shift).date(), (edge + shift + days).date()),
    st.sampled_from(EDGES),
    st.integers(-4, 8).map(lambda days: timedelta(days=days)),
    st.integers(0, 4).map(lambda days: timedelta(days=days)),
)
calendars = st.builds(
    lambda zone, week, off: Calendar.of(OpeningHours(zone, week, tuple(off))),
    st.sampled_from(ZONES),
    weeks,
    st.lists(days_off, max_size=3),
)

few = settings(max_examples=60, deadline=None)


@pytest.mark.rule("PF40")
@few
@given(calendars, instants, instants, spans, spans)
def test_adding_is_monotone_in_start_and_span(calendar, one, other, short, more):
    first, second = sorted((one, other))
    assert calendar.add_open_time(first, short) <= calendar.add_open_time(second, short)
    assert calendar.add_open_time(first, short) <= calendar.add_open_time(first, short + more)


@pytest.mark.rule("PF40")
@few
@given(calendars, instants, spans, spans)
def test_adding_in_parts_is_adding_the_whole(calendar, start, one, other):
    assert calendar.add_open_time(calendar.add_open_time(start, one), other) == calendar.add_open_time(
        start, one + other
    )


@pytest.mark.rule("PF40")
@few
@given(calendars, instants, spans)
def test_the_time_added_is_the_time_between(calendar, start, span):
    assert calendar.open_time_between(start, calendar.add_open_time(start, span)) == span


@pytest.mark.rule("PF41")
@few
@given(calendars, instants, spans.filter(bool))
def test_a_result_lies_in_open_time_or_exactly_at_its_end(calendar, start, span):
    assert calendar.is_open(calendar.add_open_time(start, span) - SECOND)


@pytest.mark.rule("PF39")
@few
@given(calendars, instants, spans)
def test_instants_come_out_in_utc(calendar, start, span):
    for result in (calendar.add_open_time(start, span), calendar.next_open(start), calendar.after_days_off(start)):
        assert result.tzinfo is UTC


escalations = st.builds(Escalation, spans.filter(bool), st.none() | spans, st.none() | spans, st.none() | spans)


@pytest.mark.rule("R7")
@pytest.mark.rule("R18")
@pytest.mark.rule("R19")
@pytest.mark.rule("PF48")
@few
@given(calendars, instants, escalations, st.booleans())
def test_no_notice_leaves_while_closed_or_takes_effect_on_a_day_off(calendar, start, escalation, within_hours):
    follow_ups = follow_up_timers(start, escalation, calendar, within_hours=within_hours)
    for timer in (*first_response_timers(start, escalation, calendar), *follow_ups):
        assert timer.due_at <= timer.effective_at <= timer.send_at
        for at in (timer.effective_at, timer.send_at):
            assert not calendar.is_day_off(at.astimezone(calendar.zone).date())
        if within_hours or timer not in follow_ups:
            assert calendar.is_open(timer.send_at)
        else:
            assert timer.send_at == timer.effective_at


@pytest.mark.rule("R14")
@pytest.mark.rule("R20")
@pytest.mark.rule("R21")
@pytest.mark.rule("PF44")
@few
@given(calendars, instants, escalations)
def test_a_reminder_that_is_kept_is_due_after_the_arrival_and_leaves_before_stage_1(calendar, start, escalation):
    timers = {timer.kind: timer for timer in first_response_timers(start, escalation, calendar)}
    stage1 = timers[TimerKind.STAGE1]
    if (reminder := timers.get(TimerKind.REMINDER)) is None:
        assert not escalation.reminder
        return
    assert reminder.due_at == stage1.due_at - escalation.reminder
    assert (reminder.state is TimerState.PENDING) == (reminder.due_at > start)
    if reminder.state is TimerState.PENDING:
        assert reminder.send_at < stage1.due_at


@pytest.mark.rule("R19")
@few
@given(calendars, st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.integers(0, 20))
def test_listed_windows_are_where_it_is_open(calendar, first, days):
    until = first + timedelta(days=days)
    listed = calendar.windows_between(first, until)
    assert all(calendar.is_open(span.start) and span.start < span.end for span in listed)
    begin, end = (datetime.combine(day, datetime.min.time(), calendar.zone).astimezone(UTC) for day in (first, until))
    assert sum((span.end - span.start for span in listed), timedelta(0)) == calendar.open_time_between(begin, end)
