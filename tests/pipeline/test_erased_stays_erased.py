"""What was erased does not come back: by mail that waits, copies, bounces, a mailbox read anew, or what is on its way
(R181, PF68)."""

import asyncio
from datetime import timedelta

import pytest

from leadmaild.model.outgoing import Delivery, RecipientResult
from tests.dealership import HOURS, enquiry
from tests.pipeline.a_person import (
    ADDRESS,
    TRACES,
    erase,
    of_frieda,
    traces_in_tables,
)
from tests.pipeline.steps import MONDAY_10, FakeClock, SameProcessReader, ScriptedTransport, outcomes

pytestmark = [pytest.mark.asyncio, pytest.mark.rule("R181")]

SECOND = timedelta(seconds=1)


@pytest.mark.rule("AR-24")
async def test_a_new_enquiry_makes_a_lead_and_gets_no_automatic_mail(bench):
    await bench.take(of_frieda(1))
    await bench.run()
    await erase(bench)
    bench.clock.advance(SECOND)
    await bench.take(of_frieda(2))
    await bench.run()

    old, new = await bench.leads()
    assert (new.state, new.contact.email, new.previous_lead) == ("open", ADDRESS, None)
    assert new.contact.id != old.contact.id
    first, second = await bench.queue("autoresponse")
    assert (first.state, second.state, second.why) == ("sent", "suppressed", "AR-24")
    assert len(bench.transport.to(ADDRESS)) == 1


async def test_somebody_who_never_wrote_is_suppressed_all_the_same(bench):
    person = await erase(bench)
    bench.clock.advance(SECOND)
    await bench.take(of_frieda(1))
    await bench.run()

    assert (person.contacts, person.leads, person.mails) == ((), (), ())
    assert [line.state for line in await bench.queue("autoresponse")] == ["suppressed"]


async def test_mail_that_waits_unread_is_dropped_when_it_is_read(bench, database_setting, tmp_path):
    await bench.take(of_frieda(1))
    await bench.take(enquiry(2))
    await erase(bench)
    await bench.run()

    assert outcomes(await bench.journal()) == ["ignored", "lead"]
    assert [lead.contact.email for lead in await bench.leads()] == ["kunde2@kunden.example"]
    assert traces_in_tables(database_setting, tmp_path) == []


@pytest.mark.rule("PF68")
async def test_a_copy_that_comes_later_is_kept_no_longer_than_the_first(bench, database_setting, tmp_path):
    await bench.take(of_frieda(1))
    await bench.run()
    await erase(bench)
    bench.clock.advance(timedelta(days=1))
    await bench.take(of_frieda(1))
    await bench.run()

    assert outcomes(await bench.journal()) == ["lead", "duplicate"]
    assert traces_in_tables(database_setting, tmp_path) == []


@pytest.mark.rule("PF68")
async def test_old_mail_found_in_a_mailbox_that_is_new_to_us_does_not_bring_the_person_back(
    bench, database_setting, tmp_path
):
    await erase(bench)
    bench.clock.advance(timedelta(days=1))
    written = "Sun, 01 Mar 2026 10:00:00 +0100"
    await bench.take(of_frieda(1, date=written), is_first_scan=True)
    await bench.take(of_frieda(2, date="Tue, 03 Mar 2026 10:00:00 +0100"), is_first_scan=True)
    await bench.run()

    assert outcomes(await bench.journal()) == ["ignored", "lead"]
    assert len(await bench.leads()) == 1


class HangingTransport(ScriptedTransport):
    """Takes a mail and says nothing until it is told to."""

    def __init__(self):
        super().__init__()
        self.goes_on = asyncio.Event()
        self.has_begun = asyncio.Event()

    async def send(self, mail):
        self.has_begun.set()
        await self.goes_on.wait()
        return await super().send(mail)


async def test_what_is_on_its_way_leaves_no_trace_when_it_arrives(open_dealership, database_setting, tmp_path):
    transport = HangingTransport()
    bench = await open_dealership(outside={"transport": transport})
    await bench.take(of_frieda(1))
    await bench.gateway.intake.step()
    await bench.gateway.deliver.step()
    await transport.has_begun.wait()
    assert "sending" in {line.state for line in await bench.queue()}

    await erase(bench)
    transport.goes_on.set()
    await bench.gateway.deliver.finish()
    await bench.run()

    assert {line.state for line in await bench.queue()} == {"cancelled"}
    assert traces_in_tables(database_setting, tmp_path) == []


