"""Notices that the clock was set, and lets nothing wait for moments that a wrong one had set (SP-18).

Ahead: everything that was to come is due, once; only retention, which nobody takes back, waits a day for a correction.
Back: retries, leases and arrivals of the wrong time would be years away. So rows are looked through at the start and
whenever time has run backwards.
"""

from datetime import datetime, timedelta

from leadmaild.maillog import Event, log
from leadmaild.ports import Clock
from leadmaild.ports.stores import Database

EVERY = timedelta(seconds=15)
_CORRECTION = timedelta(minutes=1)  # what a time server mends step by step is no jump
_JUMP_AHEAD = timedelta(days=1)  # between two looks, which come every few seconds
_TIME_TO_CORRECT = timedelta(days=1)


class ClockWatch:
    """Looks at the clock between one step and the next."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._seen: datetime | None = None
        self._doubtful_until: datetime | None = None

    def is_doubtful(self) -> bool:
        """Whether the clock has jumped ahead so lately that nothing should be thrown away for its age."""
        now = self._clock.now()
        has_just_jumped = self._seen is not None and now > self._seen + _JUMP_AHEAD
        return has_just_jumped or (self._doubtful_until is not None and now < self._doubtful_until)

    async def step(self) -> bool:
        """Look once; never more to do at once."""
        now = self._clock.now()
        if self._seen is not None and now > self._seen + _JUMP_AHEAD:
            self._doubtful_until = now + _TIME_TO_CORRECT
            log(Event.ALARM_RAISED, where="clock", reason="clock_set_ahead")
        elif self._seen is None or now < self._seen - _CORRECTION:
            self._doubtful_until = None
            async with self._database.transaction() as tx:
                count = await tx.future.bring_back(now)
                await tx.commit()
            if self._seen is not None or count:
                log(Event.ALARM_RAISED, where="clock", reason="clock_set_back", count=count)
        self._seen = now
        return False
