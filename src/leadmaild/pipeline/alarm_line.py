"""A line by which alarms leave that are not mail. Whatever it does, the mail goes on: noting an alarm is adding to a
bounded table, and each attempt to send one has its time.

The same alarm leaves at once and then at most every quarter of an hour, with the number of times it happened: a
database that is away is said every two seconds in the log, by every worker.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from leadmaild.errors import Unavailable
from leadmaild.maillog import Event, log
from leadmaild.model.alarm import Alarm
from leadmaild.ports import Clock

QUIET = timedelta(minutes=15)
SENT_WITHIN = timedelta(seconds=10)
RETRIES = (timedelta(seconds=10), timedelta(minutes=1))  # then with the next round
TOO_OLD = timedelta(days=1)
MOST_KINDS = 200

Send = Callable[[bytes], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Waiting:
    alarm: Alarm
    run_at: datetime
    attempts: int = 0


class AlarmLine:
    """The alarms that wait to be sent over one line; `send` raises Unavailable if it could not."""

    def __init__(self, name: str, send: Send, clock: Clock, machine: str) -> None:
        self.name = name
        self._send = send
        self._clock = clock
        self._machine = machine
        self._waiting: dict[tuple[str, ...], _Waiting] = {}
        self._quiet_until: dict[tuple[str, ...], datetime] = {}

    def note(self, alarm: Alarm) -> None:
        """Let an alarm leave when it may."""
        now = self._clock.now()
        if alarm.key not in self._waiting and len(self._waiting) >= MOST_KINDS:
            alarm = Alarm(alarm.event, alarm.at, {"reason": "more_alarms_see_the_log"})
        known = self._waiting.get(alarm.key)
        if known is not None:
            one = replace(known, alarm=known.alarm.and_again(alarm))
        else:
            one = _Waiting(alarm, max(now, self._quiet_until.get(alarm.key, now)))
        # No longer than the quiet span from now, should the clock have been set back meanwhile.
        self._waiting[alarm.key] = replace(one, run_at=min(one.run_at, now + QUIET))

    async def next_due(self) -> datetime | None:
        """When the next alarm may leave (UTC)."""
        return min((waiting.run_at for waiting in self._waiting.values()), default=None)

    async def step(self) -> bool:
        """Send one alarm that may leave; True if there was one."""
        now = self._clock.now()
        self._quiet_until = {key: until for key, until in self._quiet_until.items() if until > now}
        due = [(waiting.run_at, key) for key, waiting in self._waiting.items() if waiting.run_at <= now]
        if not due:
            return False
        _run_at, key = min(due)
        waiting = self._waiting.pop(key)  # what is noted meanwhile is the next alarm of its kind
        self._quiet_until[key] = now + QUIET
        try:
            async with asyncio.timeout(SENT_WITHIN.total_seconds()):
                await self._send(waiting.alarm.document(self._machine))
        except (Unavailable, TimeoutError) as failure:
            self._not_sent(key, waiting, str(failure) or "took too long")
        return True

    def _not_sent(self, key: tuple[str, ...], waiting: _Waiting, why: str) -> None:
        log(Event.ALARM_NOT_SENT, channel=self.name, problem=why, attempt=waiting.attempts + 1)
        now = self._clock.now()
        if now - waiting.alarm.at > TOO_OLD:
            return
        since = self._waiting.pop(key, None)
        alarm = waiting.alarm.and_again(since.alarm) if since else waiting.alarm
        pause = RETRIES[waiting.attempts] if waiting.attempts < len(RETRIES) else QUIET
        self._waiting[key] = _Waiting(alarm, now + pause, waiting.attempts + 1)
