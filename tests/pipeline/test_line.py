"""The straight line: a mail goes in, a lead and an answer come out."""

import asyncio
from datetime import timedelta
from email import message_from_bytes
from email.policy import default

import pytest

from leadmaild.model.outgoing import Delivery, RecipientResult
from tests.dealership import HOURS, MAILBOX, enquiry
from tests.pipeline.steps import MONDAY_10, FakeClock, outcomes

pytestmark = pytest.mark.asyncio


async def test_a_mail_becomes_a_lead_an_answer_and_a_notice(bench):
    reply = await bench.take(enquiry(1))
    await bench.run()

    assert reply.code == 250
    (lead,) = await bench.leads()
    assert (lead.number, lead.assignee, lead.assignment_reason) == (100001, "mueller", "rolling")
    assert lead.contact.emails == ("kunde1@kunden.example",)
    assert lead.arrived_at == MONDAY_10
    assert [(mail.kind, mail.state) for mail in await bench.queue()] == [
        ("new_lead", "sent"),
        ("autoresponse", "sent"),
    ]
    assert [mail.recipients for mail in bench.transport.sent] == [
        ("mueller@autohaus-beispiel.example",),
        ("kunde1@kunden.example",),
    ]


@pytest.mark.rule("R112")
async def test_the_answer_goes_to_the_customer_in_the_form_of_rfc_3834(bench):
    await bench.take(enquiry(1))
    await bench.run()

    (sent,) = bench.transport.to("kunde1@kunden.example")
    answer = message_from_bytes(sent.raw, policy=default)
    assert answer["Auto-Submitted"] == "auto-replied"
    assert answer["X-Auto-Response-Suppress"] == "All"
    assert answer["In-Reply-To"] == "<enquiry-1@kunden.example>"
    assert answer["To"] == "kunde1@kunden.example"
    assert answer["Message-ID"].startswith("<out.100001.")
    assert sent.reverse_path.startswith("autohaus-beispiel+t")
    assert sent.reverse_path.endswith("@dein.auto")
    assert answer["Subject"].endswith("[Anfrage 100001]")


@pytest.mark.rule("R76")
async def test_turns_alternate_and_survive_a_restart(open_dealership):
    bench = await open_dealership()
    for number in (1, 2, 3):
        await bench.take(enquiry(number))
        await bench.run()
    again = await open_dealership()
    await again.take(enquiry(4))
    await again.run()

    assert [lead.assignee for lead in await again.leads()] == ["mueller", "schmidt", "mueller", "schmidt"]


@pytest.mark.rule("R35")
async def test_a_second_mail_of_a_customer_joins_his_open_lead(bench):
    await bench.take(enquiry(1))
    await bench.run()
    bench.clock.advance(timedelta(hours=1))
    again = enquiry(
        1, subject="Noch eine Frage", message_id="<more@kunden.example>", text="Hat er eine Klimaanlage?\r\n"
    )
    await bench.take(again)
    await bench.run()

    assert outcomes(await bench.journal()) == ["lead", "joined"]
    (lead,) = await bench.leads()
    assert len(bench.transport.to("kunde1@kunden.example")) == 1
    told = [mail.kind for mail in await bench.queue() if mail.recipient == "assignee"]
    assert told == ["new_lead", "customer_message"]
    assert "Klimaanlage" in (await bench.lead(lead.number)).activities[-2].text


@pytest.mark.rule("SP-03")
@pytest.mark.rule("BI-45")
async def test_the_same_mail_ten_times_makes_one_lead_and_one_answer(bench):
    for hop in range(10):
        received = f"Received: from mx{hop}.kunden.example by mx.dein.auto; Mon, 02 Mar 2026 10:00:0{hop} +0100\r\n"
        reply = await bench.take(received.encode() + enquiry(1))
        assert reply.code == 250
    await bench.run()

    assert outcomes(await bench.journal()) == ["lead"] + ["duplicate"] * 9
    assert len(await bench.leads()) == 1
    assert len(bench.transport.to("kunde1@kunden.example")) == 1


@pytest.mark.rule("SP-04")
@pytest.mark.rule("BI-46")
async def test_another_mail_with_a_used_message_id_is_another_lead(bench):
    await bench.take(enquiry(1))
    await bench.take(enquiry(2, message_id="<enquiry-1@kunden.example>"))
    await bench.run()

    assert len(await bench.leads()) == 2


