"""Leads by hand, and the pool: who may do what, told to whom, once."""

import asyncio
from datetime import datetime, timedelta

import pytest

from leadmaild.commands.contacts import create_contact
from leadmaild.commands.leads import (
    NewLead,
    assign_lead,
    claim_lead,
    create_lead,
    edit_lead,
    release_lead,
)
from leadmaild.commands.reactions import answer_lead, close_lead
from leadmaild.errors import NotFound, Refused
from leadmaild.model.reading import Person
from tests.dealership import HOURS, enquiry
from tests.pipeline.steps import MONDAY_10, FakeClock

pytestmark = pytest.mark.asyncio

SOURCES = frozenset({"mobile.de"})
POOL = """
[[user]]
username = "pool"
email = "pool@autohaus-beispiel.example"
locations = ["MUC"]
supervisor = "leitung"
"""
SCHMIDT = "schmidt@autohaus-beispiel.example"


async def contact(bench, **fields):
    person = Person(**({"first_name": "Erika", "last_name": "Beispiel", "email": "erika@kunden.example"} | fields))
    return await create_contact(bench.gateway.database, settings(bench), "MUC", person, bench.clock.now())


async def create(bench, by="mueller", **fields):
    new = NewLead(**({"contact": "erika@kunden.example", "source": "phone", "subject": "Anruf wegen Golf"} | fields))
    return await create_lead(bench.gateway.database, settings(bench), new, SOURCES, by, bench.clock.now())


def settings(bench):
    return bench.gateway.world.settings


async def do(bench, command, number, *arguments, by):
    return await command(bench.gateway.database, settings(bench), number, *arguments, by, bench.clock.now())


async def pool_bench(open_dealership, *, oldest_only: bool = False, **more):
    pool = f'\n  [location.pool]\n  user = "pool"\n  oldest_only = {str(oldest_only).lower()}\n'
    bench = await open_dealership(tables=more.pop("tables", "") + pool, more=POOL, **more)
    for name in ("mueller", "schmidt"):
        async with bench.gateway.database.transaction() as tx:
            await tx.people.set_flag(name, "receives_leads", False, file_value=True, now=MONDAY_10)
            await tx.commit()
    return bench


@pytest.mark.rule("R80")
@pytest.mark.rule("R81")
@pytest.mark.rule("R83")
@pytest.mark.rule("R85")
@pytest.mark.rule("R87")
async def test_a_lead_by_hand_belongs_to_its_maker_and_starts_no_clock_and_no_mail(bench):
    await contact(bench)
    made = await create(bench, note="hat am Telefon gefragt")
    await bench.run_until(MONDAY_10 + timedelta(days=3))

    lead = await bench.lead(made.number)
    assert (made.contact.name, made.is_new) == ("Erika Beispiel", True)
    assert (lead.assignee, lead.assignment_reason, lead.source) == ("mueller", "manual", "phone")
    assert (lead.subject, lead.due_at, lead.timers) == ("Anruf wegen Golf", None, ())
    assert [(a.kind, a.text, a.by) for a in lead.activities if a.kind == "note"] == [
        ("note", "hat am Telefon gefragt", "mueller")
    ]
    assert await bench.queue() == []


@pytest.mark.rule("R84")
@pytest.mark.rule("R85")
async def test_its_follow_up_is_its_due_date_and_drives_the_follow_up_clock(open_dealership):
    bench = await open_dealership(escalation='stage1 = "2h"\n  reminder = "30m"\n  stage2_follow_up = "2h"')
    await contact(bench)
    made = await create(bench, follow_up_at=datetime(2026, 3, 3, 9, 30))  # noqa: DTZ001  # the clock in Munich
    tomorrow_half_past_nine = MONDAY_10 + timedelta(hours=23, minutes=30)
    assert (await bench.lead(made.number)).due_at == tomorrow_half_past_nine
    await bench.run_until(MONDAY_10 + timedelta(days=3))

    assert [(m.kind, m.sent_at) for m in await bench.queue()] == [
        ("follow_up", tomorrow_half_past_nine),
        ("follow_up_stage2", tomorrow_half_past_nine + timedelta(hours=2)),
    ]


@pytest.mark.rule("R88")
async def test_a_retry_with_the_same_client_key_makes_no_second_lead(bench):
    await contact(bench)
    first = await create(bench, client_key="formular-1")
    again = await asyncio.gather(*(create(bench, client_key="formular-1") for _ in range(4)))

    assert {made.number for made in again} == {first.number}
    assert not any(made.is_new for made in again)
    assert len(await bench.leads()) == 1


