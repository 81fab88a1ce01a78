"""Two nodes on one database: no turn is used twice, no event is told twice, a person and the clock meet at the lead."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest

from leadmaild.commands.on_lead import on_lead
from leadmaild.commands.reactions import call_on_lead
from tests.dealership import enquiry
from tests.pipeline.steps import MONDAY_10

pytestmark = pytest.mark.asyncio


async def both(open_dealership, **more):
    one = await open_dealership(node="one", **more)
    return one, await open_dealership(node="two", clock=one.clock, **more)


async def until_idle(step) -> None:
    while await step():
        pass


@pytest.mark.rule("R76")
@pytest.mark.rule("PF30")
async def test_two_nodes_that_assign_at_once_never_use_the_same_turn(open_dealership, monkeypatch):
    monkeypatch.setattr("leadmaild.pipeline.intake.BATCH", 3)
    one, two = await both(open_dealership)
    for number in range(1, 41):
        await one.take(enquiry(number))
    await asyncio.gather(until_idle(one.gateway.intake.step), until_idle(two.gateway.intake.step))

    leads = await one.leads()
    assert Counter(lead.assignee for lead in leads) == {"mueller": 20, "schmidt": 20}
    assert [lead.assignee for lead in leads] == ["mueller", "schmidt"] * 20  # in the order of their numbers


@pytest.mark.rule("R26")
@pytest.mark.rule("PF47")
@pytest.mark.rule("PF59")
async def test_two_nodes_that_watch_one_clock_tell_each_event_once(open_dealership, monkeypatch):
    monkeypatch.setattr("leadmaild.pipeline.escalate.BATCH", 7)
    one, two = await both(open_dealership)
    for number in range(1, 31):
        await one.take(enquiry(number))
    await one.run()
    one.clock.advance(timedelta(days=1))
    while any(await asyncio.gather(one.gateway.escalate.step(), two.gateway.escalate.step())):
        pass

    told = Counter((mail.lead, mail.kind) for mail in await one.queue("reminder", "stage1", "stage2"))
    assert told == {(100_000 + n, kind): 1 for n in range(1, 31) for kind in ("stage1", "stage2")}


@pytest.mark.component
@pytest.mark.rule("PF46")
@pytest.mark.rule("R24")
async def test_while_a_person_reacts_the_clock_leaves_the_lead_alone(open_dealership, database_setting):
    """On SQLite there is one writer: the two cannot meet."""
    if database_setting.startswith("sqlite"):
        return
    bench = await open_dealership()
    await bench.take(enquiry(1))
    await bench.take(enquiry(2))
    await bench.run()
    bench.clock.advance(timedelta(hours=2))
    gateway = bench.gateway
    async with on_lead(gateway.database, gateway.world.settings, 100001, "mueller", bench.clock.now()) as case:
        await until_idle(gateway.escalate.step)  # would fire stage 1 in this very moment
        assert [mail.lead for mail in await bench.queue("stage1")] == [100002]
        await case.react("call")
    await bench.run_until(MONDAY_10 + timedelta(days=1))

    assert [mail.lead for mail in await bench.queue("stage1", "stage2")] == [100002, 100002]


@pytest.mark.rule("R129")
async def test_a_customer_who_writes_while_his_lead_is_worked_on_locks_nobody_out(open_dealership):
    bench = await open_dealership()
    await bench.take(enquiry(1))
    await bench.run()
    gateway, settings = bench.gateway, bench.gateway.world.settings

    async def write_again(number: int) -> None:
        text = f"Noch eine Frage, die Nummer {number}\r\n"
        await bench.take(enquiry(1, message_id=f"<frage-{number}@kunden.example>", text=text))
        await until_idle(gateway.intake.step)

    async def call() -> None:
        await call_on_lead(gateway.database, settings, 100001, "", "mueller", bench.clock.now())

    await asyncio.gather(*(work for n in range(12) for work in (write_again(n), call())))

    lead = await bench.lead(100001)
    kinds = Counter(activity.kind for activity in lead.activities)
    assert (kinds["mail_in"], kinds["call"]) == (13, 12)
    assert {line.outcome for line in await bench.journal()} == {"lead", "joined"}
