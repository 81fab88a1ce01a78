"""The limits of automatic answers are those of the address the answer goes to (R112, AR-16, AR-24)."""

from datetime import timedelta

import pytest

from leadmaild.commands.reactions import close_lead
from leadmaild.model.outgoing import OutboxState
from tests.dealership import enquiry

pytestmark = pytest.mark.asyncio


def mail(number: int) -> bytes:
    """One writer, who wants the answers to go to somebody else each time: class A answers the From address."""
    author = f"Kim Beispiel <kim@kunden.example>\r\nReply-To: Person {number} <person{number}@anderswo.example>"
    return enquiry(number, **{"from": author})


@pytest.mark.rule("AR-16")
@pytest.mark.rule("PF27")
async def test_a_writer_with_many_reply_addresses_is_bound_by_the_limits_of_his_own(bench):
    """Each mail is another contact and a lead of its own; every answer would go to the writer."""
    for number in range(1, 9):
        await bench.take(mail(number), sender="kim@kunden.example")
        await bench.run()
        bench.clock.advance(timedelta(minutes=30))

    assert len(await bench.leads()) == 8
    assert len(bench.transport.to("kim@kunden.example")) == 1  # no vehicle is known: one in 24 h (R112)
    assert [line.state for line in await bench.queue("autoresponse")].count(OutboxState.SUPPRESSED) == 7


@pytest.mark.rule("PF24")
@pytest.mark.rule("AR-16")
async def test_an_answer_to_a_thread_nobody_knows_is_bound_by_the_same_limits(bench):
    database, settings = bench.gateway.database, bench.gateway.world.settings
    for number in (1, 2, 3):
        subject = f"Re: Ihr Angebot [Anfrage {900000 + number}]"
        text = f"Danke, und gibt es auch Wagen Nummer {number} noch?\r\n"
        await bench.take(enquiry(1, subject=subject, text=text, message_id=f"<{number}@kunden.example>"))
        await bench.run()
        (line,) = [lead for lead in await bench.leads() if lead.state == "open"]
        await close_lead(database, settings, line.number, "sold", "mueller", bench.clock.now())
        bench.clock.advance(timedelta(minutes=30))

    assert len(bench.transport.to("kunde1@kunden.example")) == 1