@pytest.mark.rule("R18")
@pytest.mark.rule("R113")
async def test_at_night_the_customer_is_answered_at_once_and_the_seller_in_the_morning(open_dealership):
    clock = FakeClock(MONDAY_10 + timedelta(hours=12))
    bench = await open_dealership(clock=clock, tables=HOURS)
    await bench.take(enquiry(1))
    await bench.run()
    assert [mail.recipients for mail in bench.transport.sent] == [("kunde1@kunden.example",)]

    clock.advance(timedelta(hours=10, minutes=59))
    await bench.run()
    assert not bench.transport.to("mueller@autohaus-beispiel.example")

    clock.advance(timedelta(minutes=1))
    await bench.run()
    assert len(bench.transport.to("mueller@autohaus-beispiel.example")) == 1


@pytest.mark.rule("R28")
async def test_notices_held_to_one_opening_go_as_one_digest(open_dealership):
    clock = FakeClock(MONDAY_10 + timedelta(hours=12))
    bench = await open_dealership(clock=clock, tables=HOURS)
    for number in (1, 2, 3, 4):
        await bench.take(enquiry(number))
    await bench.run()
    clock.advance(timedelta(hours=11))
    await bench.run()

    (digest,) = bench.transport.to("mueller@autohaus-beispiel.example")
    lines = [mail for mail in await bench.queue("new_lead") if mail.to == ("mueller@autohaus-beispiel.example",)]
    assert len(lines) == 2
    assert {(line.state, line.message_id) for line in lines} == {("sent", digest.message_id)}
    assert b"100001" in digest.raw
    assert b"100003" in digest.raw


@pytest.mark.rule("R53")
async def test_send_emails_no_records_everything_and_sends_nothing(open_dealership):
    bench = await open_dealership(location="send_emails = false")
    await bench.take(enquiry(1))
    await bench.run()

    assert bench.transport.sent == []
    shown = [(mail.kind, mail.state, mail.why) for mail in await bench.queue()]
    assert shown == [("new_lead", "suppressed", "R53"), ("autoresponse", "suppressed", "R53")]
    async with bench.gateway.database.view() as tx:
        kept = await tx.listings.queue_item(2)
    assert b"Auto-Submitted: auto-replied" in kept.raw
    assert len(await bench.leads()) == 1


@pytest.mark.rule("R50")
@pytest.mark.rule("BI-25")
@pytest.mark.parametrize("content", [b"", b"\r\n\r\n", b"\r\n\r\n\r\n\r\n", b"Subject: nur Kopf\r\n\r\n"])
async def test_a_mail_without_anything_in_it_is_reported_and_does_not_stop_the_next(bench, content):
    await bench.take(content, sender="")
    await bench.take(enquiry(1))
    await bench.run()

    assert outcomes(await bench.journal()) == ["unparsed", "lead"]
    (notice,) = await bench.queue("unassigned_notice")
    assert (notice.state, notice.to) == ("sent", ("info@autohaus-beispiel.example",))


async def test_two_locations_addressed_in_one_mail_have_an_entry_each(open_dealership):
    second = """
[[location]]
code = "NUE"
name = "Autohaus Beispiel Nürnberg"
mailbox = "nuernberg@dein.auto"
admin_user = "admin"
"""
    bench = await open_dealership(more=second)
    await bench.take(enquiry(1), MAILBOX, "nuernberg@dein.auto", MAILBOX)
    await bench.run()

    entries = await bench.journal()
    assert sorted((entry.location, entry.outcome) for entry in entries) == [("MUC", "lead"), ("NUE", "lead")]
    assert {entry.message_id for entry in entries} == {entries[0].message_id}


@pytest.mark.rule("BI-04")
async def test_mail_to_postmaster_goes_to_the_people_who_run_the_gateway(bench):
    assert (await bench.take(enquiry(1), "postmaster@dein.auto")).code == 250
    assert (await bench.take(enquiry(2), "postmaster")).code == 250
    await bench.run()

    assert [(e.outcome, e.reason) for e in await bench.journal()] == [("ignored", "postmaster")] * 2
    assert {mail.recipients for mail in bench.transport.sent} == {("betrieb@gateway.example",)}
    assert await bench.leads() == []


