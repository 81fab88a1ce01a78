"""A bounded number of connections to one mail server, kept open for the next mail for a while."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

from leadmaild.errors import Unavailable
from leadmaild.outbound.smtp_session import SmtpSession


class SessionPool:
    """Lends sessions, `size` at most at a time; idle ones are closed after `idle_timeout` and checked before reuse."""

    def __init__(self, open_session: Callable[[], Awaitable[SmtpSession]], size: int, idle_timeout: timedelta) -> None:
        self._open = open_session
        self._slots = asyncio.Semaphore(size)
        self._idle_timeout = idle_timeout
        self._idle: dict[SmtpSession, asyncio.TimerHandle] = {}
        self._goodbyes: set[asyncio.Task[None]] = set()
        self._is_closed = False
        self._lent = 0
        self._failures = 0
        self._last_failure = ""

    @asynccontextmanager
    async def session(self, *, fresh: bool = False) -> AsyncIterator[SmtpSession]:
        """Lend a session; `fresh` = a new connection, for when one from the pool proved to be gone.

        Raises errors.Unavailable where no connection can be had. A session left by an exception is not used again.
        """
        failures_before = self._failures
        async with self._slots:
            if fresh:
                self._dismiss_all()  # what happened to one has most likely happened to all
            session = await self._living() or await self._opened(failures_before)
            self._lent += 1
            try:
                yield session
            except BaseException:
                session.abort()
                raise
            finally:
                self._lent -= 1
            self._keep(session)

    async def close(self) -> None:
        """Close the idle sessions, and from now on every session as soon as it is given back."""
        self._is_closed = True
        self._dismiss_all()
        if self._goodbyes:
            await asyncio.wait(self._goodbyes)

    async def _living(self) -> SmtpSession | None:
        """Take the session used last, if it still answers; if not, the others most likely do not either."""
        if not self._idle:
            return None
        session, timer = self._idle.popitem()
        timer.cancel()
        try:
            if await session.is_alive():
                return session
        except BaseException:
            session.abort()
            raise
        self._dismiss_all()
        return None

    async def _opened(self, failures_before: int) -> SmtpSession:
        """Open a session. Whoever waited while others failed to, and none is open, shares their fate at once.

        Otherwise a server that lets connections time out would hold a queue up for that time again and again.
        """
        if self._failures > failures_before and not self._lent:
            raise Unavailable(self._last_failure)
        try:
            return await self._open()
        except Unavailable as failure:
            self._failures += 1
            self._last_failure = str(failure)
            raise

    def _keep(self, session: SmtpSession) -> None:
        if self._is_closed:
            self._part_with(session)
        elif session.is_connected:
            loop = asyncio.get_running_loop()
            self._idle[session] = loop.call_later(self._idle_timeout.total_seconds(), self._dismiss, session)

    def _dismiss(self, session: SmtpSession) -> None:
        self._idle.pop(session).cancel()
        self._part_with(session)

    def _dismiss_all(self) -> None:
        for session in list(self._idle):
            self._dismiss(session)

    def _part_with(self, session: SmtpSession) -> None:
        goodbye = asyncio.ensure_future(session.quit())
        self._goodbyes.add(goodbye)
        goodbye.add_done_callback(self._goodbyes.discard)
