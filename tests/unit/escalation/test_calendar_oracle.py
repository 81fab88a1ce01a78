"""The calendar against an oracle that counts minute by minute, over random hours, days off, zones, clock changes."""

import os
import random
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from leadmaild.escalation.calendar import Calendar
from leadmaild.model.location import DayOff, OpeningHours, Window

from .minute_by_minute import MinuteByMinute, instant, seconds

ZONES = [
    "Europe/Berlin", "Europe/London", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Kolkata",
    "America/New_York", "Atlantic/Azores", "America/Havana", "Asia/Beirut", "Africa/Casablanca", "Asia/Kathmandu",
    "UTC",
]  # fmt: skip
BACK, AHEAD = 8, 24  # days the oracle writes down before and after the start


@pytest.mark.rule("R12")
@pytest.mark.rule("R13")
@pytest.mark.rule("PF40")
@pytest.mark.rule("PF41")
def test_500_random_calendars_agree_with_the_oracle():
    _compare(cases=500, seed=20261121)


@pytest.mark.long
@pytest.mark.rule("PF40")
@pytest.mark.parametrize("part", range(20))
def test_100000_random_calendars_agree_with_the_oracle(part):
    seed = int(os.environ.get("SEED", "1")) * 1000 + part
    print(f"seed {seed}")
    _compare(cases=5000, seed=seed)


def _compare(cases: int, seed: int) -> None:
    draw = random.Random(seed)
    for case in range(cases):
        zone = ZoneInfo(draw.choice(ZONES))
        start = _start(draw, zone)
        week = _week(draw)
        days_off = _days_off(draw, start.date())
        calendar = Calendar.of(
            OpeningHours(zone.key, {day: tuple(Window(*w) for w in windows) for day, windows in week.items()}, days_off)
        )
        dates_off = [d.first + timedelta(days=n) for d in days_off for n in range((d.until - d.first).days + 1)]
        oracle = MinuteByMinute(zone, week, dates_off, start - timedelta(days=BACK), BACK + AHEAD)
        expected, found = _answers(draw, calendar, oracle, start)
        assert found == expected, f"seed {seed}, case {case}: {zone.key} from {start}, {week}, {days_off}"


def _answers(draw: random.Random, calendar: Calendar, oracle: MinuteByMinute, start: datetime):
    """The same questions put to both."""
    at = seconds(start)
    end = max(at, oracle.open_minutes[-1] * 60) if oracle.open_minutes else at
    span = _span(draw, oracle, at, end)
    later = at + draw.randrange(0, 18 * 86400)
    expected = {
        "is_open": oracle.is_open(at),
        "after_days_off": instant(oracle.after_days_off(at)),
        "add": instant(oracle.add(at, span)),
        "between": timedelta(seconds=oracle.open_seconds_between(at, later)),
    }
    found = {
        "is_open": calendar.is_open(start),
        "after_days_off": calendar.after_days_off(start),
        "add": calendar.add_open_time(start, timedelta(seconds=span)),
        "between": calendar.open_time_between(start, instant(later)),
    }
    if end > at:
        expected["next_open"], found["next_open"] = instant(oracle.next_open(at)), calendar.next_open(start)
    return expected, found


def _span(draw: random.Random, oracle: MinuteByMinute, at: int, far: int) -> int:
    """Open seconds that fit between the two: any number, whole minutes, or exactly from `at` to some closing."""
    first, until = min(at, far), max(at, far)
    most = oracle.open_seconds_between(first, until)
    kind = draw.random()
    if kind < 0.3 and (edges := oracle.edges_between(first, until)):
        edge = draw.choice(edges)
        return oracle.open_seconds_between(min(at, edge), max(at, edge))
    span = draw.randint(0, min(most, 60 * 3600) if kind < 0.9 else most)
    return span // 60 * 60 if kind < 0.6 else span


def _start(draw: random.Random, zone: ZoneInfo) -> datetime:
    """Half of the cases start within a week before or a day after the day of a change of the clock, else any time."""
    changes = _clock_changes(zone)
    if changes and draw.random() < 0.5:
        return draw.choice(changes) + timedelta(seconds=draw.randrange(-7 * 86400, 86400))
    if draw.random() < 0.2:
        edge = datetime(draw.choice((2020, 2024, 2028)), *draw.choice(((2, 28), (3, 1), (12, 31))), tzinfo=UTC)
        return edge + timedelta(seconds=draw.randrange(-86400, 2 * 86400))
    return datetime(2016, 1, 1, tzinfo=UTC) + timedelta(seconds=draw.randrange(15 * 365 * 86400))


@cache
def _clock_changes(zone: ZoneInfo) -> list[datetime]:
    days = (datetime(2016, 1, 1, tzinfo=UTC) + timedelta(days=n) for n in range(15 * 365))
    offsets = [(at, at.astimezone(zone).utcoffset()) for at in days]
    return [at for (_, before), (at, after) in pairwise(offsets) if before != after]


def _week(draw: random.Random) -> dict[int, list[tuple[int, int]]]:
    kind = draw.random()
    if kind < 0.05:
        return {}
    if kind < 0.3:
        return {day: [(9 * 60, 18 * 60)] for day in range(5)} | {5: [(9 * 60, 13 * 60)]}
    if kind < 0.45:  # sparse
        return {draw.randrange(6): _windows(draw)}
    return {day: windows for day in range(6) if (windows := _windows(draw) if draw.random() < 0.85 else [])}


def _windows(draw: random.Random) -> list[tuple[int, int]]:
    """One to three windows; they may touch, overlap, be one minute long, or lie where the clock is changed at night."""
    windows = []
    for _ in range(draw.choice((1, 1, 2, 3))):
        latest = 240 if draw.random() < 0.3 else 1440
        edges = sorted(draw.randint(0, latest) // 5 * 5 for _ in range(2))
        windows.append((edges[0], min(1440, max(edges[1], edges[0] + 1))) if edges[0] < 1440 else (1439, 1440))
    return windows


def _days_off(draw: random.Random, around: date) -> tuple[DayOff, ...]:
    days_off = []
    for _ in range(draw.choice((0, 0, 1, 2, 4))):
        first = around + timedelta(days=draw.randint(-8, 12))
        days_off.append(DayOff(first, first + timedelta(days=draw.choice((0, 0, 1, 2, 7)))))
    return tuple(days_off)
