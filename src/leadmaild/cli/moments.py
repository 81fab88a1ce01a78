"""Dates and instants as people type them on the command line."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import click

from leadmaild.escalation.calendar import FIRST_DAY, LAST_DAY


class DateParameter(click.ParamType[date]):
    """A date such as 2026-12-24."""

    name = "date"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Return the date; a usage error says what would be right."""
        try:
            day = date.fromisoformat(str(value))
        except ValueError:
            self.fail(f'"{value}" is not a date; write it like 2026-12-24', param, ctx)
        if not FIRST_DAY <= day <= LAST_DAY:
            self.fail(f"{day} is not between {FIRST_DAY.year} and {LAST_DAY.year}", param, ctx)
        return day


class InstantParameter(click.ParamType[datetime]):
    """An RFC 3339 instant; without an offset it is naive and means the clock of the location (`in_zone`)."""

    name = "instant"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Return the instant as it was written; a usage error says what would be right."""
        try:
            at = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f'"{value}" is not an instant; write it like 2026-03-02T10:00:00+01:00', param, ctx)
        if not FIRST_DAY.year < at.year < LAST_DAY.year:
            self.fail(f"{at} is not between {FIRST_DAY.year + 1} and {LAST_DAY.year - 1}", param, ctx)
        return at


def in_zone(at: datetime, zone: str) -> datetime:
    """The UTC instant; one typed without an offset is what the clock of `zone` shows."""
    return (at if at.tzinfo is not None else at.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
