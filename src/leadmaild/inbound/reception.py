"""What all sessions of one listener share, and how they come to an end together."""

import asyncio
import ssl
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from leadmaild.inbound.limits import Gate, Limits
from leadmaild.maillog import Event, log
from leadmaild.model.envelope import Channel
from leadmaild.model.reply import Reply
from leadmaild.ports import Clock, Door

if TYPE_CHECKING:
    from leadmaild.inbound.smtp_connection import SmtpConnection


@dataclass(slots=True)
class Reception:
    """The shared side of a listener: whom it serves, by what limits, and the sessions and accepts now running."""

    door: Door
    clock: Clock
    hostname: str
    gate: Gate
    limits: Limits = field(default_factory=Limits)
    channel: Channel = Channel.SMTP
    tls: ssl.SSLContext | None = None
    sessions: set["SmtpConnection"] = field(default_factory=set)
    _accepting: set[asyncio.Task[Reply]] = field(default_factory=set)
    _all_gone: asyncio.Event = field(default_factory=asyncio.Event)

    def enter(self, session: "SmtpConnection") -> None:
        """Note a session that began."""
        self.sessions.add(session)
        self._all_gone.clear()

    def leave(self, session: "SmtpConnection") -> None:
        """Note a session that ended."""
        self.sessions.discard(session)
        if not self.sessions:
            self._all_gone.set()

    async def quiet(self) -> None:
        """Return when no session is open."""
        if self.sessions:
            await self._all_gone.wait()

    @property
    def is_overloaded(self) -> bool:
        """Whether the sessions together hold more content than we want in memory; asked for large mails only."""
        return sum(session.held for session in self.sessions) > self.limits.max_content_held

    async def accept(self, accepting: Coroutine[None, None, Reply]) -> Reply:
        """Run `Door.accept` so that a peer that drops, which cancels its session, cannot stop it in mid-commit.

        The mail is then stored though nobody hears the 250; the peer sends it again and intake finds the duplicate
        (BI-19).
        """
        task = asyncio.create_task(accepting)
        self._accepting.add(task)
        task.add_done_callback(self._accepted)
        return await asyncio.shield(task)

    def _accepted(self, task: asyncio.Task[Reply]) -> None:
        self._accepting.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log(Event.BUG, exc=error, where="accept")

    async def drain(self, grace: timedelta) -> None:
        """Let no one in, send the idle away, wait `grace` for mails that are being sent, then end what is left (SP-14).

        Returns when every session is closed and every accept that had begun is committed or refused.
        """
        self.gate.is_draining = True
        for session in tuple(self.sessions):
            session.dismiss_if_idle()
        if self.sessions:
            try:
                async with asyncio.timeout(grace.total_seconds()):
                    await self._all_gone.wait()
            except TimeoutError:
                for session in tuple(self.sessions):
                    session.dismiss_unless_accepting()
        while self._accepting:
            await asyncio.wait(self._accepting)
        # Every reply is written by now; what is still open is a peer that does not read or does not hang up.
        if self.sessions:
            try:
                async with asyncio.timeout(1):
                    await self._all_gone.wait()
            except TimeoutError:
                for session in tuple(self.sessions):
                    session.abort()
