"""The wall clock is set, ahead or back, by a day or by years: nothing storms, is lost, or waits for years (SP-18)."""

from datetime import timedelta

import pytest

from leadmaild.commands.reactions import follow_up_lead
from leadmaild.model.lead import TimerState
from leadmaild.model.outgoing import Delivery, RecipientResult
from tests.dealership import enquiry
from tests.pipeline.aging import clean, close, kept_mails
from tests.pipeline.steps import MONDAY_10, outcomes

pytestmark = [pytest.mark.asyncio, pytest.mark.rule("SP-18"), pytest.mark.rule("BI-78")]

DAY, TEN_YEARS = timedelta(days=1), timedelta(days=3652)
CUSTOMER = "kunde1@kunden.example"


async def tick(bench):
    await bench.gateway.clock_watch.step()
    await bench.run()


@pytest.mark.parametrize("jump", [DAY, -DAY, TEN_YEARS, -TEN_YEARS], ids=["+1d", "-1d", "+10y", "-10y"])
async def test_a_deferred_answer_is_tried_again_at_once_or_soon_and_arrives_once(bench, jump):
    await tick(bench)
    bench.transport.answer = lambda _mail, address: RecipientResult(address, Delivery.DEFERRED, "451 4.2.1 busy")
    await bench.take(enquiry(1))
    await bench.run()
    bench.clock.advance(jump)
    for _ in range(20):  # the minute after
        bench.clock.advance(timedelta(seconds=3))
        await tick(bench)
    (answer,) = await bench.queue("autoresponse")
    assert (answer.state, answer.attempts) in (("deferred", 2), ("deferred", 3))  # no storm, no expiry

    bench.transport.answer = lambda _mail, address: RecipientResult(address, Delivery.DELIVERED, "250 ok")
    await bench.take(enquiry(1))  # the peer had not heard us, say
    bench.clock.advance(timedelta(minutes=30))
    await tick(bench)
    first, second = outcomes(await bench.journal())
    assert (first, second) == ("lead", "joined" if jump == TEN_YEARS else "duplicate")  # 30 days are over (Q22)
    assert [line.state for line in await bench.queue("autoresponse")] == ["sent"]
    assert len(bench.transport.to(CUSTOMER)) == answer.attempts + 1


async def test_mail_taken_in_while_the_clock_stood_years_ahead_is_read_when_it_is_right_again(bench):
    await tick(bench)
    bench.clock.advance(TEN_YEARS)
    await tick(bench)
    await bench.take(enquiry(1))
    bench.clock.advance(-TEN_YEARS)
    await tick(bench)

    assert outcomes(await bench.journal()) == ["lead"]
    assert len(bench.transport.to(CUSTOMER)) == 1


async def test_the_clock_of_a_lead_that_came_in_the_future_counts_from_the_correction(bench):
    await tick(bench)
    bench.clock.advance(TEN_YEARS)
    await tick(bench)
    await bench.take(enquiry(1))
    await bench.run()
    bench.clock.advance(-TEN_YEARS)
    await tick(bench)
    await bench.run_until(MONDAY_10 + timedelta(hours=3))

    (lead,) = await bench.leads()
    states = {timer.kind: timer.state for timer in (await bench.lead(lead.number)).timers}
    assert states["stage1"] is TimerState.FIRED
    (stage1,) = await bench.queue("stage1")
    assert stage1.sent_at == MONDAY_10 + timedelta(hours=2)


@pytest.mark.parametrize("database_setting", ["sqlite:///leadmaild.db"])  # PostgreSQL judges leases by its own clock
async def test_what_a_dead_node_held_years_ahead_is_free_at_the_next_start(open_dealership):
    bench = await open_dealership()
    await bench.take(enquiry(1))
    bench.clock.advance(TEN_YEARS)
    assert await bench.gateway.intake._claim()  # and there it died
    bench.clock.advance(-TEN_YEARS)
    again = await open_dealership(clock=bench.clock, node="again")
    await again.run()
    assert outcomes(await again.journal()) == [None]

    await tick(again)
    bench.clock.advance(timedelta(seconds=1))
    await again.run()
    assert outcomes(await again.journal()) == ["lead"]


async def test_a_follow_up_keeps_its_date_when_the_clock_is_set_back(bench):
    await tick(bench)
    await bench.take(enquiry(1))
    await bench.run()
    (lead,) = await bench.leads()
    at = MONDAY_10 + timedelta(days=40)
    settings = bench.gateway.world.settings
    await follow_up_lead(bench.gateway.database, settings, lead.number, at, "mueller", bench.clock.now())
    bench.clock.advance(-DAY)
    await tick(bench)

    assert (await bench.lead(lead.number)).due_at == at


@pytest.mark.rule("R180")
async def test_a_clock_that_jumps_ahead_throws_nothing_away_before_somebody_could_set_it_right(bench):
    await bench.take(enquiry(1))
    await bench.run()
    await tick(bench)
    await close(bench, 100001)
    bench.clock.advance(TEN_YEARS)
    await clean(bench)
    await tick(bench)
    await clean(bench)
    assert await kept_mails(bench) == [True]

    bench.clock.advance(timedelta(hours=23))
    await tick(bench)
    await clean(bench)
    assert await kept_mails(bench) == [True]
    bench.clock.advance(timedelta(hours=2))  # nobody did: then it is right
    await tick(bench)
    await clean(bench)
    assert await kept_mails(bench) == [False]
