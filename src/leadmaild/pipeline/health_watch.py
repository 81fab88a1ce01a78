"""Looks at how the gateway is doing: for whoever asks by HTTP, and by itself, so that what goes wrong without a word of
its own (mail that only gets older) raises an alarm (PF67)."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from leadmaild.config.model import Settings
from leadmaild.deciding.health import judge
from leadmaild.errors import Unavailable
from leadmaild.maillog import Event, log
from leadmaild.model.health import Facts, Health, HealthStatus, Standing
from leadmaild.pipeline.disk_space import DiskSpace
from leadmaild.pipeline.settings_history import last_answer
from leadmaild.ports import Clock
from leadmaild.ports.stores import Database

EVERY = timedelta(minutes=1)
_GOOD_FOR = timedelta(seconds=5)  # however many ask, the database is asked once
_PATIENCE_S = 4


class HealthWatch:
    """The gateway's own view of itself."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        clock: Clock,
        disk: DiskSpace,
        unreachable: Callable[[], Mapping[str, datetime]],
        machine: str,
    ) -> None:
        self.is_draining = False
        self._database = database
        self._clock = clock
        self._disk = disk
        self._unreachable = unreachable
        self._machine = machine
        self._started_at = clock.now()
        self._mailboxes = tuple(mailbox.name for mailbox in settings.imap)  # those of a reload wait for the next start
        self._looking = asyncio.Lock()
        self._last: Health | None = None
        self._told: frozenset[tuple[str, str]] = frozenset()

    async def look(self) -> Health:
        """How the gateway is doing, as found at most a few seconds ago. Never raises for what it finds."""
        async with self._looking:
            now, last = self._clock.now(), self._last
            is_fresh = last is not None and timedelta(0) <= now - last.at < _GOOD_FOR
            if last is None or not is_fresh or last.facts.is_draining != self.is_draining:
                facts = await self._facts()
                last = self._last = Health(now, facts, judge(facts, now))
            return last

    async def step(self) -> bool:
        """Raise an alarm for each check that has become bad since the last look; never more to do at once."""
        health = await self.look()
        bad = {(check.name, check.about): check for check in health.checks if check.status is not HealthStatus.OK}
        for (name, about), check in bad.items():
            if (name, about) not in self._told and not health.facts.is_draining:
                log(Event.ALARM_RAISED, where="health", reason=f"health_{name}", problem=check.why, path=about)
        self._told = frozenset(bad)
        return False

    async def _facts(self) -> Facts:
        standing, has_rejected_settings = await self._standing()
        return Facts(
            started_at=self._started_at,
            standing=standing,
            free_bytes=self._free_bytes(),
            least_bytes=self._disk.least,
            unreachable=dict(self._unreachable()),
            mailboxes=self._mailboxes,
            has_rejected_settings=has_rejected_settings,
            is_draining=self.is_draining,
        )

    async def _standing(self) -> tuple[Standing | None, bool]:
        try:
            async with asyncio.timeout(_PATIENCE_S), self._database.view() as tx:
                answer = await last_answer(tx, self._machine)
                return await tx.standing.standing(), bool(answer and answer.problems)
        except (Unavailable, TimeoutError):
            return None, False

    def _free_bytes(self) -> int | None:
        try:
            return self._disk.free()
        except OSError:
            return 0  # the folder of the database is gone