@pytest.mark.rule("R88")
async def test_retries_at_the_same_time_make_one_lead(bench):
    await contact(bench)
    made = await asyncio.gather(*(create(bench, client_key="formular-2") for _ in range(6)))

    assert len({one.number for one in made}) == 1
    assert sum(one.is_new for one in made) == 1


@pytest.mark.rule("R82")
@pytest.mark.rule("R83")
@pytest.mark.rule("R86")
@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"source": "brieftaube"}, "no source of MUC; choose from phone, showroom, website, mobile.de"),
        ({"subject": "  "}, "subject"),
        ({"follow_up_at": MONDAY_10 - timedelta(minutes=1)}, "past"),
        ({"assignee": "admin"}, "can not be assigned"),
    ],
)
async def test_what_a_rule_forbids_is_refused_and_leaves_nothing(bench, fields, words):
    await contact(bench)
    with pytest.raises(Refused, match=words):
        await create(bench, **fields)

    assert await bench.leads() == []


@pytest.mark.rule("R80")
async def test_the_contact_has_to_be_there_first(bench):
    with pytest.raises(NotFound, match="contacts create"):
        await create(bench)


@pytest.mark.rule("R123")
@pytest.mark.rule("R18")
async def test_a_new_assignee_is_told_within_opening_hours_the_person_himself_is_not(open_dealership):
    bench = await open_dealership(clock=FakeClock(MONDAY_10 + timedelta(hours=10)), tables=HOURS)
    await contact(bench)
    made = await create(bench)
    await do(bench, assign_lead, made.number, "schmidt", by="mueller")
    await bench.run()
    assert bench.transport.sent == []
    await bench.run_until(MONDAY_10 + timedelta(hours=24))

    (told,) = await bench.queue("new_lead")
    assert (told.to, told.sent_at) == ((SCHMIDT,), MONDAY_10 + timedelta(hours=23))
    lead = await bench.lead(made.number)
    assert (lead.assignee, lead.assignment_reason) == ("schmidt", "manual")
    assert [a.details["assignee"] for a in lead.activities if a.kind == "assignee_change"] == ["mueller", "schmidt"]


@pytest.mark.rule("R74")
@pytest.mark.rule("R123")
async def test_nobody_is_given_a_lead_who_cannot_be_assigned_one(bench):
    await contact(bench)
    made = await create(bench)
    with pytest.raises(Refused, match="admin"):
        await do(bench, assign_lead, made.number, "admin", by="mueller")


@pytest.mark.rule("R62")
@pytest.mark.rule("R63")
@pytest.mark.rule("R64")
@pytest.mark.rule("R67")
@pytest.mark.rule("Q26")
async def test_where_only_the_oldest_may_be_taken_a_released_lead_is_the_oldest_again(open_dealership):
    bench = await pool_bench(open_dealership, oldest_only=True)
    for number in (1, 2):
        await bench.take(enquiry(number))
        await bench.run()
        bench.clock.advance(timedelta(minutes=1))
    old, young = [lead.number for lead in await bench.leads()]
    with pytest.raises(Refused, match=f"only the oldest lead may be taken, that is {old}"):
        await do(bench, claim_lead, young, by="mueller")
    await do(bench, claim_lead, old, by="mueller")
    with pytest.raises(Refused, match="not in the pool any more"):
        await do(bench, claim_lead, old, by="schmidt")
    await do(bench, release_lead, old, by="mueller")
    with pytest.raises(Refused, match=f"that is {old}"):
        await do(bench, claim_lead, young, by="schmidt")
    await do(bench, claim_lead, old, by="schmidt")

    assert [(lead.assignee, lead.assignment_reason) for lead in await bench.leads()] == [
        ("schmidt", "claim"),
        ("pool", "pool"),
    ]


@pytest.mark.rule("R64")
async def test_the_order_of_the_pool_binds_taking_not_giving(open_dealership):
    bench = await pool_bench(open_dealership, oldest_only=True)
    for number in (1, 2):
        await bench.take(enquiry(number))
        await bench.run()
        bench.clock.advance(timedelta(minutes=1))
    _old, young = [lead.number for lead in await bench.leads()]
    await do(bench, assign_lead, young, "mueller", by="leitung")

    assert (await bench.lead(young)).assignment_reason == "manual"


