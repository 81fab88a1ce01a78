"""Sleeping by the wall clock."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from leadmaild import clock
from leadmaild.clock import SystemClock

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class _Set(SystemClock):
    """A wall clock that shows these moments, one a look; the last one stays."""

    def __init__(self, *moments: datetime) -> None:
        self._moments = list(moments)

    def now(self) -> datetime:
        return self._moments.pop(0) if len(self._moments) > 1 else self._moments[0]


@pytest.mark.rule("SP-18")
@pytest.mark.asyncio
async def test_a_sleeper_looks_again_when_the_clock_is_set_back_or_ahead(monkeypatch):
    monkeypatch.setattr(clock, "LONGEST_SLEEP", timedelta(milliseconds=1))
    soon, back, ahead = NOON + timedelta(hours=1), NOON - timedelta(days=3652), NOON + timedelta(days=1)
    async with asyncio.timeout(5):
        await _Set(NOON, back).sleep_until(soon)
        await _Set(NOON, ahead).sleep_until(soon)
