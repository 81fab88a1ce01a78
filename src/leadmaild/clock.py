"""The only reader of wall clock and entropy. Everything else takes `now`, an id or a draw as an argument or a port."""

import asyncio
import random
import secrets
from datetime import UTC, datetime, timedelta

# A jump of the wall clock is noticed within this span (Q25).
LONGEST_SLEEP = timedelta(seconds=30)


class SystemClock:
    """Wall clock in UTC. Sleeping compares wall time again at least every 30 s, so a clock jump is noticed (Q25)."""

    def now(self) -> datetime:
        """The current UTC instant."""
        return datetime.now(UTC)

    async def sleep_until(self, when: datetime) -> None:
        """Return once `when` (a UTC instant) has come by the wall clock, or within 30 s after that was set back: then
        `when` may be years away, and whoever waits must look again."""
        while (left := when - (before := self.now())) > timedelta(0):
            await asyncio.sleep(min(left, LONGEST_SLEEP).total_seconds())
            if self.now() < before:
                return


class RandomIds:
    """Ids that nobody can guess."""

    def new(self) -> str:
        """A fresh id of 20 lower-case hexadecimal digits."""
        return secrets.token_hex(10)

    def key(self) -> bytes:
        """A fresh 32-byte secret key."""
        return secrets.token_bytes(32)


class RandomDice:
    """Draws for jitter; not for secrets."""

    def uniform(self, low: float, high: float) -> float:
        """A number in [low, high)."""
        return random.uniform(low, high)