@pytest.mark.rule("R65")
@pytest.mark.rule("R66")
@pytest.mark.rule("R25")
async def test_a_stalled_pool_lead_is_told_to_the_pool_and_its_supervisor_a_claim_restarts_nothing(open_dealership):
    bench = await pool_bench(open_dealership)
    await bench.take(enquiry(1))
    await bench.take(enquiry(2))
    await bench.run()
    bench.clock.advance(timedelta(minutes=30))
    await do(bench, claim_lead, 100002, by="schmidt")
    await bench.run_until(MONDAY_10 + timedelta(days=1))

    told = {
        (m.lead, m.kind): (m.to[0].partition("@")[0], m.sent_at - MONDAY_10)
        for m in await bench.queue("stage1", "stage2")
    }
    assert told == {
        (100001, "stage1"): ("pool", timedelta(hours=2)),
        (100001, "stage2"): ("leitung", timedelta(hours=6)),
        (100002, "stage1"): ("schmidt", timedelta(hours=2)),
        (100002, "stage2"): ("leitung", timedelta(hours=6)),
    }


@pytest.mark.rule("R67")
async def test_who_is_not_assignable_takes_nothing_from_the_pool(open_dealership):
    bench = await pool_bench(open_dealership)
    await bench.take(enquiry(1))
    await bench.run()
    with pytest.raises(Refused, match="can not be assigned"):
        await do(bench, claim_lead, 100001, by="admin")


@pytest.mark.rule("R64")
async def test_of_many_who_claim_one_pool_lead_at_once_one_gets_it(open_dealership):
    """1,000 on PostgreSQL, over two nodes; fewer on SQLite, where one writer takes turns."""
    bench = await pool_bench(open_dealership)
    other = await open_dealership(tables='\n  [location.pool]\n  user = "pool"\n', more=POOL, node="other")
    await bench.take(enquiry(1))
    await bench.run()
    is_postgres = settings(bench).gateway.database.startswith("postgresql")
    gate = asyncio.Semaphore(24)  # as many as the pools of two nodes hold: the rest would only wait there

    async def claim(turn: int) -> bool:
        async with gate:
            try:
                await do((bench, other)[turn % 2], claim_lead, 100001, by=("mueller", "schmidt")[turn // 2 % 2])
            except Refused:
                return False
            return True

    won = await asyncio.gather(*(claim(turn) for turn in range(1000 if is_postgres else 50)))

    assert sum(won) == 1
    lead = await bench.lead(100001)
    assert sum(a.details.get("reason") == "claim" for a in lead.activities) == 1


async def test_edit_keeps_the_old_value_in_the_activities(bench):
    await contact(bench)
    made = await create(bench)
    wanted = {"subject": "Probefahrt Golf", "type": "test_drive,trade_in", "source": "mobile.de"}
    await do(bench, edit_lead, made.number, wanted, SOURCES, by="mueller")
    lead = await bench.lead(made.number)

    assert (lead.subject, lead.types, lead.source) == ("Probefahrt Golf", ("trade_in", "test_drive"), "mobile.de")
    edits = {a.details["field"]: (a.details["old"], a.details["new"]) for a in lead.activities if a.kind == "edit"}
    assert edits["subject"] == ("Anruf wegen Golf", "Probefahrt Golf")
    with pytest.raises(Refused, match="colour"):
        await do(bench, edit_lead, made.number, {"colour": "red"}, SOURCES, by="mueller")


@pytest.mark.rule("R31")
async def test_a_lead_by_hand_at_a_location_without_mailbox_cannot_be_answered(open_dealership):
    other = '\n[[location]]\ncode = "FLG"\nname = "Filiale"\nfallback_user = "leitung"\nadmin_user = "admin"\n'
    bench = await open_dealership(more=other)
    person = Person(last_name="Ohne", email="ohne@kunden.example")
    await create_contact(bench.gateway.database, settings(bench), "FLG", person, bench.clock.now())
    made = await create(bench, contact="ohne@kunden.example")
    with pytest.raises(Refused, match="no mailbox"):
        await do(bench, answer_lead, made.number, "Guten Tag", "", by="mueller")


async def test_a_closed_lead_is_neither_given_nor_taken(bench):
    await contact(bench)
    made = await create(bench)
    await do(bench, close_lead, made.number, "sold", by="mueller")
    with pytest.raises(Refused, match="reopen"):
        await do(bench, assign_lead, made.number, "schmidt", by="mueller")
