"""Days off set at run time (R10): a calendar imported, a date taken out and put back. One transaction each, each change
in the settings log (R183)."""

from collections.abc import Sequence
from datetime import date, datetime

from leadmaild.config.model import Settings
from leadmaild.errors import Refused
from leadmaild.escalation.calendar import Calendar
from leadmaild.model.location import DayOff
from leadmaild.ports.stores import Database


async def import_days_off(
    database: Database, settings: Settings, code: str, days: Sequence[DayOff], who: str, now: datetime
) -> None:
    """Put an imported calendar in place of the one before; dates taken out stay out (PF51). Raises NotFound."""
    location = settings.location(code)
    async with database.transaction() as tx:
        before = (await tx.calendar.days()).get(code)
        old, new = (before.imported if before else ()), tuple(days)
        await tx.calendar.replace_imported(code, days, now)
        for day in sorted({*old, *new}, key=lambda d: (d.first, d.until, d.label)):
            if day not in old or day not in new:
                await tx.installation.log_setting(
                    who, location.code, "calendar: day_off", _shown(day) if day in old else None,
                    _shown(day) if day in new else None, now,
                )  # fmt: skip
        await tx.commit()


async def take_out_day(database: Database, settings: Settings, code: str, day: date, who: str, now: datetime) -> None:
    """Make a date no day off. Raises NotFound for the location, Refused for a date that is none."""
    settings.location(code)
    async with database.transaction() as tx:
        current = settings.with_days(await tx.calendar.days()).location(code)
        if not Calendar.of(current.opening_hours).is_day_off(day):
            raise Refused(f"{day} is no day off at {code}")
        await tx.calendar.take_out(code, day, now)
        await tx.installation.log_setting(who, code, "calendar: not_days_off", None, day.isoformat(), now)
        await tx.commit()


async def restore_day(database: Database, settings: Settings, code: str, day: date, who: str, now: datetime) -> None:
    """Undo `take_out_day`. Raises NotFound for the location, Refused for a date that was not taken out here."""
    location = settings.location(code)
    async with database.transaction() as tx:
        if not await tx.calendar.restore(code, day):
            by_file = "; the settings file takes it out" if day in location.opening_hours.not_days_off else ""
            raise Refused(f"{day} was not taken out at {code}{by_file}")
        await tx.installation.log_setting(who, code, "calendar: not_days_off", day.isoformat(), None, now)
        await tx.commit()


def _shown(day: DayOff) -> str:
    span = day.first.isoformat() if day.first == day.until else f"{day.first} to {day.until}"
    return f"{span} {day.label}".strip()
