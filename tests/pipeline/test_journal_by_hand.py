"""Mails taken in are read again or discarded by a person's command."""

from dataclasses import replace

import pytest

from leadmaild.commands.journal import discard_mail, reprocess_mails
from leadmaild.commands.leads import edit_lead
from leadmaild.errors import NotFound, Refused
from leadmaild.reading.definition_reader import read_definition
from tests.dealership import enquiry
from tests.pipeline.portal import DEFINITION, mail_of_portal
from tests.pipeline.steps import SameProcessReader, outcomes

pytestmark = pytest.mark.asyncio


def read_by(bench, sources) -> None:
    """From now on mail is read by these definitions."""
    bench.gateway._in_force = replace(bench.gateway._in_force, reader=SameProcessReader(sources))


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
    (line,), (lead,) = await bench.journal(), await bench.leads()
    assert (line.outcome, line.reason, line.lead) == ("lead", "read_again", lead.number)
    assert lead.cycle == 1
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


@pytest.mark.rule("PF59")
async def test_what_a_person_has_set_on_a_lead_stays_when_its_mail_is_read_again(bench, sources):
    await bench.take(mail_of_portal(1).replace(b"leads@", b"noreply@"))
    await bench.run()
    (lead,) = await bench.leads()
    assert (lead.source, lead.needs_review) == ("generic", True)
    changes = {"source": "website", "type": "viewing"}
    now = bench.clock.now()
    await edit_lead(bench.gateway.database, bench.gateway.world.settings, lead.number, changes, (), "mueller", now)

    read_by(bench, sources.overridden_by([read_definition(DEFINITION)]))
    await reprocess_mails(bench.gateway.database, [1], now)
    await bench.run()
    (lead,) = await bench.leads()
    assert (lead.source, lead.types, lead.needs_review) == ("website", ("viewing",), False)
    assert lead.prospect.vehicle.title == "Golf Nummer 1"


async def test_a_mail_that_had_joined_joins_once_however_often_it_is_read(bench):
    await bench.take(enquiry(1))
    await bench.run()
    await bench.take(enquiry(2, **{"from": "Kunde Nummer1 <kunde1@kunden.example>"}))
    await bench.run()
    assert outcomes(await bench.journal()) == ["lead", "joined"]
    mails = len(bench.transport.sent)
    await reprocess_mails(bench.gateway.database, [2], bench.clock.now())
    await bench.run()
    assert outcomes(await bench.journal()) == ["lead", "joined"]
    (lead,) = await bench.leads()
    activities = [a.kind for a in (await bench.lead(lead.number)).activities]
    assert (activities.count("mail_in"), len(bench.transport.sent)) == (2, mails)


async def test_a_mail_that_broke_us_when_read_again_still_belongs_to_its_lead(bench, monkeypatch):
    from leadmaild.pipeline import intake

    def broken(*_):
        raise RuntimeError("a bug of ours")

    await bench.take(enquiry(1))
    await bench.run()
    with monkeypatch.context() as broken_house:
        broken_house.setattr(intake, "decide", broken)
        broken_house.setattr(intake, "MOST_CLAIMS", 1)
        await reprocess_mails(bench.gateway.database, [1], bench.clock.now())
        await bench.run()
    assert outcomes(await bench.journal()) == ["set_aside"]

    await reprocess_mails(bench.gateway.database, [1], bench.clock.now())
    await bench.run()
    (line,), (lead,) = await bench.journal(), await bench.leads()
    assert (line.outcome, line.reason, line.lead) == ("lead", "read_again", lead.number)


async def test_the_address_found_only_now_becomes_the_contacts(bench, sources):
    without_address = DEFINITION.replace('"contact.email" = { label = "Post" }\n', "")
    read_by(bench, sources.overridden_by([read_definition(without_address)]))
    await bench.take(mail_of_portal(1))
    await bench.run()
    (lead,) = await bench.leads()
    assert (lead.contact.emails, lead.contact.phones) == ((), ("+491713920001",))

    read_by(bench, sources.overridden_by([read_definition(DEFINITION)]))
    await reprocess_mails(bench.gateway.database, [1], bench.clock.now())
    await bench.run()
    (lead,) = await bench.leads()
    assert lead.contact.emails == ("kunde1@kunden.example",)
    assert bench.transport.to("kunde1@kunden.example") == []
