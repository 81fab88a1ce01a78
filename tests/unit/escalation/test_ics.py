"""Days off out of iCalendar files, and what must not become one (PF51)."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadmaild.escalation.ics import LARGEST_FILE, read_ics

from .build import off

UNTIL = date(2030, 1, 1)


def ics(*entries: str) -> bytes:
    """A calendar of entries, each "NAME:value NAME:value ..." with blanks written as _ ."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Beispiel//DE"]
    for entry in entries:
        lines += ["BEGIN:VEVENT", *(line.replace("_", " ") for line in entry.split()), "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()


def day(name: str, text: str) -> str:
    return f"{name};VALUE=DATE:{text.replace('-', '')}"


def entry(first: str, *more: str, label: str = "zu") -> str:
    return " ".join([f"SUMMARY:{label}", day("DTSTART", first), *more])


@pytest.mark.rule("R10")
@pytest.mark.rule("PF51")
def test_the_end_of_an_entry_is_the_day_after_its_last():
    reading = read_ics(ics(entry("2026-12-24", day("DTEND", "2027-01-01"), label="Betriebs_ferien")), UNTIL)
    assert reading.days_off == (off("2026-12-24", "2026-12-31", "Betriebs ferien"),)
    assert not reading.left_out
    assert not reading.refusal


@pytest.mark.parametrize(
    ("more", "until"),
    [
        ((), "2026-12-24"),
        ((day("DTEND", "2026-12-24"),), "2026-12-24"),
        (("DURATION:P3D",), "2026-12-26"),
        (("DURATION:PT1H",), "2026-12-24"),
    ],
)
def test_an_entry_without_a_useful_end_is_as_long_as_its_duration_or_one_day(more, until):
    assert read_ics(ics(entry("2026-12-24", *more)), UNTIL).days_off == (off("2026-12-24", until, "zu"),)


# The only entry of a file, and the word that says why it is left out.
LEFT_OUT = {
    "cancelled": (entry("2026-12-24", "STATUS:CANCELLED"), "cancelled"),
    "an appointment": ("SUMMARY:zu DTSTART:20261224T090000Z DTEND:20261224T100000Z", "all-day"),
    "an appointment with a zone": ("SUMMARY:zu DTSTART;TZID=Europe/Berlin:20261224T090000", "all-day"),
    "no date": ("SUMMARY:zu", "date"),
    "a broken date": ("SUMMARY:zu DTSTART;VALUE=DATE:someday", "date"),
    "two dates": (entry("2026-12-24", day("DTSTART", "2026-12-25")), "date"),
    "a broken end": (entry("2026-12-24", "DTEND;VALUE=DATE:someday"), "end"),
    "an end with a time": (entry("2026-12-24", "DTEND:20261225T100000Z"), "end"),
    "years of closing": (entry("2026-12-24", day("DTEND", "9999-12-31")), "longer than a year"),
    "the Middle Ages": (entry("1200-12-24"), "1970"),
    "the end of time": (entry("9999-12-31"), "2199"),
    "every second": (entry("2026-12-24", "RRULE:FREQ=SECONDLY"), "repetition"),
    "all seconds of a year": (entry("2026-12-24", "RRULE:FREQ=DAILY;BYHOUR=1;BYSECOND=1,2,3"), "repetition"),
    "an unknown frequency": (entry("2026-12-24", "RRULE:FREQ=SOMETIMES"), "repetition"),
    "no frequency": (entry("2026-12-24", "RRULE:BYMONTH=2"), "repetition"),
    "no step": (entry("2026-12-24", "RRULE:FREQ=YEARLY;INTERVAL=0"), "repetition"),
    "two rules": (entry("2026-12-24", "RRULE:FREQ=YEARLY", "RRULE:FREQ=DAILY"), "repetition"),
}


@pytest.mark.rule("PF51")
@pytest.mark.parametrize(("text", "word"), LEFT_OUT.values(), ids=LEFT_OUT.keys())
def test_an_entry_that_is_no_day_off_is_left_out_and_named(text, word):
    reading = read_ics(ics(text, entry("2026-05-01")), UNTIL)
    assert reading.days_off == (off("2026-05-01", "", "zu"),)
    assert len(reading.left_out) == 1
    assert reading.left_out[0].startswith("zu: ")
    assert word in reading.left_out[0]


@pytest.mark.rule("PF51")
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<!DOCTYPE html><html><body>404 Not Found</body></html>",
        b"\xff\xfe\x00B\x00E",
        b"BEGIN:VCARD\r\nFN:Max\r\nEND:VCARD\r\n",
        b"BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20260501\r\nEND:VEVENT\r\n",
        ics(entry("2026-05-01"))[:-30],
        b"x" * (LARGEST_FILE + 1),
    ],
    ids=["empty", "html", "utf-16", "vcard", "a bare entry", "cut off", "too large"],
)
def test_what_is_not_a_calendar_is_refused_as_a_whole(content):
    reading = read_ics(content, UNTIL)
    assert reading.refusal
    assert not reading.days_off


