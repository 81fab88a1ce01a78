"""An oracle for the calendar: it writes down every single minute of some weeks and counts.

Nothing here knows intervals, runs or local-to-UTC conversion; it goes the other way, asking of each minute of elapsed
time what the wall clock shows. The offset is asked anew every quarter of an hour: the zones of the tests change theirs
on whole quarters only.
"""

from bisect import bisect_left
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import compress, pairwise
from zoneinfo import ZoneInfo

QUARTER = 15
DAY = 24 * 60
EPOCH_DAY = date(1970, 1, 1).toordinal()


class MinuteByMinute:
    """All minutes from `first` on for `days` days. Instants are handled as whole seconds since 1970."""

    def __init__(
        self,
        zone: ZoneInfo,
        week: Mapping[int, Collection[tuple[int, int]]],
        days_off: Collection[date],
        first: datetime,
        days: int,
    ) -> None:
        self.first = int(first.timestamp()) // 60 // QUARTER * QUARTER
        off = {day.toordinal() for day in days_off}
        pages = _weekly_pages(week)
        self.open_minutes: list[int] = []
        self.quarters_on: list[int] = []  # quarters of days that are not off
        for quarter in range(self.first, self.first + days * DAY, QUARTER):
            clock = datetime.fromtimestamp(quarter * 60, zone)
            if clock.toordinal() in off:
                continue
            self.quarters_on.append(quarter)
            page = pages[clock.weekday()]
            shown = clock.hour * 60 + clock.minute
            self.open_minutes += compress(range(quarter, quarter + QUARTER), page[shown : shown + QUARTER])

    def is_open(self, at: int) -> bool:
        index = bisect_left(self.open_minutes, at // 60)
        return index < len(self.open_minutes) and self.open_minutes[index] == at // 60

    def next_open(self, at: int) -> int:
        index = bisect_left(self.open_minutes, at // 60)
        return max(at, self.open_minutes[index] * 60)

    def after_days_off(self, at: int) -> int:
        quarter = at // 60 // QUARTER * QUARTER
        index = bisect_left(self.quarters_on, quarter)
        return max(at, self.quarters_on[index] * 60)

    def open_seconds_between(self, start: int, end: int) -> int:
        """Whole minutes, corrected for the parts of the first and the last."""
        after_start = bisect_left(self.open_minutes, start // 60)
        after_end = bisect_left(self.open_minutes, end // 60)
        total = (after_end - after_start) * 60
        return total - self.is_open(start) * (start % 60) + self.is_open(end) * (end % 60)

    def edges_between(self, start: int, end: int) -> list[int]:
        """The moments of closing: an open minute whose next is not open ends there."""
        closings = ((minute + 1) * 60 for minute, after in pairwise(self.open_minutes) if after != minute + 1)
        return [closing for closing in closings if start < closing < end]

    def add(self, start: int, span: int) -> int:
        """The second at which `span` open seconds have passed: count minutes off, one list entry each."""
        if span == 0:
            return start
        index = bisect_left(self.open_minutes, start // 60)
        if self.is_open(start):
            span += start % 60
        whole, rest = divmod(span, 60)
        if rest:
            return self.open_minutes[index + whole] * 60 + rest
        return self.open_minutes[index + whole - 1] * 60 + 60


def seconds(at: datetime) -> int:
    return int(at.timestamp())


def instant(at: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=at)


def _weekly_pages(week: Mapping[int, Collection[tuple[int, int]]]) -> list[bytearray]:
    """For each weekday one flag a minute of the local clock; no hours at all is always open (R9)."""
    pages = [bytearray(DAY) for _ in range(7)]
    for weekday, windows in week.items():
        for start, end in windows:
            for minute in range(start, end):
                pages[weekday][minute] = 1
    return pages if any(map(any, pages)) else [bytearray(b"\1" * DAY)] * 7
