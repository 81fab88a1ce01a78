"""Contacts by hand: made, found, edited, merged."""

import pytest

from leadmaild.commands.contacts import create_contact, edit_contact, merge_contacts
from leadmaild.errors import NotFound, Refused
from leadmaild.model.reading import Person
from tests.dealership import enquiry

pytestmark = pytest.mark.asyncio


async def make(bench, **fields):
    return await create_contact(
        bench.gateway.database, bench.gateway.world.settings, "MUC", Person(**fields), bench.clock.now()
    )


async def change(bench, command, *arguments, by="mueller"):
    return await command(bench.gateway.database, bench.gateway.world.settings, *arguments, by, bench.clock.now())


async def found(bench, text):
    async with bench.gateway.database.view() as tx:
        return [contact.id for contact in await tx.listings.contacts(text=text)]


@pytest.mark.rule("R80")
@pytest.mark.rule("R161")
async def test_a_contact_is_made_and_found_by_name_address_and_number(bench):
    made = await make(
        bench, first_name="Ayşe", last_name="Öztürk", email="Ayse@Kunden.Example", phones=("0171 3920012",)
    )

    assert (made.emails, made.phones) == (("ayse@kunden.example",), ("+491713920012",))
    for text in ("öztürk", "Ayşe", "ayse@kunden", "3920012"):
        assert await found(bench, text) == [made.id], text
    assert await found(bench, "100%") == []


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "needs a name"),
        ({"email": "kein text"}, "not an e-mail"),
        ({"last_name": "X", "phones": ("abc",)}, "telephone"),
    ],
)
async def test_a_contact_without_a_way_to_know_him_is_refused(bench, fields, words):
    with pytest.raises(Refused, match=words):
        await make(bench, **fields)


@pytest.mark.rule("R37")
async def test_one_address_has_one_contact_at_a_location(bench):
    first = await make(bench, last_name="Erste", email="eins@kunden.example")
    with pytest.raises(Refused, match=f"contact {first.id}"):
        await make(bench, last_name="Zweite", email="EINS@kunden.example")
    second = await make(bench, last_name="Zweite")
    with pytest.raises(Refused, match="merge"):
        await change(bench, edit_contact, second.id, {"email": "eins@kunden.example"})


@pytest.mark.rule("Q23")
async def test_editing_changes_fields_adds_addresses_and_sets_the_own_user(bench):
    await bench.take(enquiry(1))
    await bench.run()
    (lead,) = await bench.leads()
    fields = {"first_name": "Erika", "email": "neu@kunden.example", "city": "München", "assigned_user": "schmidt"}
    edited = await change(bench, edit_contact, lead.contact.id, fields)

    assert edited.emails == ("kunde1@kunden.example", "neu@kunden.example")
    assert (edited.first_name, edited.address.city, edited.assigned_user) == ("Erika", "München", "schmidt")
    (edit,) = [a for a in (await bench.lead(lead.number)).activities if a.kind == "edit"]
    assert edit.details["old"]["first_name"] == "Kunde"


@pytest.mark.rule("R160")
async def test_merging_relinks_leads_and_keeps_addresses_as_aliases(bench):
    await bench.take(enquiry(1))
    await bench.take(enquiry(2))
    await bench.run()
    one, two = [lead.contact.id for lead in await bench.leads()]
    merged = await change(bench, merge_contacts, one, two, {"last_name": "Nummereins-Zwei"})

    assert merged.contact.emails == ("kunde1@kunden.example", "kunde2@kunden.example")
    assert merged.contact.last_name == "Nummereins-Zwei"
    assert "last_name" in merged.differed
    leads = await bench.leads()
    assert [(lead.contact.id, lead.state) for lead in leads] == [(one, "open"), (one, "open")]
    await bench.take(enquiry(2, message_id="<wieder@kunden.example>", text="Ich noch einmal, was kostet er?\r\n"))
    await bench.run()
    assert len(await bench.leads()) == 2  # matched by the alias
    with pytest.raises(NotFound, match="merged"):
        await change(bench, merge_contacts, one, two, {})


@pytest.mark.rule("R160")
async def test_what_is_not_chosen_keeps_the_remaining_contacts_value_and_gaps_are_filled(bench):
    one = await make(bench, last_name="Lang", email="lang@kunden.example", phones=("0171 3920012",))
    two = await make(bench, last_name="Kurz", company="Kurz GmbH", phones=("0171 3920012", "089 99998100"))
    merged = await change(bench, merge_contacts, one.id, two.id, {})

    assert (merged.contact.last_name, merged.contact.company) == ("Lang", "Kurz GmbH")
    assert merged.contact.phones == ("+491713920012", "+498999998100")
    assert merged.differed == {"last_name": "Lang", "name": "Lang"}