@pytest.mark.rule("PF51")
def test_a_calendar_without_a_day_off_is_refused_so_that_the_last_good_set_stays():
    assert "no all-day entry" in read_ics(ics(), UNTIL).refusal
    reading = read_ics(ics(entry("2026-12-24", "STATUS:CANCELLED")), UNTIL)
    assert reading.refusal
    assert len(reading.left_out) == 1


def first_days(content: bytes) -> list[str]:
    return [day_off.first.isoformat() for day_off in read_ics(content, UNTIL).days_off]


@pytest.mark.rule("PF51")
def test_a_rule_without_an_end_is_followed_to_the_horizon():
    yearly = entry("2026-12-24", day("DTEND", "2026-12-27"), "RRULE:FREQ=YEARLY")
    assert first_days(ics(yearly)) == ["2026-12-24", "2027-12-24", "2028-12-24", "2029-12-24"]
    assert {(d.until - d.first).days for d in read_ics(ics(yearly), UNTIL).days_off} == {2}


@pytest.mark.parametrize(
    ("rule", "firsts"),
    [
        ("FREQ=YEARLY;UNTIL=20271224", ["2026-12-24", "2027-12-24"]),
        ("FREQ=YEARLY;UNTIL=20271224T225959Z", ["2026-12-24", "2027-12-24"]),
        ("FREQ=YEARLY;COUNT=2", ["2026-12-24", "2027-12-24"]),
        ("FREQ=YEARLY;COUNT=99;BYMONTH=2;BYMONTHDAY=30", None),
        ("FREQ=MONTHLY;COUNT=2;BYDAY=-1TH", ["2026-12-31", "2027-01-28"]),
    ],
)
def test_a_rule_ends_where_it_says(rule, firsts):
    content = ics(entry("2026-12-24", f"RRULE:{rule}"))
    assert first_days(content) == (firsts or [])


@pytest.mark.rule("PF51")
def test_excluded_added_moved_and_cancelled_occurrences():
    content = ics(
        entry("2026-12-24", "UID:1", "RRULE:FREQ=YEARLY", day("EXDATE", "2027-12-24"), day("RDATE", "2026-05-04")),
        entry("2028-12-23", "UID:1", day("RECURRENCE-ID", "2028-12-24"), label="verlegt"),
        entry("2029-12-24", "UID:1", day("RECURRENCE-ID", "2029-12-24"), "STATUS:CANCELLED"),
        entry("2029-12-24", "UID:2", label="anderer"),
    )
    assert first_days(content) == ["2026-05-04", "2026-12-24", "2028-12-23", "2029-12-24"]
    assert [d.label for d in read_ics(content, UNTIL).days_off][2:] == ["verlegt", "anderer"]


@pytest.mark.rule("PF51")
def test_repetition_that_would_fill_the_memory_or_never_match_is_not_followed():
    daily = read_ics(ics(entry("1970-01-01", "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"), entry("2026-05-01")), UNTIL)
    assert "repetition" in daily.left_out[0]
    never = entry("1970-01-01", "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30")
    assert read_ics(ics(never, entry("2026-05-01")), UNTIL).days_off == (off("2026-05-01", "", "zu"),)
    assert "days off" in read_ics(ics(*[entry("1970-01-01", "RRULE:FREQ=DAILY")] * 2), UNTIL).refusal
    assert "repeating" in read_ics(ics(*[entry("2026-01-01", "RRULE:FREQ=YEARLY")] * 101), UNTIL).refusal


def test_other_line_ends_a_byte_order_mark_and_a_foreign_charset_are_read():
    content = ics(entry("2026-05-01", label="Fei;ertag"))
    for variant in (content.replace(b"\r\n", b"\n"), b"\xef\xbb\xbf" + content, content + content):
        assert first_days(variant) == ["2026-05-01"]
    assert first_days(content.replace(b"Fei", b"\xe4")) == ["2026-05-01"]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.sampled_from([*LEFT_OUT.values(), (entry("2026-05-01", "RRULE:FREQ=WEEKLY"), "")]), max_size=4),
    st.data(),
)
def test_every_byte_string_has_a_reading(entries, data):
    content = bytearray(ics(*(text for text, _ in entries)))
    for _ in range(data.draw(st.integers(0, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    reading = read_ics(bytes(content), UNTIL)
    assert bool(reading.refusal) != bool(reading.days_off)
