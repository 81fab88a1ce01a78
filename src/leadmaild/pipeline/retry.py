"""When a deferred mail is tried again, and when it is given up (SP-17, PF54). Pure."""

from datetime import datetime, timedelta

_BACK_OFF = tuple(timedelta(minutes=m) for m in (1, 5, 15, 30, 60, 120, 240))  # the last one goes on
_JITTER = 0.2
_ATTEMPTS_BEFORE_DOUBTING_THE_CLOCK = 5


def next_attempt_at(
    now: datetime, attempts: int, first_at: datetime, max_age: timedelta, draw: float
) -> datetime | None:
    """Return the instant of the next attempt, or None: give up.

    `attempts` (at least 1) were made, the first at `first_at`; `draw` in [0, 1) spreads the delay by 20 % either way,
    so that mails deferred together do not come back together. The last attempt falls at `max_age` exactly.

    Age alone does not give a mail up: it has also had the attempts its age allows, or five. A clock that jumps
    ahead, or a daemon that was off for a week, would otherwise fail mails that were tried once (SP-18).
    """
    delay = _delay_after(attempts) * (1 + _JITTER * (2 * draw - 1))
    expires_at = first_at + max_age
    if now < expires_at:
        return min(now + delay, expires_at)
    return now + delay if attempts < _attempts_due(max_age) else None


def _delay_after(attempts: int) -> timedelta:
    return _BACK_OFF[min(attempts, len(_BACK_OFF)) - 1]


def _attempts_due(max_age: timedelta) -> int:
    """How many attempts a mail makes at least within `max_age`, however the jitter falls; at most five."""
    attempts, age = 1, timedelta(0)
    while attempts < _ATTEMPTS_BEFORE_DOUBTING_THE_CLOCK and age < max_age:
        age += _delay_after(attempts) * (1 + _JITTER)
        attempts += 1
    return attempts
