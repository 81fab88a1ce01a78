"""The working calendar of a location: when it is open, and how its working time runs (R6-R13, R18, R19).

Every instant that goes in or comes out is an aware UTC instant; working time is elapsed time during which the local
clock is inside a window of a day that is not off.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from leadmaild.errors import Refused
from leadmaild.escalation.days_off import ONE_DAY, DaysOff, clipped_days_off, merged_days_off
from leadmaild.escalation.local_time import Span, spans_within
from leadmaild.escalation.public_holidays import public_holidays
from leadmaild.model.location import MINUTES_A_DAY, DayOff, OpeningHours, Window

# The calendar is defined for these local dates. A search that leaves them ends in Refused instead of running on (PF42).
FIRST_DAY = date(1900, 1, 1)
LAST_DAY = date(2199, 12, 31)

_ALL_DAY = (Window(0, MINUTES_A_DAY),)
_NO_TIME = timedelta(0)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Opening hours ready for counting. Build it with `Calendar.of`.

    `week` holds the windows of Monday (0) to Sunday (6); `days_off` what is listed, `runs` the same days joined (R19).
    Methods that look for an opening raise errors.Refused if there is none between FIRST_DAY and LAST_DAY; settings that
    could do so are found at load by `opens_again`.
    """

    zone: ZoneInfo
    week: tuple[tuple[Window, ...], ...]
    days_off: tuple[DayOff, ...]
    runs: DaysOff

    @classmethod
    def of(cls, hours: OpeningHours) -> "Calendar":
        """The calendar of these opening hours; no hours at all = open around the clock, days off closed (R9).

        Windows that touch or overlap are merged; the region's public holidays are added, the dates taken out again are
        left out (R10). Asking again costs next to nothing. Raises ValueError for what the settings must have refused: a
        window of no length, over midnight or outside the day, hours on a Sunday (R6); errors.NotFound for an unknown
        region.
        """
        week = tuple(sorted((weekday, windows) for weekday, windows in hours.week.items() if windows))
        return _built(hours.zone, week, hours.days_off, hours.public_holidays, hours.not_days_off)

    @property
    def opens_again(self) -> bool:
        """Whether there is an opening after every day off; False is a settings error (PF42)."""
        if not self.runs.lasts:
            return True
        try:
            self.next_open(datetime.combine(_inside(self.runs.lasts[-1]), time(), UTC))
        except Refused:
            return False
        return True

    def is_day_off(self, day: date) -> bool:
        """Whether this local date is a day off (R10)."""
        return self.runs.run_of(day) is not None

    def is_open(self, at: datetime) -> bool:
        """Whether `at` is inside a window; at the minute of opening it is, at the minute of closing not (R8)."""
        return any(span.start <= at < span.end for span in self._spans_of(self._local_date(at)))

    def next_open(self, at: datetime) -> datetime:
        """The first open moment at or after `at`. Raises errors.Refused if there is none."""
        return next(self._spans_after(at)).start

    def after_days_off(self, at: datetime) -> datetime:
        """`at` itself, or the first moment after the run of days off it falls into (R19, `effective_at`)."""
        day = self._local_date(at)
        while (run := self.runs.run_of(day)) is not None:
            if run[1] >= LAST_DAY:
                raise Refused(f"the days off from {run[0]} on never end")
            day = run[1] + ONE_DAY
            # A zone that crosses the date line skips a whole date; then the next one is asked.
            while not (spans := spans_within(self.zone, _midnight(day), _midnight(day + ONE_DAY))):
                day += ONE_DAY
            at = spans[0].start
        return at

    def next_send(self, effective_at: datetime, *, within_hours: bool = True) -> datetime:
        """When a notice that takes effect at `effective_at` may leave: at the next open moment (R18), or, for
        follow-ups that do not keep to the hours, at once on any day that is not off (R59, R60)."""
        return self.next_open(effective_at) if within_hours else self.after_days_off(effective_at)

    def add_open_time(self, start: datetime, span: timedelta) -> datetime:
        """The first moment by which `span` of working time has passed since `start` (R13).

        A span used up exactly at closing ends at closing, not at the next opening (V6); a span of zero ends at `start`.
        Monotone in both arguments, and adding a span in parts is adding it whole (PF40). Raises ValueError for a
        negative span, errors.Refused if the calendar never has that much.
        """
        if (left := _not_negative(span)) == _NO_TIME:
            return start
        for open_span in self._spans_after(start):
            if left <= (length := open_span.end - open_span.start):
                return open_span.start + left
            left -= length
        raise AssertionError("_spans_after ends by raising")

    def open_time_between(self, start: datetime, end: datetime) -> timedelta:
        """The working time in [start, end); zero if `end` is not after `start`."""
        total = _NO_TIME
        last = self._local_date(end)
        for day in self._days(self._local_date(start)):
            if day > last:
                break
            for open_span in self._spans_of(day):
                total += max(_NO_TIME, min(open_span.end, end) - max(open_span.start, start))
        return total

    def windows_between(self, first: date, until: date) -> tuple[Span, ...]:
        """The open spans of the local dates [first, until), day by day."""
        count = (until - first).days
        return tuple(span for n in range(count) for span in self._spans_of(first + n * ONE_DAY))

    def days_off_between(self, first: date, until: date) -> tuple[DayOff, ...]:
        """The days off within the local dates [first, until), cut to them, with their labels."""
        return clipped_days_off(self.days_off, first, until)

    def _spans_after(self, at: datetime) -> Iterator[Span]:
        for day in self._days(self._local_date(at)):
            for span in self._spans_of(day):
                if span.end > at:
                    yield Span(max(span.start, at), span.end)
        raise Refused(f"the location is never open after {at:%Y-%m-%d}: check its hours and days off")

    def _days(self, day: date) -> Iterator[date]:
        """The dates from `day` on that are not off; a run of days off is one step, however long (PF42)."""
        while day <= LAST_DAY:
            if (run := self.runs.run_of(day)) is None:
                yield day
                day += ONE_DAY
            else:
                day = _inside(run[1]) + ONE_DAY

    def _spans_of(self, day: date) -> list[Span]:
        if self.is_day_off(day):
            return []
        midnight = _midnight(day)
        minute = timedelta(minutes=1)
        # Sorted, since when the clock is put back a later window may begin before an earlier one comes round again.
        return sorted(
            span
            for window in self.week[day.weekday()]
            for span in spans_within(self.zone, midnight + window.start * minute, midnight + window.end * minute)
        )

    def _local_date(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()


@lru_cache(maxsize=1024)
def _built(
    zone: str,
    week: tuple[tuple[int, tuple[Window, ...]], ...],
    days_off: tuple[DayOff, ...],
    region: str,
    taken_out: tuple[date, ...],
) -> Calendar:
    listed = merged_days_off((*days_off, *(public_holidays(region) if region else ())), taken_out)
    return Calendar(ZoneInfo(zone), _week_of(dict(week)) if week else (_ALL_DAY,) * 7, listed, DaysOff.of(listed))


def _week_of(week: Mapping[int, tuple[Window, ...]]) -> tuple[tuple[Window, ...], ...]:
    if not week.keys() <= set(range(6)):
        raise ValueError(f"hours are for Monday (0) to Saturday (5), not {sorted(week)}")  # R6
    return tuple(_merged(week.get(weekday, ())) for weekday in range(7))


def _merged(windows: tuple[Window, ...]) -> tuple[Window, ...]:
    merged: list[Window] = []
    for window in sorted(windows):
        if not 0 <= window.start < window.end <= MINUTES_A_DAY:
            raise ValueError(f"not a window of one day: {window}")
        if merged and window.start <= merged[-1].end:
            merged[-1] = Window(merged[-1].start, max(merged[-1].end, window.end))
        else:
            merged.append(window)
    return tuple(merged)


def _not_negative(span: timedelta) -> timedelta:
    if span < _NO_TIME:
        raise ValueError(f"working time runs forward only: {span}")
    return span


def _inside(day: date) -> date:
    """The date, moved to the edge of what the calendar covers, so that stepping on cannot leave datetime's range."""
    return min(max(day, FIRST_DAY), LAST_DAY)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())
