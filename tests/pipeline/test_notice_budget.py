"""Nobody is flooded: beyond 20 notices an hour to one address a digest goes every quarter of an hour; none is lost."""

from datetime import timedelta
from email import message_from_bytes
from email.policy import default

import pytest

from tests.dealership import enquiry
from tests.pipeline.steps import MONDAY_10

pytestmark = pytest.mark.asyncio

SCHMIDT = "schmidt@autohaus-beispiel.example"
ALONE = 'mode = "tracking"'  # no timers: new-lead notices only


async def only_schmidt_receives(bench):
    async with bench.gateway.database.transaction() as tx:
        await tx.people.set_flag("mueller", "receives_leads", False, file_value=True, now=MONDAY_10)
        await tx.commit()


async def take(bench, first: int, last: int):
    for number in range(first, last + 1):
        await bench.take(enquiry(number))
    await bench.run()


async def sent_at(bench):
    return [mail.sent_at - MONDAY_10 if mail.sent_at else None for mail in await bench.queue("new_lead")]


@pytest.mark.rule("PF29")
@pytest.mark.rule("PF49")
@pytest.mark.rule("R28")
async def test_the_twenty_first_notice_of_an_hour_waits_for_the_digest_of_the_quarter(open_dealership):
    bench = await open_dealership(location=ALONE)
    await only_schmidt_receives(bench)
    bench.clock.advance(timedelta(minutes=2))
    await take(bench, 1, 45)
    assert len(bench.transport.to(SCHMIDT)) == 20
    await bench.run_until(MONDAY_10 + timedelta(minutes=15))

    assert await sent_at(bench) == [timedelta(minutes=2)] * 20 + [timedelta(minutes=15)] * 25
    *_single, digest = bench.transport.to(SCHMIDT)
    text = message_from_bytes(digest.raw, policy=default).get_body(("plain",)).get_content()
    assert all(f"Kunde Nummer{number}" in text for number in range(21, 46))
    assert len({mail.message_id for mail in await bench.queue("new_lead")}) == 21


@pytest.mark.rule("PF29")
async def test_one_digest_a_quarter_and_single_notices_again_after_an_hour(open_dealership):
    bench = await open_dealership(location=ALONE)
    await only_schmidt_receives(bench)
    await take(bench, 1, 22)
    for minute, number in ((16, 23), (17, 24), (46, 25)):
        await bench.run_until(MONDAY_10 + timedelta(minutes=minute))
        await take(bench, number, number)
    await bench.run_until(MONDAY_10 + timedelta(minutes=61))
    await take(bench, 26, 26)

    minutes = [int(at.total_seconds() // 60) for at in await sent_at(bench)]
    assert minutes == [0] * 20 + [15, 15, 30, 30, 60, 61]


async def test_the_count_survives_a_restart_and_other_people_are_not_held_up(open_dealership):
    bench = await open_dealership(location=ALONE)
    await only_schmidt_receives(bench)
    await take(bench, 1, 20)
    again = await open_dealership(clock=bench.clock, location=ALONE)
    await take(again, 21, 21)
    assert again.transport.to(SCHMIDT) == []
    async with again.gateway.database.transaction() as tx:
        await tx.people.reset_flags("mueller")
        await tx.people.set_flag("schmidt", "receives_leads", False, file_value=True, now=MONDAY_10)
        await tx.commit()
    await take(again, 22, 22)
    assert len(again.transport.to("mueller@autohaus-beispiel.example")) == 1
