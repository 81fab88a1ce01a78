"""Days off set at run time: an imported calendar for each location, and dates taken out again (R10)."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import delete, insert, select

from leadmaild.model.location import DayOff, SetDays
from leadmaild.storage.connection import AsyncConnection
from leadmaild.storage.schema import set_day

_IMPORTED, _TAKEN_OUT = "imported", "taken_out"


class CalendarStore:
    """Reads and writes days off within one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def days(self) -> dict[str, SetDays]:
        """What was set, by location; those for which nothing was are left out."""
        rows = (await self._connection.execute(select(set_day).order_by(set_day.c.first, set_day.c.id))).all()
        return {
            code: SetDays(
                imported=tuple(
                    DayOff(r.first, r.until, r.label) for r in rows if r.location == code and r.kind == _IMPORTED
                ),
                taken_out=tuple(r.first for r in rows if r.location == code and r.kind == _TAKEN_OUT),
            )
            for code in sorted({row.location for row in rows})
        }

    async def replace_imported(self, location: str, days: Sequence[DayOff], now: datetime) -> None:
        """Put an imported calendar in place of the one before; what was taken out stays out (PF51)."""
        await self._connection.execute(
            delete(set_day).where(set_day.c.location == location, set_day.c.kind == _IMPORTED)
        )
        rows = [
            {
                "location": location,
                "kind": _IMPORTED,
                "first": d.first,
                "until": d.until,
                "label": d.label,
                "set_at": now,
            }
            for d in days
        ]
        if rows:
            await self._connection.execute(insert(set_day), rows)

    async def take_out(self, location: str, day: date, now: datetime) -> None:
        """Make a date no day off any more."""
        await self._connection.execute(
            insert(set_day).values(location=location, kind=_TAKEN_OUT, first=day, until=day, set_at=now)
        )

    async def restore(self, location: str, day: date) -> bool:
        """Undo `take_out`; whether the date had been taken out."""
        gone = await self._connection.execute(
            delete(set_day).where(set_day.c.location == location, set_day.c.kind == _TAKEN_OUT, set_day.c.first == day)
        )
        return bool(gone.rowcount)
