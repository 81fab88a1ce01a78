"""Erasure of a person (R181): what is gone, what stays, and that it does not come back (PF68)."""

from datetime import timedelta

import pytest

from leadmaild.commands.contacts import create_contact, edit_contact, merge_contacts
from leadmaild.commands.leads import NewLead, create_lead
from leadmaild.commands.privacy import Wanted, find_person
from leadmaild.commands.reactions import note_on_lead
from leadmaild.commands.templates import TemplateTest, queue_template_test
from leadmaild.errors import NotFound, Refused
from leadmaild.model.reading import Person
from tests.dealership import enquiry
from tests.pipeline.a_person import (
    ADDRESS,
    TRACES,
    WORDS,
    erase,
    of_frieda,
    set_aside,
    traces_in_tables,
    traces_on_disk,
)
from tests.pipeline.steps import outcomes

pytestmark = [pytest.mark.asyncio, pytest.mark.rule("R181")]

SECOND = timedelta(seconds=1)


async def test_after_erasure_no_table_names_the_person_and_others_are_as_they_were(bench, database_setting, tmp_path):
    await bench.take(of_frieda(1))
    await bench.take(of_frieda(1))
    await bench.take(enquiry(5))
    await bench.run()
    await bench.take(of_frieda(2))
    vacation = {"to": "autohaus-beispiel@dein.auto\r\nAuto-Submitted: auto-replied", "text": f"{WORDS}\r\n"}
    await bench.take(of_frieda(3, **vacation))
    await bench.run()
    assert outcomes(await bench.journal()) == ["lead", "duplicate", "lead", "joined", "auto_reply"]
    assert traces_in_tables(database_setting, tmp_path) == list(TRACES)
    hers, other = await bench.leads()
    queued = {line.id for line in await bench.queue() if line.lead == other.number}

    person = await erase(bench)

    assert traces_in_tables(database_setting, tmp_path) == []
    assert (person.addresses, person.leads, len(person.mails)) == ({ADDRESS}, (hers.number,), 4)
    assert not queued & set(person.outgoing)
    assert (await bench.leads())[1] == other


async def test_counts_per_source_time_and_reason_stay(bench):
    await bench.take(of_frieda(1))
    await bench.run()
    (before,) = await bench.leads()
    await erase(bench)
    (after,) = await bench.leads()

    kept = ("number", "location", "source", "types", "assignee", "assignment_reason", "arrived_at", "stock_number")
    assert {name: getattr(after, name) for name in kept} == {name: getattr(before, name) for name in kept}
    assert (after.state, after.completion_reason, after.due_at) == ("closed", "erased", None)
    assert (after.contact.name, after.contact.email, after.contact.phones) == (None, None, ())
    assert (after.subject, after.prospect) == (None, None)
    assert outcomes(await bench.journal()) == ["lead"]
    shown = await bench.lead(after.number)
    assert {str(timer.state) for timer in shown.timers} == {"cancelled"}
    assert [activity.kind for activity in shown.activities][-1] == "close"
    assert {line.state for line in await bench.queue()} == {"sent"}


@pytest.mark.rule("SP-25")
@pytest.mark.parametrize("database_setting", ["sqlite:///leadmaild.db"])
async def test_after_erasure_no_byte_on_the_disk_names_the_person(bench, tmp_path):
    for number in range(60):
        await bench.take(of_frieda(number) if number % 7 == 3 else enquiry(number))
        if number % 20 == 0:
            await bench.run()
    await bench.run()
    assert traces_on_disk(tmp_path) == list(TRACES)

    await erase(bench)

    assert await bench.gateway.database.empty_log()
    assert traces_on_disk(tmp_path) == []


async def test_a_person_is_found_whole_across_merged_contacts_and_all_her_addresses(bench, database_setting, tmp_path):
    gateway, now = bench.gateway, bench.clock.now()
    await bench.take(of_frieda(1))
    await bench.run()
    (lead,) = await bench.leads()
    other = await create_contact(
        gateway.database, gateway.world.settings, "MUC",
        Person(last_name="Vogelsang-Alt", email="alt@kunden.example", phones=("0171 3920012",)), now,
    )  # fmt: skip
    await merge_contacts(gateway.database, gateway.world.settings, lead.contact.id, other.id, {}, "mueller", now)
    words, due = f"{WORDS}, ruft wieder an", now + timedelta(days=1)
    await note_on_lead(gateway.database, gateway.world.settings, lead.number, words, due, "mueller", now)
    test = TemplateTest("MUC", lead=lead.number)
    await queue_template_test(gateway.database, gateway.world.settings, test, "mueller", "test", now)
    await bench.run()

    person = await erase(bench, "alt@kunden.example")

    assert person.addresses == {ADDRESS, "alt@kunden.example"}
    assert set(person.contacts) == {lead.contact.id, other.id}
    assert traces_in_tables(database_setting, tmp_path) == []


