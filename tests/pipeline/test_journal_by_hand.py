"""Mails taken in are read again or discarded by a person's command."""

import pytest

from leadmaild.commands.journal import discard_mail, reprocess_mails
from leadmaild.errors import NotFound, Refused
from tests.dealership import enquiry
from tests.pipeline.steps import outcomes

pytestmark = pytest.mark.asyncio


async def test_a_mail_set_aside_becomes_a_lead_once_we_are_mended(bench, monkeypatch):
    from leadmaild.pipeline import intake

    def broken(*_):
        raise RuntimeError("a bug of ours")

    with monkeypatch.context() as broken_house:
        broken_house.setattr(intake, "decide", broken)
        broken_house.setattr(intake, "MOST_CLAIMS", 1)
        await bench.take(enquiry(1))
        await bench.run()
    assert outcomes(await bench.journal()) == ["set_aside"]

    await reprocess_mails(bench.gateway.database, [1], bench.clock.now())
    await bench.run()
    assert outcomes(await bench.journal()) == ["lead"]
    assert len(bench.transport.to("kunde1@kunden.example")) == 1


@pytest.mark.rule("PF59")
async def test_reading_a_mail_again_answers_nobody_again(bench):
    await bench.take(enquiry(1))
    await bench.run()
    await reprocess_mails(bench.gateway.database, [1], bench.clock.now())
    await bench.run()
    assert outcomes(await bench.journal()) == ["joined"]
    assert len(await bench.leads()) == 1
    assert len(bench.transport.to("kunde1@kunden.example")) == 1


async def test_what_waits_anyway_or_is_not_there_is_refused_and_then_nothing_changes(bench):
    await bench.take(enquiry(1))
    await bench.run()
    await bench.take(enquiry(2))
    with pytest.raises(Refused, match="waits"):
        await reprocess_mails(bench.gateway.database, [1, 2], bench.clock.now())
    with pytest.raises(NotFound):
        await reprocess_mails(bench.gateway.database, [1, 99], bench.clock.now())
    assert outcomes(await bench.journal()) == ["lead", None]


@pytest.mark.rule("PF69")
async def test_a_discarded_mail_has_an_outcome_with_the_reason_and_makes_no_lead(bench):
    await bench.take(enquiry(1))
    await discard_mail(bench.gateway.database, 1, "a test of the portal", bench.clock.now())
    await bench.run()
    (line,) = await bench.journal()
    assert (line.outcome, line.reason) == ("ignored", "discarded: a test of the portal")
    assert await bench.leads() == []


async def test_what_has_become_something_cannot_be_discarded(bench):
    await bench.take(enquiry(1))
    await bench.run()
    with pytest.raises(Refused, match="is lead"):
        await discard_mail(bench.gateway.database, 1, "why not", bench.clock.now())
    with pytest.raises(NotFound):
        await discard_mail(bench.gateway.database, 99, "why not", bench.clock.now())
