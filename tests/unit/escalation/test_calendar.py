"""The calendar's own rules: what is open, what is off, and the edges where calendars break."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from leadmaild.errors import Refused
from leadmaild.escalation.calendar import LAST_DAY, Calendar
from leadmaild.model.location import OpeningHours, Window

from .build import calendar, instant, local, minutes, off

HOUR = timedelta(hours=1)
SAO_PAULO = ZoneInfo("America/Sao_Paulo")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")


@pytest.mark.rule("R8")
def test_a_window_is_open_at_its_start_and_closed_at_its_end():
    usual = calendar()
    assert [usual.is_open(instant(f"2026-03-02 {t}")) for t in ("08:59:59", "09:00", "17:59:59", "18:00")] == [
        False, True, True, False,
    ]  # fmt: skip


@pytest.mark.rule("R6")
def test_sunday_is_always_closed():
    assert local(calendar().next_open(instant("2026-03-08 10:00"))) == "2026-03-09 09:00"
    with pytest.raises(ValueError, match="Monday"):
        calendar({6: ("09:00-12:00",)})


@pytest.mark.rule("R8")
def test_a_weekday_without_hours_is_closed():
    assert local(calendar({1: ("10:00-11:00",)}).next_open(instant("2026-03-04 00:00"))) == "2026-03-10 10:00"


@pytest.mark.rule("R9")
@pytest.mark.parametrize("week", [{}, {0: (), 3: ()}], ids=["no table", "a table of empty lists"])
def test_without_hours_every_day_is_open_but_days_off_stay_closed(week):
    always = calendar(week, [off("2026-03-09")])
    sunday = instant("2026-03-08 03:00")
    assert always.is_open(sunday)
    assert local(always.add_open_time(sunday, 22 * HOUR)) == "2026-03-10 01:00"


@pytest.mark.rule("R10")
def test_without_an_entry_christmas_is_a_normal_day():
    assert calendar().is_open(instant("2026-12-25 10:00"))


@pytest.mark.rule("R10")
def test_touching_and_overlapping_windows_are_one_and_24_00_is_an_end():
    merged = calendar({0: ("13:00-24:00", "09:00-12:00", "11:00-13:00")})
    assert merged.week[0] == (Window(9 * 60, 24 * 60),)
    assert merged.is_open(instant("2026-03-02 23:59:59"))
    assert local(merged.add_open_time(instant("2026-03-02 09:00"), 15 * HOUR)) == "2026-03-03 00:00"


@pytest.mark.rule("PF42")
@pytest.mark.parametrize("window", [Window(540, 540), Window(1320, 360), Window(-1, 60), Window(600, 1441)])
def test_a_window_that_is_none_is_refused(window):
    with pytest.raises(ValueError, match="window"):
        Calendar.of(OpeningHours(week={0: (window,)}))


@pytest.mark.rule("PF43")
def test_the_clock_stops_in_the_midday_break():
    thursday = calendar({3: ("09:00-12:30", "13:30-19:00")})
    assert local(thursday.add_open_time(instant("2026-03-05 12:00"), HOUR)) == "2026-03-05 14:00"
    assert local(thursday.add_open_time(instant("2026-03-05 12:00"), HOUR / 2)) == "2026-03-05 12:30"


@pytest.mark.rule("PF43")
def test_a_week_of_one_opening_works():
    tuesdays = calendar({1: ("10:00-11:00",)})
    assert local(tuesdays.add_open_time(instant("2026-03-03 10:30"), 3 * HOUR)) == "2026-03-24 10:30"
    assert tuesdays.open_time_between(instant("2026-01-01 00:00"), instant("2027-01-01 00:00")) == 52 * HOUR


def test_open_time_between_is_zero_when_the_end_is_not_after_the_start():
    assert calendar().open_time_between(instant("2026-03-03 10:00"), instant("2026-03-02 10:00")) == timedelta(0)


def test_working_time_cannot_be_negative():
    with pytest.raises(ValueError, match="forward"):
        calendar().add_open_time(instant("2026-03-03 10:00"), -HOUR)


# --- days off


@pytest.mark.rule("R10")
def test_the_last_day_of_a_range_is_off_too():
    closed = calendar(days_off=[off("2026-12-24", "2026-12-31")])
    assert closed.is_day_off(date(2026, 12, 31))
    assert local(closed.next_open(instant("2026-12-24 09:00"))) == "2027-01-01 09:00"


@pytest.mark.rule("R19")
def test_effect_waits_for_the_end_of_the_whole_run():
    run = calendar(days_off=[off("2026-12-24"), off("2026-12-25", "2026-12-26")])
    assert local(run.after_days_off(instant("2026-12-24 14:00"))) == "2026-12-27 00:00"
    assert run.after_days_off(instant("2026-12-27 14:00")) == instant("2026-12-27 14:00")


@pytest.mark.rule("R19")
def test_a_closed_sunday_between_two_days_off_ends_the_run():
    around_sunday = calendar(days_off=[off("2026-10-03"), off("2026-10-05")])
    assert local(around_sunday.after_days_off(instant("2026-10-03 10:00"))) == "2026-10-04 00:00"


@pytest.mark.rule("R60")
def test_next_send_keeps_to_the_hours_or_only_to_days_off():
    easter = calendar(days_off=[off("2026-04-03"), off("2026-04-06")])
    sunday = instant("2026-04-05 10:00")
    assert local(easter.next_send(sunday)) == "2026-04-07 09:00"
    assert easter.next_send(sunday, within_hours=False) == sunday
    assert local(easter.next_send(instant("2026-04-06 10:00"), within_hours=False)) == "2026-04-07 00:00"


# --- no endless loop


@pytest.mark.rule("PF42")
def test_years_of_days_off_are_one_step():
    asleep = calendar(days_off=[off("2026-03-03", "2126-03-03")])
    assert asleep.opens_again
    assert local(asleep.next_open(instant("2026-03-02 20:00"))) == "2126-03-04 09:00"
    assert asleep.open_time_between(instant("2026-03-02 17:00"), instant("2126-03-04 10:00")) == 2 * HOUR


@pytest.mark.rule("PF42")
@pytest.mark.parametrize("last", ["9999-12-31", "2199-12-31", "2199-12-25"])
def test_a_calendar_that_never_opens_again_is_found_at_load_and_refuses(last):
    # The location opens on Wednesdays only, and the Christmas Day of 2199 is the last one the calendar covers.
    never = calendar({2: ("09:00-10:00",)}, days_off=[off("2026-03-03", last)])
    assert not never.opens_again
    late = instant("2026-03-05 09:00")
    for ask in (never.next_open, never.next_send):
        with pytest.raises(Refused, match="never"):
            ask(late)
    with pytest.raises(Refused, match="never"):
        never.add_open_time(late, HOUR)
    if last >= LAST_DAY.isoformat():
        with pytest.raises(Refused, match="never end"):
            never.after_days_off(late)


def test_usual_calendars_open_again():
    assert calendar().opens_again
    assert calendar(days_off=[off("2026-12-24", "2026-12-31")]).opens_again


# --- changes of the clock


@pytest.mark.rule("R12")
def test_24_working_hours_across_the_change_are_24_elapsed_hours():
    always = calendar({})
    assert local(always.add_open_time(instant("2026-03-28 13:00"), minutes(1440))) == "2026-03-29 14:00"
    assert local(always.add_open_time(instant("2026-10-24 13:00"), minutes(1440))) == "2026-10-25 12:00"


@pytest.mark.rule("R12")
@pytest.mark.rule("PF40")
@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", "2026-03-29", 23),
        ("Europe/Berlin", "2026-10-25", 25),
        ("Europe/London", "2026-03-29", 23),
        ("America/Sao_Paulo", "2018-11-04", 23),  # at midnight: the day begins at 01:00
        ("America/Sao_Paulo", "2018-02-17", 25),  # its last hour comes twice
        ("Australia/Lord_Howe", "2026-04-05", 24.5),
        ("Australia/Lord_Howe", "2026-10-04", 23.5),
        ("Asia/Kolkata", "2026-03-29", 24),
        ("Pacific/Apia", "2011-12-30", 0),  # skipped: the date line moved
    ],
)
def test_a_whole_day_is_as_long_as_it_really_is(zone, day, hours):
    first = date.fromisoformat(day)
    spans = calendar({}, zone=zone).windows_between(first, first + timedelta(days=1))
    assert [span.end - span.start for span in spans] == ([hours * HOUR] if hours else [])


@pytest.mark.rule("R12")
def test_a_window_in_the_gap_does_not_happen():
    # Most zones change on a Sunday, when only a dealer without hours is open; Cairo changes on a Friday, at midnight.
    cairo = ZoneInfo("Africa/Cairo")
    night = calendar({4: ("00:10-00:50", "23:00-23:30")}, zone="Africa/Cairo")
    assert local(night.next_open(instant("2026-04-23 12:00", cairo)), cairo) == "2026-04-24 23:00"


@pytest.mark.rule("R12")
def test_a_window_cut_by_the_fold_is_open_twice():
    # Cairo, the night to Friday 30 October 2026: after 23:59 on Thursday comes 23:00 again.
    cairo = ZoneInfo("Africa/Cairo")
    night = calendar({3: ("22:30-23:20", "23:30-23:40")}, zone="Africa/Cairo")
    spans = night.windows_between(date(2026, 10, 29), date(2026, 10, 30))
    assert [(local(span.start, cairo)[-5:], span.end - span.start) for span in spans] == [
        ("22:30", minutes(50)), ("23:30", minutes(10)), ("23:00", minutes(20)), ("23:30", minutes(10)),
    ]  # fmt: skip


@pytest.mark.rule("R19")
def test_the_moment_after_a_day_off_is_the_first_of_the_next_date_even_if_midnight_is_missing():
    for zone, day in ((SAO_PAULO, "2018-11-03"), (LORD_HOWE, "2026-10-03")):
        after = calendar({}, [off(day)], zone.key).after_days_off(instant(f"{day} 12:00", zone))
        assert local(after, zone)[11:] == ("01:00" if zone is SAO_PAULO else "00:00")
        assert after.astimezone(zone).date() == date.fromisoformat(day) + timedelta(days=1)


@pytest.mark.rule("R19")
def test_a_date_that_does_not_exist_is_stepped_over():
    apia = ZoneInfo("Pacific/Apia")
    after = calendar({}, [off("2011-12-29")], "Pacific/Apia").after_days_off(instant("2011-12-29 12:00", apia))
    assert local(after, apia) == "2011-12-31 00:00"


@pytest.mark.rule("PF40")
def test_leap_day_and_year_end_are_ordinary_days():
    usual = calendar()
    assert local(usual.add_open_time(instant("2028-02-28 17:30"), HOUR)) == "2028-02-29 09:30"
    assert local(usual.add_open_time(instant("2026-12-31 17:30"), HOUR)) == "2027-01-01 09:30"


def test_days_off_between_are_cut_to_the_dates_asked_for():
    closed = calendar(days_off=[off("2026-12-24", "2026-12-31", "Betriebsferien"), off("2026-05-01")])
    assert closed.days_off_between(date(2026, 12, 1), date(2026, 12, 27)) == (
        off("2026-12-24", "2026-12-26", "Betriebsferien"),
    )
    assert closed.days_off_between(date(2026, 12, 31), date(2027, 1, 1)) == (
        off("2026-12-31", "2026-12-31", "Betriebsferien"),
    )
    assert closed.days_off_between(date(2026, 6, 1), date(2026, 12, 24)) == ()
