"""The loop of the clock: it sleeps until the next due row and is woken by new ones (Q25)."""

import asyncio
from datetime import timedelta

import pytest

from leadmaild.clock import LONGEST_SLEEP
from tests.dealership import enquiry
from tests.pipeline.steps import MONDAY_10

pytestmark = pytest.mark.asyncio


async def true(fact) -> None:
    """Return once the fact holds; the test's timeout ends the waiting."""
    while not await fact():  # noqa: ASYNC110  # facts are rows here, not events
        await asyncio.sleep(0)


@pytest.mark.rule("Q25")
async def test_the_running_loops_fire_at_the_due_moment_and_not_before(bench):
    assert timedelta(seconds=30) == LONGEST_SLEEP
    gateway, clock = bench.gateway, bench.clock
    running = [asyncio.create_task(worker.run()) for worker in gateway.workers]
    await bench.take(enquiry(1))

    async def told(kind: str) -> bool:
        return [mail.state for mail in await bench.queue(kind)] == ["sent"]

    try:
        await true(lambda: told("new_lead"))
        clock.advance(timedelta(minutes=90) - timedelta(microseconds=1))
        for _ in range(20):
            assert await bench.queue("reminder") == []
        clock.advance(timedelta(microseconds=1))
        await true(lambda: told("reminder"))
        (reminder,) = await bench.queue("reminder")
        assert reminder.sent_at == MONDAY_10 + timedelta(minutes=90)
    finally:
        for worker in gateway.workers:
            worker.stop()
        await asyncio.gather(*running)