async def test_what_has_not_left_does_not_leave(open_dealership):
    bench = await open_dealership(tables=HOURS, clock=FakeClock(MONDAY_10 + timedelta(hours=10)))
    bench.transport.answer = lambda _mail, address: RecipientResult(address, Delivery.DEFERRED, "451 4.3.0 later")
    await bench.take(of_frieda(1))
    await bench.run()
    assert {line.state for line in await bench.queue()} == {"deferred", "held"}
    await erase(bench)
    bench.transport.sent.clear()
    await bench.run_until(bench.clock.now() + timedelta(days=2))

    assert {line.state for line in await bench.queue()} == {"cancelled"}
    assert bench.transport.sent == []


async def test_a_digest_that_waits_is_composed_anew_without_the_person(open_dealership, database_setting, tmp_path):
    bench = await open_dealership(tables=HOURS, clock=FakeClock(MONDAY_10 + timedelta(hours=10)), location="")
    async with bench.gateway.database.transaction() as tx:
        await tx.people.set_flag("schmidt", "receives_leads", False, file_value=True, now=bench.clock.now())
        await tx.commit()
    for mail in (of_frieda(1), enquiry(2), enquiry(3)):
        await bench.take(mail)
    await bench.run()
    is_staff = {"mueller@autohaus-beispiel.example"}
    bench.transport.answer = lambda mail, address: RecipientResult(
        address, *((Delivery.DEFERRED, "451 later") if address in is_staff else (Delivery.DELIVERED, "250 ok"))
    )
    await bench.run_until(MONDAY_10 + timedelta(hours=23, minutes=1))
    assert len({line.message_id for line in await bench.queue("new_lead")}) == 1

    await erase(bench)
    assert traces_in_tables(database_setting, tmp_path) == []
    bench.transport.answer = lambda _mail, address: RecipientResult(address, Delivery.DELIVERED, "250 ok")
    bench.transport.sent.clear()
    await bench.run_until(bench.clock.now() + timedelta(hours=1))
    told = [mail.raw.decode().lower() for mail in bench.transport.to("mueller@autohaus-beispiel.example")]
    assert told
    assert not [trace for text in told for trace in TRACES if trace in text]
    assert [line.state for line in await bench.queue("new_lead")] == ["cancelled", "sent", "sent"]


async def test_a_mail_in_the_hands_of_the_reader_is_let_go_of(open_dealership, sources, database_setting, tmp_path):
    class Reader(SameProcessReader):
        async def read(self, raw, context):
            if ADDRESS.encode() in raw and await bench.journal():
                await erase(bench)
            return await super().read(raw, context)

    bench = await open_dealership(outside={"reader": Reader(sources)})
    await bench.take(of_frieda(1))
    await bench.take(enquiry(2))
    await bench.run()

    assert outcomes(await bench.journal()) == ["ignored", "lead"]
    assert traces_in_tables(database_setting, tmp_path) == []


async def test_an_answer_to_an_old_mail_of_ours_is_not_tied_to_the_erased_lead(bench):
    await bench.take(of_frieda(1))
    await bench.run()
    (answered,) = bench.transport.to(ADDRESS)
    await erase(bench)
    bench.clock.advance(SECOND)
    reply = {"message_id": f"<re@kunden.example>\r\nIn-Reply-To: {answered.message_id}"}
    await bench.take(of_frieda(2, **reply))
    await bench.run()

    old, new = await bench.leads()
    assert (old.state, new.state, new.previous_lead) == ("closed", "open", None)


@pytest.mark.rule("PF68")
async def test_a_bounce_or_vacation_note_that_comes_after_the_erasure_is_not_kept(bench, database_setting, tmp_path):
    await bench.take(of_frieda(1))
    await bench.run()
    (answered,) = bench.transport.to(ADDRESS)
    await erase(bench)
    bench.clock.advance(SECOND)
    about = {"message_id": f"<v@kunden.example>\r\nIn-Reply-To: {answered.message_id}\r\nAuto-Submitted: auto-replied"}
    await bench.take(of_frieda(2, **about))
    bounce = (
        "From: MAILER-DAEMON@relay.example\r\nTo: x\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        f"--b\r\nContent-Type: text/plain\r\n\r\n{ADDRESS} is gone\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; relay.example\r\n\r\n"
        f"Final-Recipient: rfc822; {ADDRESS}\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {answered.message_id}\r\n\r\n--b--\r\n"
    ).encode()
    await bench.take(bounce, answered.reverse_path, sender="")
    await bench.run()

    assert outcomes(await bench.journal()) == ["lead", "ignored", "ignored"]
    assert traces_in_tables(database_setting, tmp_path) == []
