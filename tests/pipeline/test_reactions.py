"""Reactions: what people do for a customer ends the clock in the same transaction."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default

import pytest

from leadmaild.commands.leads import assign_lead
from leadmaild.commands.reactions import (
    answer_lead,
    call_on_lead,
    close_lead,
    follow_up_lead,
    note_on_lead,
    reopen_lead,
)
from leadmaild.errors import NotFound, Refused
from leadmaild.model.lead import TimerKind, TimerState
from tests.dealership import HOURS, enquiry
from tests.pipeline.steps import MONDAY_10, FakeClock

pytestmark = pytest.mark.asyncio

LEAD = 100001
NOTICES = ("reminder", "stage1", "stage2", "follow_up", "follow_up_stage2")
MUELLER, LEITUNG = "mueller@autohaus-beispiel.example", "leitung@autohaus-beispiel.example"


async def do(bench, command, *arguments, by="mueller"):
    return await command(bench.gateway.database, bench.gateway.world.settings, LEAD, *arguments, by, bench.clock.now())


async def notices(bench):
    return [(mail.kind, mail.state, mail.sent_at - MONDAY_10 if mail.sent_at else None)
            for mail in await bench.queue(*NOTICES)]  # fmt: skip


async def timers(bench):
    async with bench.gateway.database.view() as tx:
        return await tx.timers.of_leads([LEAD])


async def open_timers(bench):
    return {t.kind for t in (await bench.lead(LEAD)).timers if t.state is TimerState.PENDING}


@pytest.fixture
def answered():
    return {
        "call": lambda bench: do(bench, call_on_lead, "Probefahrt vereinbart"),
        "answer": lambda bench: do(bench, answer_lead, "Guten Tag, gerne.", ""),
        "note": lambda bench: do(bench, note_on_lead, "ruft zurück", MONDAY_10 + timedelta(days=30)),
        "follow_up": lambda bench: do(bench, follow_up_lead, MONDAY_10 + timedelta(days=30)),
        "close": lambda bench: do(bench, close_lead, "sold"),
    }


@pytest.mark.rule("R24")
@pytest.mark.rule("R125")
@pytest.mark.parametrize("how", ["call", "answer", "note", "follow_up", "close"])
async def test_a_reaction_ends_the_first_response_clock(bench, answered, how):
    await bench.take(enquiry(1))
    await bench.run()
    await answered[how](bench)
    await bench.run_until(MONDAY_10 + timedelta(days=2))

    assert await notices(bench) == []
    first = [t for t in (await bench.lead(LEAD)).timers if t.kind in ("reminder", "stage1", "stage2")]
    assert {t.state for t in first} == {TimerState.CANCELLED}


@pytest.mark.rule("R24")
@pytest.mark.rule("R25")
async def test_a_change_of_assignee_is_no_reaction_and_the_notices_go_to_the_new_one(bench):
    await bench.take(enquiry(1))
    await bench.run()
    await do(bench, assign_lead, "schmidt", by="leitung")
    await bench.run_until(MONDAY_10 + timedelta(minutes=125))

    (stage1,) = await bench.queue("stage1")
    assert stage1.to == ("schmidt@autohaus-beispiel.example",)
    assert (await bench.lead(LEAD)).due_at == MONDAY_10 + timedelta(hours=2)


@pytest.mark.rule("R21")
async def test_a_lead_answered_on_sunday_is_not_told_to_the_supervisor_on_monday(open_dealership):
    saturday_11 = datetime(2026, 3, 7, 10, 0, tzinfo=UTC)
    bench = await open_dealership(clock=FakeClock(saturday_11), tables=HOURS)
    await bench.take(enquiry(1))  # stage 1 at 13:00, stage 2 at 17:00, both after closing
    await bench.run_until(saturday_11 + timedelta(hours=24))
    await do(bench, call_on_lead, "am Sonntag erreicht")
    await bench.run_until(saturday_11 + timedelta(days=3))

    assert {(mail.kind, mail.state, mail.why) for mail in await bench.queue("stage1", "stage2")} == {
        ("stage1", "cancelled", "answered (R21)"),
        ("stage2", "cancelled", "answered (R21)"),
    }


@pytest.mark.rule("R129")
async def test_after_an_answer_without_a_follow_up_nothing_is_due(bench):
    await bench.take(enquiry(1))
    await bench.run()
    await do(bench, call_on_lead, "")

    assert (await bench.lead(LEAD)).due_at is None


@pytest.mark.rule("R129")
@pytest.mark.rule("R26")
async def test_the_customers_next_message_begins_a_cycle_of_its_own(bench):
    await bench.take(enquiry(1))
    await bench.run()
    await do(bench, call_on_lead, "")
    bench.clock.advance(timedelta(hours=5))
    await bench.take(enquiry(1, message_id="<mehr@kunden.example>", text="Noch eine Frage: Klimaanlage?\r\n"))
    await bench.run()
    lead = await bench.lead(LEAD)
    assert (lead.cycle, lead.due_at) == (2, MONDAY_10 + timedelta(hours=7))
    await bench.run_until(MONDAY_10 + timedelta(days=1))

    assert [kind for kind, _state, _at in await notices(bench)] == ["reminder", "stage1", "stage2"]


async def ask_again(bench, number):
    text = f"Noch eine Frage, die Nummer {number}: Klimaanlage?\r\n"
    await bench.take(enquiry(1, message_id=f"<{number}@kunden.example>", text=text))
    await bench.run()


@pytest.mark.rule("R129")
@pytest.mark.rule("R26")
@pytest.mark.rule("Q16")
async def test_the_supervisor_is_told_once_of_a_silence_in_which_the_customer_writes_again(bench):
    await bench.take(enquiry(1))
    await bench.run_until(MONDAY_10 + timedelta(hours=3))  # stage 1 has fired, stage 2 comes at six hours
    await ask_again(bench, 1)
    assert (await bench.lead(LEAD)).cycle == 2
    await bench.run_until(MONDAY_10 + timedelta(days=1))

    hours = [(kind, at / timedelta(hours=1)) for kind, _state, at in await notices(bench) if kind != "reminder"]
    assert hours == [("stage1", 2.0), ("stage1", 5.0), ("stage2", 6.0)]
    second = {t.cycle: t for t in await timers(bench) if t.timer.kind == "stage2"}[2]
    assert (second.timer.state, "was told" in second.timer.why) == (TimerState.SKIPPED, True)


@pytest.mark.rule("R26")
@pytest.mark.rule("PF47")
async def test_what_the_customer_writes_after_the_supervisor_was_told_is_a_silence_of_its_own(bench):
    await bench.take(enquiry(1))
    await bench.run_until(MONDAY_10 + timedelta(hours=7))
    await ask_again(bench, 1)
    await bench.run_until(MONDAY_10 + timedelta(days=1))

    assert [at / timedelta(hours=1) for kind, _state, at in await notices(bench) if kind == "stage2"] == [6.0, 13.0]


@pytest.mark.rule("R26")
async def test_an_answer_between_two_messages_makes_two_silences(bench):
    await bench.take(enquiry(1))
    await bench.run_until(MONDAY_10 + timedelta(hours=7))
    await do(bench, call_on_lead, "")
    bench.clock.advance(timedelta(hours=1))
    await ask_again(bench, 1)
    await bench.run_until(MONDAY_10 + timedelta(days=1))

    assert [at / timedelta(hours=1) for kind, _state, at in await notices(bench) if kind == "stage2"] == [6.0, 14.0]


@pytest.mark.rule("R16")
@pytest.mark.rule("R61")
@pytest.mark.rule("R84")
async def test_a_follow_up_is_told_at_its_minute_and_then_to_the_supervisor(open_dealership):
    bench = await open_dealership(escalation='stage1 = "2h"\n  stage2_follow_up = "1d"')
    await bench.take(enquiry(1))
    await bench.run()
    moment = MONDAY_10 + timedelta(days=3, minutes=7)
    await do(bench, follow_up_lead, moment)
    assert (await bench.lead(LEAD)).due_kind == "follow_up"
    await bench.run_until(moment + timedelta(days=2))

    assert [(m.kind, m.to, m.sent_at) for m in await bench.queue(*NOTICES)] == [
        ("follow_up", (MUELLER,), moment),
        ("follow_up_stage2", (LEITUNG,), moment + timedelta(days=1)),
    ]


@pytest.mark.rule("R26")
async def test_a_new_follow_up_date_takes_the_place_of_the_old_one(bench):
    await bench.take(enquiry(1))
    await bench.run()
    await do(bench, follow_up_lead, MONDAY_10 + timedelta(days=1))
    await do(bench, follow_up_lead, MONDAY_10 + timedelta(days=5))
    await bench.run_until(MONDAY_10 + timedelta(days=4))

    assert await notices(bench) == []
    lead = await bench.lead(LEAD)
    assert (lead.due_at, lead.cycle) == (MONDAY_10 + timedelta(days=5), 3)


@pytest.mark.rule("R129")
async def test_an_answer_leaves_a_follow_up_that_has_not_come(bench):
    await bench.take(enquiry(1))
    await bench.run()
    moment = MONDAY_10 + timedelta(days=2)
    await do(bench, follow_up_lead, moment)
    await do(bench, answer_lead, "Bis dann.", "")

    assert (await bench.lead(LEAD)).due_at == moment
    assert await open_timers(bench) == {TimerKind.FOLLOW_UP}


@pytest.mark.rule("R24")
async def test_a_reaction_after_the_follow_up_date_ends_the_follow_up(open_dealership):
    bench = await open_dealership(escalation='stage2_follow_up = "1d"')
    await bench.take(enquiry(1))
    await bench.run()
    await do(bench, follow_up_lead, MONDAY_10 + timedelta(days=1))
    await bench.run_until(MONDAY_10 + timedelta(days=1, hours=1))
    assert (await bench.lead(LEAD)).due_at == MONDAY_10 + timedelta(days=1)
    await do(bench, call_on_lead, "")
    await bench.run_until(MONDAY_10 + timedelta(days=4))

    assert [kind for kind, _state, _at in await notices(bench)] == ["follow_up"]
    assert (await bench.lead(LEAD)).due_at is None


@pytest.mark.rule("R59")
@pytest.mark.rule("R60")
async def test_follow_ups_that_do_not_keep_to_the_hours_leave_on_sunday_but_not_on_a_day_off(open_dealership):
    day_off = "\n  [[location.day_off]]\n  from = 2026-03-09\n"
    bench = await open_dealership(tables=HOURS + day_off, location="follow_up_within_hours = false")
    await bench.take(enquiry(1))
    await bench.run()
    sunday_15 = datetime(2026, 3, 8, 14, 0, tzinfo=UTC)
    await do(bench, follow_up_lead, sunday_15)
    await bench.run_until(sunday_15 + timedelta(hours=1))
    (told,) = await bench.queue("follow_up")
    assert told.sent_at == sunday_15

    await do(bench, follow_up_lead, sunday_15 + timedelta(days=1))
    await bench.run_until(sunday_15 + timedelta(days=3))
    _first, second = await bench.queue("follow_up")
    assert second.sent_at == datetime(2026, 3, 9, 23, 0, tzinfo=UTC)  # midnight in Munich, when the run has ended


@pytest.mark.rule("R59")
async def test_follow_ups_wait_for_opening_where_they_shall(open_dealership):
    bench = await open_dealership(tables=HOURS)
    await bench.take(enquiry(1))
    await bench.run()
    await do(bench, follow_up_lead, datetime(2026, 3, 8, 14, 0, tzinfo=UTC))
    await bench.run_until(datetime(2026, 3, 10, 8, 0, tzinfo=UTC))

    (told,) = await bench.queue("follow_up")
    assert told.sent_at == datetime(2026, 3, 9, 8, 0, tzinfo=UTC)


@pytest.mark.rule("R86")
async def test_a_follow_up_in_the_past_is_refused(bench):
    await bench.take(enquiry(1))
    await bench.run()
    for command in (follow_up_lead, lambda *a: note_on_lead(*a[:3], "x", *a[3:])):
        with pytest.raises(Refused, match="past"):
            await do(bench, command, MONDAY_10 - timedelta(minutes=1))

    assert await open_timers(bench) == {TimerKind.REMINDER, TimerKind.STAGE1, TimerKind.STAGE2}


@pytest.mark.rule("R124")
async def test_a_note_needs_a_new_due_date_unless_the_lead_is_closed(bench):
    await bench.take(enquiry(1))
    await bench.run()
    with pytest.raises(Refused, match="due date"):
        await do(bench, note_on_lead, "ohne Termin", None)
    await do(bench, close_lead, "sold")
    await do(bench, note_on_lead, "hat sich bedankt", None)

    assert [a.text for a in (await bench.lead(LEAD)).activities if a.kind == "note"] == ["hat sich bedankt"]


@pytest.mark.rule("R126")
@pytest.mark.rule("R131")
@pytest.mark.rule("PF52")
async def test_closing_needs_a_reason_that_can_be_chosen_and_cancels_every_timer(open_dealership):
    hidden = '\n  [[location.completion_reason]]\n  key = "not_reached"\n  hidden = true\n'
    bench = await open_dealership(tables=hidden)
    await bench.take(enquiry(1))
    await bench.run()
    await do(bench, follow_up_lead, MONDAY_10 + timedelta(days=2))
    for reason, words in (("", "reason"), ("nonsense", "no reason"), ("not_reached", "hidden")):
        with pytest.raises(Refused, match=words):
            await do(bench, close_lead, reason)
    await do(bench, close_lead, "no_interest")
    await bench.run_until(MONDAY_10 + timedelta(days=4))

    lead = await bench.lead(LEAD)
    assert (lead.state, lead.completion_reason, lead.due_at) == ("closed", "no_interest", None)
    assert {t.state for t in lead.timers} == {TimerState.CANCELLED}
    assert await notices(bench) == []
    with pytest.raises(Refused, match="closed"):
        await do(bench, close_lead, "sold")


@pytest.mark.rule("R130")
@pytest.mark.rule("R131")
async def test_a_hidden_reason_stays_on_old_leads(open_dealership):
    bench = await open_dealership()
    await bench.take(enquiry(1))
    await bench.run()
    await do(bench, close_lead, "sold")
    again = await open_dealership(tables='\n  [[location.completion_reason]]\n  key = "sold"\n  hidden = true\n')

    assert (await again.lead(LEAD)).completion_reason == "sold"


async def test_a_reopened_lead_is_open_with_nothing_due(bench):
    await bench.take(enquiry(1))
    await bench.run()
    with pytest.raises(Refused, match="open"):
        await do(bench, reopen_lead)
    await do(bench, close_lead, "sold")
    await do(bench, reopen_lead)
    await bench.run_until(MONDAY_10 + timedelta(days=3))

    lead = await bench.lead(LEAD)
    assert (lead.state, lead.completion_reason, lead.due_at) == ("open", None, None)
    assert await notices(bench) == []


@pytest.mark.rule("R105")
async def test_an_answer_goes_to_the_customer_in_the_thread_of_his_mail(bench):
    await bench.take(enquiry(1))
    await bench.run()
    await do(bench, answer_lead, "Guten Tag,\n\nder Golf ist noch da.", "")
    await bench.run()

    _autoresponse, sent = bench.transport.to("kunde1@kunden.example")
    mail = message_from_bytes(sent.raw, policy=default)
    assert mail["In-Reply-To"] == "<enquiry-1@kunden.example>"
    assert "autohaus-beispiel@dein.auto" in mail["From"]
    assert mail["Auto-Submitted"] is None
    assert "der Golf ist noch da." in mail.get_body(("plain",)).get_content()
    assert "Autohaus Beispiel München" in mail.get_body(("plain",)).get_content()  # the general footer
    activities = [a for a in (await bench.lead(LEAD)).activities if a.details.get("kind") == "answer"]
    assert [(a.kind, a.by, a.text) for a in activities] == [
        ("mail_out", "mueller", "Guten Tag,\n\nder Golf ist noch da.")
    ]


@pytest.mark.rule("R54")
async def test_in_tracking_mode_nobody_answers_from_here(open_dealership):
    bench = await open_dealership(location='mode = "tracking"')
    await bench.take(enquiry(1))
    await bench.run()
    with pytest.raises(Refused, match="tracking"):
        await do(bench, answer_lead, "Guten Tag", "")

    assert await bench.queue("answer") == []


@pytest.mark.rule("R53")
async def test_an_answer_is_recorded_as_suppressed_where_no_mail_may_leave(open_dealership):
    bench = await open_dealership(location="send_emails = false")
    await bench.take(enquiry(1))
    await bench.run()
    await do(bench, answer_lead, "Guten Tag", "")
    await bench.run()

    assert [mail.state for mail in await bench.queue("answer")] == ["suppressed"]
    assert bench.transport.sent == []


@pytest.mark.rule("Q3")
async def test_a_follow_up_in_tracking_mode_is_a_due_date_of_which_nobody_is_told(open_dealership):
    bench = await open_dealership(location='mode = "tracking"')
    await bench.take(enquiry(1))
    await bench.run()
    moment = MONDAY_10 + timedelta(days=1)
    await do(bench, follow_up_lead, moment)
    await bench.run_until(MONDAY_10 + timedelta(days=2))

    assert (await bench.lead(LEAD)).due_at == moment
    assert await notices(bench) == []


@pytest.mark.rule("Q23")
async def test_the_first_assignee_who_reacts_becomes_the_contacts_own_user(bench):
    await bench.take(enquiry(1))
    await bench.run()
    await do(bench, call_on_lead, "", by="leitung")  # a colleague: not the assignee
    await do(bench, assign_lead, "schmidt", by="leitung")
    await do(bench, call_on_lead, "", by="schmidt")
    await do(bench, assign_lead, "mueller", by="leitung")
    await do(bench, call_on_lead, "")

    assert (await bench.lead(LEAD)).contact.assigned_user == "schmidt"


async def test_an_unknown_user_or_lead_is_not_found(bench):
    await bench.take(enquiry(1))
    await bench.run()
    with pytest.raises(NotFound, match="niemand"):
        await do(bench, call_on_lead, "", by="niemand")
    with pytest.raises(NotFound, match="7"):
        await call_on_lead(bench.gateway.database, bench.gateway.world.settings, 7, "", "mueller", bench.clock.now())