@pytest.mark.rule("PF23")
@pytest.mark.rule("AR-24")
async def test_a_bounce_of_our_answer_suppresses_the_address_and_is_shown_on_the_lead(bench):
    await bench.take(enquiry(1))
    await bench.run()
    (answer,) = bench.transport.to("kunde1@kunden.example")
    bounce = (
        f"From: MAILER-DAEMON@mx.kunden.example\r\nTo: {answer.reverse_path}\r\nSubject: Undelivered Mail\r\n"
        "MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: text/plain\r\n\r\nno such user\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.kunden.example\r\n\r\n"
        "Final-Recipient: rfc822; kunde1@kunden.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {answer.message_id}\r\n\r\n--b--\r\n"
    ).encode()
    assert (await bench.take(bounce, answer.reverse_path, sender="")).code == 250
    await bench.run()

    assert outcomes(await bench.journal()) == ["lead", "bounce"]
    sent_before = len(bench.transport.sent)
    async with bench.gateway.database.view() as tx:
        listed = await tx.suppression.standing(["Kunde1@kunden.example"], bench.gateway.world.suppression_key)
        assert [str(line.reason) for line in listed.values()] == ["hard_bounce"]
    details = [a.details for a in (await bench.lead(100001)).activities]
    assert any(d.get("bounce") for d in details)
    assert len(bench.transport.sent) == sent_before


@pytest.mark.rule("SP-05")
async def test_a_reply_address_with_a_forged_token_is_not_ours(bench):
    assert bench.gateway.accept.refusal_for("autohaus-beispiel+t1deadbeef0000@dein.auto").code == 550
    assert bench.gateway.accept.refusal_for("jemand@anderswo.example").enhanced_code == "5.7.1"
    assert bench.gateway.accept.refusal_for("unbekannt@dein.auto").enhanced_code == "5.1.1"
    assert bench.gateway.accept.refusal_for(MAILBOX.upper()) is None


@pytest.mark.rule("PF54")
async def test_5yz_is_final_and_4yz_is_tried_again(bench):
    replies = iter(["451 4.3.0 later", "451 4.3.0 later", "250 2.0.0 ok"])

    def answer(mail, address):
        if address.startswith("mueller"):
            return RecipientResult(address, Delivery.REFUSED, "550 5.1.1 unknown")
        reply = next(replies)
        return RecipientResult(address, Delivery.DELIVERED if reply[0] == "2" else Delivery.DEFERRED, reply)

    bench.transport.answer = answer
    await bench.take(enquiry(1))
    await bench.run()
    states = {mail.kind: (mail.state, mail.attempts) for mail in await bench.queue()}
    assert states == {"new_lead": ("failed", 1), "autoresponse": ("deferred", 1)}
    for _ in range(2):
        bench.clock.advance(timedelta(minutes=10))
        await bench.run()

    states = {mail.kind: (mail.state, mail.attempts) for mail in await bench.queue()}
    assert states == {"new_lead": ("failed", 1), "autoresponse": ("sent", 3)}
    (first, *others) = bench.transport.to("kunde1@kunden.example")
    assert {mail.message_id for mail in others} == {first.message_id}
    assert {mail.raw for mail in others} == {first.raw}


@pytest.mark.rule("PF55")
async def test_customer_mail_in_doubt_waits_for_a_person_staff_mail_is_sent_again(bench):
    bench.transport.answer = lambda _mail, address: RecipientResult(address, Delivery.IN_DOUBT, "")
    await bench.take(enquiry(1))
    await bench.run()
    states = {mail.kind: mail.state for mail in await bench.queue()}
    assert states == {"new_lead": "deferred", "autoresponse": "in_doubt"}

    bench.transport.answer = lambda _mail, address: RecipientResult(address, Delivery.DELIVERED, "250 ok")
    bench.clock.advance(timedelta(hours=1))
    await bench.run()
    states = {mail.kind: mail.state for mail in await bench.queue()}
    assert states == {"new_lead": "sent", "autoresponse": "in_doubt"}
    assert len(bench.transport.to("kunde1@kunden.example")) == 1


@pytest.mark.rule("PF3")
@pytest.mark.rule("PF4")
async def test_a_mail_that_breaks_us_each_time_is_set_aside_and_the_others_go_on(bench, monkeypatch):
    from leadmaild.pipeline import intake

    whole = intake.decide

    def breaks_on_poison(reading, *rest):
        if "Gift" in reading.subject:
            raise RuntimeError("poison")
        return whole(reading, *rest)

    monkeypatch.setattr(intake, "decide", breaks_on_poison)
    await bench.take(enquiry(1, subject="Gift"))
    await bench.take(enquiry(2))
    for _ in range(6):
        await bench.run()
        bench.clock.advance(timedelta(hours=1))

    assert outcomes(await bench.journal()) == ["set_aside", "lead"]
    (notice,) = await bench.queue("unassigned_notice")
    assert notice.state == "sent"


