"""Retention (R180): what goes when, what keeps it, that the daemon does it alone and one node at a time."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from leadmaild.commands.journal import discard_mail, reprocess_mails
from leadmaild.commands.reactions import reopen_lead
from leadmaild.errors import Refused
from leadmaild.model.outgoing import Delivery, RecipientResult
from tests.dealership import enquiry
from tests.pipeline.a_person import ADDRESS, of_frieda, set_aside, traces_in_tables
from tests.pipeline.aging import DAY, clean, close, kept_mails, planned, raw_outgoing
from tests.pipeline.steps import outcomes

pytestmark = [pytest.mark.asyncio, pytest.mark.rule("R180")]

REDIRECT = '[location.redirect]\n  general = ["dms@autohaus-beispiel.example"]'


async def test_the_mail_of_a_closed_lead_goes_after_90_days_with_what_was_sent_on(open_dealership):
    bench = await open_dealership(tables=REDIRECT)
    await bench.take(of_frieda(1))
    await bench.run()
    (lead,) = await bench.leads()
    await close(bench, lead.number)
    bench.clock.advance(90 * DAY)
    assert await planned(bench) == {}
    await clean(bench)
    assert await kept_mails(bench) == [True]

    bench.clock.advance(timedelta(seconds=1))
    assert await planned(bench) == {"raw_mail": 1}
    await clean(bench)

    assert await kept_mails(bench) == [False]
    assert await raw_outgoing(bench, "redirect", "new_lead") == [False, False]
    assert await raw_outgoing(bench, "autoresponse") == [True]  # our own words
    (after,) = await bench.leads()
    assert (after.contact.email, after.prospect) == (ADDRESS, lead.prospect)
    with pytest.raises(Refused, match="not kept any more"):
        await reprocess_mails(bench.gateway.database, [1], bench.clock.now())
    assert await planned(bench) == {}


async def test_open_leads_are_never_touched(bench):
    await bench.take(of_frieda(1))
    await bench.run()
    (before,) = await bench.leads()
    bench.clock.advance(5000 * DAY)
    await clean(bench)
    assert await planned(bench) == {}
    assert await kept_mails(bench) == [True]
    assert all(await raw_outgoing(bench))
    assert await bench.leads() == [before]


async def test_a_mail_about_two_customers_stays_while_one_of_their_leads_is_open(bench):
    adf = (
        "<?xml version='1.0'?><?adf version='1.0'?><adf>"
        + "".join(
            f"<prospect><requestdate>2026-03-02T10:00:00+01:00</requestdate><vehicle><make>VW</make><model>Golf</model>"
            f"</vehicle><customer><contact><name part='full'>{name} Beispiel</name><email>{name}@kunden.example</email>"
            "</contact></customer><vendor><vendorname>x</vendorname></vendor></prospect>"
            for name in ("anna", "berta")
        )
        + "</adf>"
    )
    await bench.take(enquiry(1, text=adf, **{"from": "leads@portal.example"}))
    await bench.run()
    anna, berta = await bench.leads()
    await close(bench, anna.number)
    bench.clock.advance(2000 * DAY)
    await clean(bench)
    assert await kept_mails(bench) == [True]
    assert [lead.contact.email for lead in await bench.leads()] == [None, "berta@kunden.example"]

    await close(bench, berta.number)
    await clean(bench)
    assert await kept_mails(bench) == [False]
    bench.clock.advance(2000 * DAY)
    await clean(bench)
    assert [lead.contact.email for lead in await bench.leads()] == [None, None]


async def test_a_mail_kept_for_another_location_is_not_kept_for_this_one(open_dealership):
    other = (
        '[[location]]\ncode = "AUG"\nname = "Augsburg"\nmailbox = "augsburg@dein.auto"\nfallback_user = "leitung"\n'
        'admin_user = "admin"\n[location.retention]\nraw_mail_without_lead = ""\n'
    )
    bench = await open_dealership(more=other)
    vacation = of_frieda(1, to="x@dein.auto\r\nAuto-Submitted: auto-replied")
    await bench.take(vacation, "autohaus-beispiel@dein.auto", "augsburg@dein.auto")
    await bench.run()
    bench.clock.advance(31 * DAY)
    await clean(bench)

    here, there = await bench.journal()
    assert (here.from_address, there.from_address) == (None, ADDRESS)
    assert await kept_mails(bench) == [False, True]
    with pytest.raises(Refused, match="not kept any more"):
        await reprocess_mails(bench.gateway.database, [here.id], bench.clock.now())
    async with bench.gateway.database.view() as tx:
        assert (await tx.journal.content_of(there.id)).content == vacation


async def test_mail_no_lead_came_of_goes_whole_after_30_days(bench, database_setting, tmp_path):
    vacation = {"to": "autohaus-beispiel@dein.auto\r\nAuto-Submitted: auto-replied"}
    await bench.take(of_frieda(1, **vacation))
    await bench.run()
    assert outcomes(await bench.journal()) == ["auto_reply"]
    bench.clock.advance(30 * DAY + timedelta(seconds=1))
    await clean(bench)

    assert outcomes(await bench.journal()) == ["auto_reply"]
    assert traces_in_tables(database_setting, tmp_path) == []


async def test_a_mail_that_is_not_settled_stays_until_a_person_has_looked_at_it(
    bench, monkeypatch, database_setting, tmp_path
):
    await set_aside(bench, of_frieda(1), monkeypatch)
    bench.clock.advance(400 * DAY)
    await clean(bench)
    assert await kept_mails(bench) == [True]

    await discard_mail(bench.gateway.database, 1, "Frieda Vogelsang hat angerufen", bench.clock.now())
    await clean(bench)
    assert traces_in_tables(database_setting, tmp_path) == []
    assert (await bench.journal())[0].reason == "discarded"


async def test_a_mail_that_is_still_to_be_sent_on_stays(open_dealership):
    bench = await open_dealership(tables=REDIRECT + '\n  [location.retention]\n  raw_mail = "1h"')
    bench.transport.answer = lambda mail, address: RecipientResult(
        address, *((Delivery.DEFERRED, "451 no") if "dms" in address else (Delivery.DELIVERED, "250 ok"))
    )
    await bench.take(of_frieda(1))
    await bench.run()
    await close(bench, (await bench.leads())[0].number)
    bench.clock.advance(DAY)
    await clean(bench)
    assert await kept_mails(bench) == [True]

    bench.transport.answer = lambda _mail, address: RecipientResult(address, Delivery.DELIVERED, "250 ok")
    await bench.run()
    await clean(bench)
    assert await kept_mails(bench) == [False]


async def test_the_content_of_mail_that_was_not_let_out_goes_after_30_days(open_dealership):
    bench = await open_dealership(location="send_emails = false")
    await bench.take(of_frieda(1))
    await bench.run()
    await close(bench, (await bench.leads())[0].number)
    assert all(await raw_outgoing(bench))
    bench.clock.advance(31 * DAY)
    await clean(bench)

    assert not any(await raw_outgoing(bench))
    assert {line.state for line in await bench.queue()} == {"suppressed"}


async def test_a_closed_lead_is_made_anonymous_after_730_days_and_its_contact_with_the_last(
    bench, database_setting, tmp_path
):
    await bench.take(of_frieda(1))
    await bench.run()
    (first,) = await bench.leads()
    await close(bench, first.number)
    bench.clock.advance(100 * DAY)
    await bench.take(of_frieda(2))
    await bench.run()
    second = (await bench.leads())[1]
    await close(bench, second.number)
    bench.clock.advance(631 * DAY)
    await clean(bench)

    old, young = await bench.leads()
    assert (old.prospect, old.completion_reason, old.source, old.arrived_at) == (
        None, "sold", first.source, first.arrived_at,
    )  # fmt: skip
    assert (young.prospect, young.contact.email) == (second.prospect, ADDRESS)
    assert old.contact == young.contact
    settings = bench.gateway.world.settings
    with pytest.raises(Refused, match="was erased"):
        await reopen_lead(bench.gateway.database, settings, old.number, "mueller", bench.clock.now())

    bench.clock.advance(100 * DAY)
    await clean(bench)
    assert traces_in_tables(database_setting, tmp_path) == []
    assert [lead.completion_reason for lead in await bench.leads()] == ["sold", "sold"]
    async with bench.gateway.database.view() as tx:
        assert await tx.suppression.listed() == ()  # nobody asked for it


async def test_a_location_has_spans_of_its_own_and_nothing_set_keeps_for_ever(open_dealership):
    spans = '[location.retention]\n  raw_mail = "2d"\n  raw_mail_without_lead = ""\n  closed_leads = ""'
    bench = await open_dealership(tables=spans)
    await bench.take(of_frieda(1))
    await bench.take(of_frieda(2, to="autohaus-beispiel@dein.auto\r\nAuto-Submitted: auto-replied"))
    await bench.run()
    await close(bench, (await bench.leads())[0].number)
    bench.clock.advance(3000 * DAY)
    await clean(bench)

    assert await kept_mails(bench) == [False, True]
    assert (await bench.leads())[0].contact.email == ADDRESS


async def test_what_a_location_left_behind_goes_by_the_general_spans(open_dealership):
    bench = await open_dealership(location="")
    await bench.take(of_frieda(1))
    await bench.run()
    await close(bench, (await bench.leads())[0].number)
    async with bench.gateway.database.transaction() as tx:
        for table in ("journal", "lead"):
            await tx._connection.execute(text(f"UPDATE {table} SET location = 'GONE'"))
        await tx.commit()
    bench.clock.advance(91 * DAY)
    assert await planned(bench) == {"raw_mail": 1}
    await clean(bench)
    assert await kept_mails(bench) == [False]
