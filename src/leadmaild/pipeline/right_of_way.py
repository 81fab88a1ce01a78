"""Accept goes first: while mails are being taken in, the other steps give way, so that a peer's 250 does not wait for
them (T3, T12). They give way for a bounded time, so that a long stream of mail does not starve them."""

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

# This many mails within the window are a rush; fewer do not hold anybody up: a single mail is answered at once.
_RUSH = 5
_WINDOW = timedelta(milliseconds=100)
LONGEST_WAIT = timedelta(seconds=2)


async def let_others_run() -> None:
    """Give the event loop one turn. Statements on SQLite and composing never wait, so a batch of them would keep the
    loop from whoever hands in mail."""
    await asyncio.sleep(0)  # noqa: TID251  # no time passes


class RightOfWay:
    """Knows whether accept is in a rush. Counts in the event loop's own time, never the wall clock."""

    def __init__(self) -> None:
        self._lately: deque[float] = deque(maxlen=_RUSH)
        self._quiet = asyncio.Event()
        self._quiet.set()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Around each mail that is being taken in."""
        loop = asyncio.get_running_loop()
        self._lately.append(loop.time())
        self._look()
        try:
            yield
        finally:
            loop.call_later(_WINDOW.total_seconds(), self._look)

    @property
    def is_rush(self) -> bool:
        """Whether so many mails came in within the window that the others should wait."""
        if len(self._lately) < _RUSH:
            return False
        return asyncio.get_running_loop().time() - self._lately[0] < _WINDOW.total_seconds()

    async def give_way(self) -> None:
        """Return when the rush is over, or after LONGEST_WAIT."""
        if self._quiet.is_set():
            return
        try:
            async with asyncio.timeout(LONGEST_WAIT.total_seconds()):
                await self._quiet.wait()
        except TimeoutError:
            pass  # a stream without end: everybody has his turn

    def _look(self) -> None:
        if self.is_rush:
            self._quiet.clear()
        else:
            self._quiet.set()