async def test_mail_without_a_lead_goes_if_it_names_the_very_address(bench):
    text = "Sehr geehrte Damen und Herren,\r\nIhre Rechnung liegt bei.\r\nKontakt: {}\r\n"
    bulk = {"to": "autohaus-beispiel@dein.auto\r\nList-Unsubscribe: <mailto:ab@portal.example>\r\nPrecedence: bulk"}
    for number, named in enumerate((ADDRESS, f"elfrieda.{ADDRESS}", f"x{ADDRESS}", f"{ADDRESS}.org"), start=1):
        await bench.take(enquiry(number, text=text.format(named), **{"from": "news@portal.example"}, **bulk))
    await bench.run()
    assert not [line for line in await bench.journal() if line.lead]

    person = await erase(bench)

    assert person.mails == (1,)
    assert [line.from_address for line in await bench.journal()] == [None] + ["news@portal.example"] * 3


async def test_mail_that_was_set_aside_goes_if_its_bytes_name_the_address(
    bench, monkeypatch, database_setting, tmp_path
):
    await set_aside(bench, enquiry(1), monkeypatch)
    await set_aside(bench, of_frieda(2), monkeypatch)

    person = await erase(bench)

    assert person.mails == (2,)
    assert outcomes(await bench.journal()) == ["set_aside", "ignored"]
    assert traces_in_tables(database_setting, tmp_path) == []


async def test_contacts_with_the_same_number_are_named_and_left(bench):
    gateway, now = bench.gateway, bench.clock.now()
    await bench.take(of_frieda(1))
    await bench.run()
    person = Person(last_name="Fern", phones=("0171 3920012",))
    made = await create_contact(gateway.database, gateway.world.settings, "MUC", person, now)
    async with gateway.database.view() as tx:
        assert await tx.persons.same_number(await find_person(tx, Wanted.of(ADDRESS))) == (made.id,)
    await erase(bench)
    async with gateway.database.view() as tx:
        assert (await tx.contacts.by_id(made.id)).last_name == "Fern"


async def test_a_contact_without_an_address_is_erased_by_his_id(bench):
    gateway, now = bench.gateway, bench.clock.now()
    made = await create_contact(
        gateway.database, gateway.world.settings, "MUC", Person(last_name="Fern", phones=("0171 3920012",)), now
    )
    new = NewLead(str(made.id), "phone", "Golf")
    await create_lead(gateway.database, gateway.world.settings, new, (), "mueller", now)
    await erase(bench, str(made.id))

    (lead,) = await bench.leads()
    assert (lead.state, lead.contact.phones) == ("closed", ())
    with pytest.raises(NotFound):
        await erase(bench, "4711")
    with pytest.raises(Refused, match="neither"):
        await erase(bench, "Frau Vogelsang")


async def test_nothing_can_be_done_with_an_erased_lead_or_contact_any_more(bench):
    gateway, now = bench.gateway, bench.clock.now()
    await bench.take(of_frieda(1))
    await bench.run()
    (lead,) = await bench.leads()
    await erase(bench)

    with pytest.raises(Refused, match="was erased"):
        await note_on_lead(gateway.database, gateway.world.settings, lead.number, "x", now + SECOND, "mueller", now)
    with pytest.raises(NotFound):
        await edit_contact(gateway.database, gateway.world.settings, lead.contact.id, {"city": "X"}, "", now)
    new = NewLead(str(lead.contact.id), "phone", "Golf")
    with pytest.raises(NotFound):
        await create_lead(gateway.database, gateway.world.settings, new, (), "mueller", now)


async def test_erasing_twice_finds_nothing_more(bench):
    await bench.take(of_frieda(1))
    await bench.run()
    await erase(bench)
    again = await erase(bench)
    assert (again.contacts, again.leads, again.mails, again.outgoing) == ((), (), (), ())
