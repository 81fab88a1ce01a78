"""A mail that brings the daemon down is given up after a few crashes; the mails beside it are not (PF4)."""

from datetime import timedelta

import pytest

from leadmaild.pipeline.intake import MOST_CLAIMS
from tests.dealership import enquiry
from tests.pipeline.steps import FakeClock, SameProcessReader, outcomes

pytestmark = pytest.mark.asyncio

_POISON = "Gift"


class _Crash(BaseException):
    """The end of the process: nothing in the daemon may catch it."""


class _DeadlyReader(SameProcessReader):
    """Brings the whole process down over one mail."""

    def __init__(self, sources) -> None:
        super().__init__(sources)
        self.crashes = 0

    async def read(self, raw, context):
        if _POISON.encode() in raw:
            self.crashes += 1
            raise _Crash
        return await super().read(raw, context)


@pytest.mark.rule("PF4")
@pytest.mark.rule("PF3")
@pytest.mark.rule("SP-12")
@pytest.mark.parametrize("database_setting", ["sqlite:///leadmaild.db"])  # PostgreSQL counts leases by its own clock
async def test_the_culprit_is_set_aside_unread_and_its_neighbours_become_leads(open_dealership, sources):
    clock, reader = FakeClock(), _DeadlyReader(sources)
    bench = await open_dealership(clock=clock, outside={"reader": reader})
    for number in range(1, 8):
        await bench.take(enquiry(number, **({"subject": _POISON} if number == 4 else {})))

    lives = 0
    while "waiting" in {line.outcome or "waiting" for line in await bench.journal()}:
        lives += 1
        assert lives < 20
        bench = await open_dealership(clock=clock, node=f"life{lives}", outside={"reader": reader})
        try:
            await bench.run()
        except _Crash:
            pass
        clock.advance(timedelta(minutes=33))  # until the leases of the dead run out: they double with each crash

    assert reader.crashes == MOST_CLAIMS
    assert outcomes(await bench.journal()) == ["lead", "lead", "lead", "set_aside", "lead", "lead", "lead"]
    (entry,) = [line for line in await bench.journal() if line.outcome == "set_aside"]
    assert entry.reason == "crash_loop"
    assert len(await bench.queue("unassigned_notice")) == 1  # somebody is told, with the mail attached
