"""Opening hours and instants in few words, for the tests of this folder."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from leadmaild.escalation.calendar import Calendar
from leadmaild.model.location import DayOff, Escalation, OpeningHours, Window

BERLIN = ZoneInfo("Europe/Berlin")
USUAL_WEEK = dict.fromkeys(range(5), ("09:00-18:00",)) | {5: ("09:00-13:00",)}


def instant(text: str, zone: ZoneInfo = BERLIN, fold: int = 0) -> datetime:
    """The UTC instant at which the clock of `zone` shows "2026-03-02 10:00"."""
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).astimezone(UTC)


def local(at: datetime, zone: ZoneInfo = BERLIN) -> str:
    return at.astimezone(zone).replace(tzinfo=None).isoformat(" ", "minutes")


def window(text: str) -> Window:
    start, end = (int(part[:2]) * 60 + int(part[3:]) for part in text.split("-"))
    return Window(start, end)


def off(first: str, until: str = "", label: str = "") -> DayOff:
    return DayOff(date.fromisoformat(first), date.fromisoformat(until or first), label)


def calendar(week=USUAL_WEEK, days_off=(), zone="Europe/Berlin") -> Calendar:
    windows = {weekday: tuple(window(text) for text in texts) for weekday, texts in week.items()}
    return Calendar.of(OpeningHours(zone, windows, tuple(days_off)))


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def spans(stage1=None, reminder=None, stage2=None, stage2_follow_up=None) -> Escalation:
    """An Escalation from minutes."""
    return Escalation(*(None if m is None else minutes(m) for m in (stage1, reminder, stage2, stage2_follow_up)))