async def test_many_mails_at_once_share_commits_and_are_all_there(bench, monkeypatch):
    commits = 0
    whole = bench.gateway.accept._write

    async def counted(mails):
        nonlocal commits
        commits += 1
        await whole(mails)

    monkeypatch.setattr(bench.gateway.accept._group, "_write", counted)
    replies = await asyncio.gather(*(bench.take(enquiry(number)) for number in range(60)))

    assert {reply.code for reply in replies} == {250}
    assert len(await bench.journal()) == 60
    assert commits < 30


@pytest.mark.rule("PF24")
async def test_a_mark_that_leads_nowhere_is_ignored_and_the_mail_is_a_new_enquiry_with_an_answer(bench):
    await bench.take(enquiry(1, subject="Re: Ihre Anfrage [Anfrage 999999]"))
    await bench.run()

    (lead,) = await bench.leads()
    assert lead.number == 100001
    assert len(bench.transport.to("kunde1@kunden.example")) == 1


@pytest.mark.rule("PF25")
async def test_a_stranger_who_names_a_lead_does_not_get_into_it(bench):
    await bench.take(enquiry(1))
    await bench.run()
    await bench.take(enquiry(2, subject="Re: [Anfrage 100001]"))
    await bench.run()

    assert [lead.contact.emails for lead in await bench.leads()] == [
        ("kunde1@kunden.example",),
        ("kunde2@kunden.example",),
    ]


@pytest.mark.rule("R129")
async def test_the_customers_answer_to_our_answer_joins_and_nobody_is_answered_again(bench):
    await bench.take(enquiry(1))
    await bench.run()
    (answer,) = bench.transport.to("kunde1@kunden.example")
    reply = enquiry(1, subject="AW: Ihre Anfrage", message_id="<reply@kunden.example>", to=answer.reverse_path)
    reply = reply.replace(b"MIME-Version", f"In-Reply-To: {answer.message_id}\r\nMIME-Version".encode())
    await bench.take(reply, answer.reverse_path)
    await bench.run()

    assert outcomes(await bench.journal()) == ["lead", "joined"]
    assert len(bench.transport.to("kunde1@kunden.example")) == 1


async def test_a_sellers_reply_to_a_notice_is_not_the_customers_word(bench):
    await bench.take(enquiry(1))
    await bench.run()
    (notice,) = bench.transport.to("mueller@autohaus-beispiel.example")
    reply = enquiry(
        9,
        **{"from": "Jana Müller <mueller@autohaus-beispiel.example>"},
        subject="AW: Neue Anfrage",
        message_id="<seller@autohaus-beispiel.example>",
        text="Gerne am Samstag um zehn.\r\n",
    ).replace(b"MIME-Version", f"In-Reply-To: {notice.message_id}\r\nMIME-Version".encode())
    await bench.take(reply)
    await bench.run()

    assert [(e.outcome, e.reason) for e in await bench.journal()][1] == ("ignored", "staff_reply")
    assert await bench.queue("customer_message") == []
    assert len(bench.transport.to("kunde1@kunden.example")) == 1
    _first, told = bench.transport.to("mueller@autohaus-beispiel.example")
    assert "nicht bekommen" in _text_of(told.raw)
    (lead,) = await bench.leads()
    note = (await bench.lead(lead.number)).activities[-1]
    assert (note.kind, note.by, lead.cycle) == ("note", "mueller", 1)
    assert "Samstag" in note.text


async def test_whoever_writes_into_a_lead_from_another_address_is_named(bench):
    await bench.take(enquiry(1))
    await bench.run()
    (answer,) = bench.transport.to("kunde1@kunden.example")
    other = enquiry(7, **{"from": "zweit@zweite-adresse.example"}, to=answer.reverse_path)
    await bench.take(other, answer.reverse_path)
    await bench.run()

    _first, told = bench.transport.to("mueller@autohaus-beispiel.example")
    assert "zweit@zweite-adresse.example" in _text_of(told.raw)
    details = [a.details for a in (await bench.lead(100001)).activities]
    assert any(d.get("from") == "zweit@zweite-adresse.example" for d in details)


def _text_of(raw: bytes) -> str:
    return message_from_bytes(raw, policy=default).get_body(("plain",)).get_content()
