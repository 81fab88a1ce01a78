"""`leadmaild contacts`: the persons and firms behind the leads."""

from typing import Any

import click

from leadmaild.cli.filters import require_name
from leadmaild.cli.lead_commands import named_values
from leadmaild.cli.lead_view import LIST_COLUMNS, row
from leadmaild.cli.options import config_option, json_option, limit_option
from leadmaild.cli.output import print_fields, print_json, print_result, print_table
from leadmaild.cli.session import database_of, run_async, settings, view_of
from leadmaild.clock import SystemClock
from leadmaild.commands.contacts import Merged, create_contact, edit_contact, merge_contacts, value_of
from leadmaild.config.model import Settings
from leadmaild.errors import NotFound
from leadmaild.model.contact import Contact
from leadmaild.model.listing import LeadFilter, LeadLine
from leadmaild.model.reading import Person

_COLUMNS = ("id", "location", "name", "company", "email", "phones", "assigned_user")
_by_option = click.option("--by", default="", metavar="USER", help="The user who does it.")
_contact_id = click.argument("contact_id", metavar="ID", type=int)


@click.group()
def contacts() -> None:
    """Contacts: who enquires, with all their leads."""


@contacts.command("list")
@click.option("--location", metavar="CODE", help="Only of this location.")
@click.option("--search", metavar="TEXT", help="Text in name, company, address or number.")
@limit_option
@json_option
@config_option
def list_(location: str | None, search: str | None, limit: int | None, as_json: bool) -> None:
    """List contacts, newest first."""
    rows = [contact_row(contact) for contact in run_async(_list(settings(), location, search, limit))]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, _COLUMNS, "no contacts")


@contacts.command()
@_contact_id
@json_option
@config_option
def show(contact_id: int, as_json: bool) -> None:
    """Show one contact with his leads."""
    chosen, now = settings(), SystemClock().now()
    contact, lines = run_async(_one(chosen, contact_id))
    leads = [row(line, chosen, now) for line in lines]
    if as_json:
        print_json(contact_row(contact) | {"leads": leads})
        return
    print_fields(contact_row(contact))
    click.echo()
    print_table([lead | {"contact": lead["contact"]["name"], "vehicle": (lead["vehicle"] or {}).get("title")}
                 for lead in leads], LIST_COLUMNS, "no leads")  # fmt: skip


@contacts.command()
@click.option("--location", required=True, metavar="CODE", help="Whose contact he is.")
@click.option("--first-name", help="First name.")
@click.option("--last-name", help="Last name.")
@click.option("--company", help="Company.")
@click.option("--email", help="E-mail address.")
@click.option("--phone", "phones", multiple=True, help="Telephone number; may be given several times.")
@json_option
@config_option
def create(
    location: str,
    first_name: str | None,
    last_name: str | None,
    company: str | None,
    email: str | None,
    phones: tuple[str, ...],
    as_json: bool,
) -> None:
    """Make a contact."""
    person = Person(first_name=first_name, last_name=last_name, company=company, email=email, phones=phones)
    _show(run_async(_create(settings(), location, person)), as_json)


@contacts.command()
@_contact_id
@click.argument("fields", metavar="FIELD=VALUE...", nargs=-1, required=True)
@_by_option
@json_option
@config_option
def edit(contact_id: int, fields: tuple[str, ...], by: str, as_json: bool) -> None:
    """Change fields; email= and phone= are added to what is there, assigned_user= names his own seller."""
    _show(run_async(_edit(settings(), contact_id, named_values(fields), by)), as_json)


@contacts.command()
@click.argument("kept_id", metavar="ID", type=int)
@click.argument("gone_id", metavar="OTHER", type=int)
@click.argument("fields", metavar="[FIELD=VALUE...]", nargs=-1)
@_by_option
@json_option
@config_option
def merge(kept_id: int, gone_id: int, fields: tuple[str, ...], by: str, as_json: bool) -> None:
    """Make one contact of two: ID remains, OTHER's leads, addresses and numbers go over to it.

    Where the two differ, FIELD=VALUE says what shall hold; what is not named keeps the value of ID.
    """
    merged = run_async(_merge(settings(), kept_id, gone_id, named_values(fields), by))
    shown = contact_row(merged.contact) | {"relinked": list(merged.leads), "differed": dict(merged.differed)}
    print_result(shown, as_json)


def contact_row(contact: Contact) -> dict[str, Any]:
    """A contact with everything that is known of him."""
    plain = {name: value_of(contact, name) for name in ("salutation", "title", "first_name", "last_name", "company",
             "street", "zip", "city", "country", "language")}  # fmt: skip
    full = " ".join(part for part in (contact.first_name, contact.last_name) if part)
    return {
        "id": contact.id,
        "location": contact.location,
        "name": contact.name or full or contact.company,
        **plain,
        "email": contact.email,
        "emails": list(contact.emails),
        "phones": list(contact.phones),
        "assigned_user": contact.assigned_user or None,
    }


def _show(contact: Contact, as_json: bool) -> None:
    if as_json:
        print_json(contact_row(contact))
    else:
        print_fields(contact_row(contact))


async def _list(chosen: Settings, location: str | None, search: str | None, limit: int | None) -> tuple[Contact, ...]:
    async with view_of(chosen) as tx:
        found = await tx.listings.contacts(location=location, text=search, limit=limit)
        if not found and location is not None and not await tx.listings.contacts(location=location, limit=1):
            require_name("location", location, chosen.locations)
        return found


async def _one(chosen: Settings, contact_id: int) -> tuple[Contact, tuple[LeadLine, ...]]:
    async with view_of(chosen) as tx:
        contact = await tx.contacts.by_id(contact_id)
        if contact is None:
            raise NotFound(f"there is no contact {contact_id}")
        return contact, await tx.listings.leads(LeadFilter(contact_id=contact.id))


async def _create(chosen: Settings, location: str, person: Person) -> Contact:
    async with database_of(chosen) as database:
        return await create_contact(database, chosen, location, person, SystemClock().now())


async def _edit(chosen: Settings, contact_id: int, fields: dict[str, str], by: str) -> Contact:
    async with database_of(chosen) as database:
        return await edit_contact(database, chosen, contact_id, fields, by, SystemClock().now())


async def _merge(chosen: Settings, kept_id: int, gone_id: int, chosen_values: dict[str, str], by: str) -> Merged:
    async with database_of(chosen) as database:
        return await merge_contacts(database, chosen, kept_id, gone_id, chosen_values, by, SystemClock().now())
