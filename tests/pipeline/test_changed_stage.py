"""Stage 1 goes from 2 h to 4 h while 100 leads wait: what is said before, and what happens then."""

from datetime import timedelta

import pytest

from leadmaild.pipeline.difference import difference
from tests.dealership import enquiry
from tests.pipeline.steps import MONDAY_10, FakeClock

pytestmark = pytest.mark.asyncio

TWO_HOURS = 'stage1 = "2h"\n  reminder = "30m"'
FOUR_HOURS = 'stage1 = "4h"\n  reminder = "30m"'


async def waiting_leads(open_dealership, count: int):
    """Half of them arrive now, half an hour later the rest."""
    bench = await open_dealership(clock=FakeClock(), escalation=TWO_HOURS)
    for number in range(1, count + 1):
        if number == count // 2 + 1:
            bench.clock.advance(timedelta(minutes=30))
        await bench.take(enquiry(number))
    await bench.run()
    return bench


@pytest.mark.rule("R29")
@pytest.mark.rule("PF45")
async def test_a_hundred_running_deadlines_move_as_was_said_and_nothing_fires_that_should_not(open_dealership):
    bench = await waiting_leads(open_dealership, 100)
    again = await open_dealership(clock=bench.clock, escalation=FOUR_HOURS)
    async with again.gateway.database.view() as tx:
        said = await difference(tx, again.gateway.world.settings)
    assert len(said.deadlines) == 100
    assert {(one.after - one.before, one.kind) for one in said.deadlines} == {(timedelta(hours=2), "stage1")}

    await again.run_until(MONDAY_10 + timedelta(hours=3, minutes=25))
    assert await again.queue("reminder", "stage1") == []
    await again.run_until(MONDAY_10 + timedelta(hours=4, minutes=10))
    assert len(await again.queue("reminder")) == 100
    assert len(await again.queue("stage1")) == 50
    async with again.gateway.database.view() as tx:
        assert (await difference(tx, again.gateway.world.settings)).deadlines == ()


@pytest.mark.rule("R149")
@pytest.mark.rule("R183")
async def test_the_difference_names_users_who_are_gone_and_every_changed_key(open_dealership):
    bench = await waiting_leads(open_dealership, 2)
    await bench.gateway.record()
    again = await open_dealership(clock=bench.clock, escalation="")
    settings = again.gateway.world.files
    without_mueller = {name: user for name, user in settings.users.items() if name != "mueller"}
    async with again.gateway.database.view() as tx:
        said = await difference(tx, type(settings)(**{**_fields(settings), "users": without_mueller}))

    assert [(one.lead, one.after) for one in said.deadlines] == [(100001, None), (100002, None)]
    assert said.gone_assignees == ("mueller",)
    assert [(c.key, c.old, c.new) for c in said.changes] == [
        ("location MUC: escalation.stage1", "2h", None),
        ("location MUC: escalation.reminder", "30m", None),
    ]
    assert said.template_changes == ()


def _fields(settings):
    return {name: getattr(settings, name) for name in settings.__dataclass_fields__}
