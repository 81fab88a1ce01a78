"""Reads days off out of an iCalendar file (RFC 5545), for `calendar import` (R10, PF51).

Whatever a feed can do wrong ends in a refusal of the whole file, so that the last good set stays, or in an entry left
out and named, so that the preview shows it.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from leadmaild.escalation.days_off import ONE_DAY, merged_days_off
from leadmaild.model.location import DayOff

if TYPE_CHECKING:
    import icalendar

LARGEST_FILE = 2 * 2**20
MOST_OCCURRENCES = 10_000
_LONGEST_ENTRY = timedelta(days=366)
_EARLIEST, _LATEST = date(1970, 1, 1), date(2199, 12, 31)
# What a repetition may be made of. Anything within a day could fill the memory, and a rule that never matches is looked
# for until the year 9999, which takes long for small steps: so those have no conditions, and there are not many rules.
_ALWAYS = frozenset({"FREQ", "INTERVAL", "UNTIL", "COUNT", "WKST"})
_CONDITIONS = frozenset({"BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYDAY", "BYSETPOS"})
_PARTS = {
    "DAILY": _ALWAYS,
    "WEEKLY": _ALWAYS | {"BYDAY"},
    "MONTHLY": _ALWAYS | _CONDITIONS,
    "YEARLY": _ALWAYS | _CONDITIONS,
}
_MOST_REPEATING = 100


@dataclass(frozen=True, slots=True)
class IcsReading:
    """What a file gave: the days off, merged and in order; each entry left out and why; `refusal` if it gave nothing.

    With a refusal nothing of the file may be used.
    """

    days_off: tuple[DayOff, ...] = ()
    left_out: tuple[str, ...] = ()
    refusal: str = ""


class _LeftOut(Exception):
    """Why an entry is not taken."""


def read_ics(content: bytes, until: date) -> IcsReading:
    """The days off in an iCalendar file. Entries that repeat are followed up to `until`, exclusive, end or no end.

    Taken are all-day entries that are not cancelled. Total: every byte string has a reading.
    """
    if len(content) > LARGEST_FILE:
        return IcsReading(refusal=f"the file is larger than {LARGEST_FILE // 2**20} MiB")
    try:
        events = _events(content)
    except (ValueError, RecursionError):
        return IcsReading(refusal="this is not an iCalendar file (it must begin with BEGIN:VCALENDAR)")
    if sum(event.get("RRULE") is not None for event in events) > _MOST_REPEATING:
        return IcsReading(refusal=f"more than {_MOST_REPEATING} repeating entries are not a dealer's days off")
    replaced = _replaced_occurrences(events)
    days_off: list[DayOff] = []
    left_out = []
    for event in events:
        try:
            days_off += _days_off_of(event, replaced, until)
        except _LeftOut as reason:
            left_out.append(f"{_label(event) or 'entry without a name'}: {reason}")
        if len(days_off) > MOST_OCCURRENCES:
            return IcsReading(refusal=f"more than {MOST_OCCURRENCES} days off are not a dealer's days off")
    if not days_off:
        return IcsReading(left_out=tuple(left_out), refusal="no all-day entry in it that could be a day off")
    return IcsReading(merged_days_off(days_off), tuple(left_out))


def _events(content: bytes) -> list["icalendar.Component"]:
    import icalendar  # here, because it takes a while to load and only the import needs it

    calendars = icalendar.Calendar.from_ical(content.removeprefix(b"\xef\xbb\xbf"), multiple=True)
    if not calendars or any(calendar.name != "VCALENDAR" for calendar in calendars):
        raise ValueError("no VCALENDAR")
    return [event for calendar in calendars for event in calendar.walk("VEVENT")]


def _replaced_occurrences(events: list["icalendar.Component"]) -> dict[str, set[date]]:
    """By UID, the occurrences that another entry stands for: moved or cancelled ones (RFC 5545 3.8.4.4)."""
    replaced: defaultdict[str, set[date]] = defaultdict(set)
    for event in events:
        if isinstance(occurrence := _value(event, "RECURRENCE-ID"), date):
            replaced[str(event.get("UID", ""))].add(_date_of(occurrence))
    return replaced


def _days_off_of(event: "icalendar.Component", replaced: dict[str, set[date]], until: date) -> Iterator[DayOff]:
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        raise _LeftOut("cancelled")
    first = _value(event, "DTSTART")
    if isinstance(first, datetime):
        raise _LeftOut("not an all-day entry")
    if not isinstance(first, date):
        raise _LeftOut("no readable date")
    if not _EARLIEST <= first <= _LATEST:
        raise _LeftOut(f"does not begin between {_EARLIEST.year} and {_LATEST.year}")
    length = _length(event, first)
    is_override = event.get("RECURRENCE-ID") is not None
    gone = set() if is_override else replaced[str(event.get("UID", ""))] | _listed(event, "EXDATE")
    starts = {first} if is_override else {*_occurrences(event, first, until), *_listed(event, "RDATE")}
    return (
        DayOff(start, start + length - ONE_DAY, _label(event)) for start in sorted(starts - gone) if start <= _LATEST
    )


def _length(event: "icalendar.Component", first: date) -> timedelta:
    """The days an entry takes. DTEND is the day after the last (RFC 5545 3.6.1); without it the entry is one day."""
    if event.get("DTEND") is not None:
        end = _value(event, "DTEND")
        if not isinstance(end, date) or isinstance(end, datetime):
            raise _LeftOut("its end is no date")
        length = end - first
    else:
        duration = _value(event, "DURATION")
        length = timedelta(days=duration.days) if isinstance(duration, timedelta) else ONE_DAY
    if length > _LONGEST_ENTRY:
        raise _LeftOut("longer than a year")
    # Some exporters write the same date into both for a single day.
    return max(length, ONE_DAY)


def _occurrences(event: "icalendar.Component", first: date, until: date) -> set[date]:
    """The first day of every occurrence before `until`, by the entry's own rule (RFC 5545 3.8.5.3)."""
    import icalendar
    from dateutil.rrule import rrulestr  # type: ignore[import-untyped]

    rule = event.get("RRULE")
    if rule is None:
        return {first}
    if not isinstance(rule, icalendar.vRecur) or len(frequency := rule.get("FREQ", [])) != 1:
        raise _LeftOut("its repetition cannot be read")
    if not rule.keys() <= _PARTS.get(frequency[0], frozenset()) or min(rule.get("INTERVAL", [1])) < 1:
        raise _LeftOut("its repetition is not one of whole days, weeks, months or years")
    # End and count are applied here, so that a rule that never matches cannot run on for ever.
    last = min([_date_of(end) for end in rule.get("UNTIL", [])] + [until - ONE_DAY])
    endless = icalendar.vRecur({key: part for key, part in rule.items() if key not in ("UNTIL", "COUNT")})
    text = endless.to_ical().decode()  # type: ignore[no-untyped-call]
    try:
        repeated = rrulestr(f"{text};UNTIL={last:%Y%m%d}", dtstart=datetime.combine(first, time()))
        return {at.date() for at in islice(repeated, min([MOST_OCCURRENCES + 1, *rule.get("COUNT", [])]))}
    except (ValueError, TypeError) as error:
        raise _LeftOut("its repetition cannot be read") from error


def _listed(event: "icalendar.Component", name: str) -> set[date]:
    """The dates of EXDATE or RDATE, which may stand there several times."""
    entries = event.get(name)
    values = entries if isinstance(entries, list) else [] if entries is None else [entries]
    dates = (getattr(value, "dt", None) for entry in values for value in getattr(entry, "dts", ()))
    return {_date_of(value) for value in dates if isinstance(value, date)}


def _value(event: "icalendar.Component", name: str) -> Any:
    """The Python value of a property; None if it is missing, there twice or broken."""
    try:
        return event.get(name).dt
    except (AttributeError, ValueError):
        return None


def _date_of(value: date) -> date:
    return value.date() if isinstance(value, datetime) else value


def _label(event: "icalendar.Component") -> str:
    return " ".join(str(event.get("SUMMARY", "")).split())[:120]
