"""Notices that the clock was set back, and lets nothing wait for the moments it had set before (SP-18).

A clock that jumps ahead needs no such help: everything that was to come is due, once. Set right again, it would leave
retries, leases and arrivals years away. So rows are looked through at the start and whenever time has run backwards.
"""

from datetime import datetime, timedelta

from leadmaild.maillog import Event, log
from leadmaild.ports import Clock
from leadmaild.ports.stores import Database

EVERY = timedelta(seconds=15)
_CORRECTION = timedelta(minutes=1)  # what a time server mends step by step is no jump


class ClockWatch:
    """Looks at the clock between one step and the next."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._seen: datetime | None = None

    async def step(self) -> bool:
        """Look once; never more to do at once."""
        now = self._clock.now()
        if self._seen is None or now < self._seen - _CORRECTION:
            async with self._database.transaction() as tx:
                count = await tx.future.bring_back(now)
                await tx.commit()
            if self._seen is not None or count:
                log(Event.ALARM_RAISED, where="clock", reason="clock_set_back", count=count)
        self._seen = now
        return False
