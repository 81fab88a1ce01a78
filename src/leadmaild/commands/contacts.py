"""Contacts by hand: made, edited, merged (R80, R160, R161). One transaction each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from leadmaild.commands.on_lead import acting
from leadmaild.config.model import Settings
from leadmaild.errors import Conflict, NotFound, Refused
from leadmaild.model.address import parse_address
from leadmaild.model.contact import Contact
from leadmaild.model.lead import ActivityKind
from leadmaild.model.reading import Person
from leadmaild.ports.stores import Database, Transaction
from leadmaild.reading.fields.phones import phones_in

NAMES = ("salutation", "title", "first_name", "last_name", "name", "company")
PLACES = ("street", "zip", "city", "country")
PLAIN_FIELDS = (*NAMES, *PLACES, "language")
FIELDS = (*PLAIN_FIELDS, "email", "phone", "assigned_user")


@dataclass(frozen=True, slots=True)
class Merged:
    """The contact that remains, the leads that were re-linked, and the fields in which the two differed with the value
    that was taken (R160)."""

    contact: Contact
    leads: Sequence[int]
    differed: Mapping[str, str]


async def create_contact(
    database: Database, settings: Settings, location: str, person: Person, now: datetime
) -> Contact:
    """Make a contact (R80). Raises Refused without any name or way to reach him, for an address that is none, and for
    one that another contact of the location has."""
    place = settings.location(location)
    person = _checked(person)
    async with database.transaction() as tx:
        if person.email and (known := await tx.contacts.find(location, person.email, ())) is not None:
            raise Refused(f"contact {known.id} of {location} has this address")
        contact_id = await tx.contacts.create(location, person, verified=True, language=place.language, now=now)
        made = await _whole(tx, contact_id)
        await tx.commit()
    return made


async def edit_contact(
    database: Database, settings: Settings, contact_id: int, fields: Mapping[str, str], by: str, now: datetime
) -> Contact:
    """Change fields of a contact; `email` and `phone` are added to those he has, `assigned_user` is set for good (Q23).

    The old values stay in the activities of his leads. Raises NotFound, or Refused for a field or value.
    """
    async with database.transaction() as tx:
        roster = await tx.people.roster(settings.users, settings.groups, (), now)
        if by:
            acting(roster, by)
        contact = await _locked(tx, contact_id)
        plain = {name: value.strip() or None for name, value in fields.items() if name in PLAIN_FIELDS}
        if unknown := [name for name in fields if name not in FIELDS]:
            raise Refused(f'"{unknown[0]}" is no field of a contact; possible are {", ".join(FIELDS)}')
        old = {name: value_of(contact, name) for name in plain}
        await tx.contacts.change(contact_id, plain)
        if email := fields.get("email"):
            await _add_email(tx, contact, email)
        if phone := fields.get("phone"):
            await tx.contacts.add_phones(contact_id, contact.location, _numbers((phone,)))
        if (username := fields.get("assigned_user")) is not None:
            old["assigned_user"] = contact.assigned_user
            await tx.contacts.settle_user(contact_id, acting(roster, username).username, by_hand=True)
        for lead in await tx.leads.open_of(contact_id):
            await tx.leads.record(lead.number, ActivityKind.EDIT, now, by=by,
                                  details={"contact": contact_id, "old": old, "new": dict(fields)})  # fmt: skip
        edited = await _whole(tx, contact_id)
        await tx.commit()
    return edited


async def merge_contacts(
    database: Database,
    settings: Settings,
    kept_id: int,
    gone_id: int,
    chosen: Mapping[str, str],
    by: str,
    now: datetime,
) -> Merged:
    """Make one contact of two: leads, addresses and numbers go over; two open leads stay two (R160).

    Fields in which they differ: `chosen` has the value to take (of either, or a new one); what is not chosen keeps the
    remaining contact's. Raises NotFound, or Refused for contacts of two locations.
    """
    if kept_id == gone_id:
        raise Refused("a contact cannot be merged with itself")
    if unknown := [name for name in chosen if name not in PLAIN_FIELDS]:
        raise Refused(f'"{unknown[0]}" is no field to choose; possible are {", ".join(PLAIN_FIELDS)}')
    async with database.transaction() as tx:
        if by:
            acting(await tx.people.roster(settings.users, settings.groups, (), now), by)
        found = {contact.id: contact for contact in await tx.contacts.lock((kept_id, gone_id))}
        kept, gone = _required(found, kept_id), _required(found, gone_id)
        if kept.location != gone.location:
            raise Refused(f"contact {kept_id} is of {kept.location}, contact {gone_id} of {gone.location}")
        values, differed = merged_fields(kept, gone, chosen)
        await tx.contacts.change(kept_id, values)
        await tx.contacts.absorb(kept_id, gone_id)
        if not kept.assigned_user and gone.assigned_user:
            await tx.contacts.note_latest_user(kept_id, gone.assigned_user)
        moved = sorted(await tx.lead_changes.relink(gone_id, kept_id))
        for number in moved:
            await tx.leads.record(number, ActivityKind.MERGE, now, by=by,
                                  details={"was_contact": gone_id, "contact": kept_id})  # fmt: skip
        contact = await _whole(tx, kept_id)
        await tx.commit()
    return Merged(contact, moved, differed)


def merged_fields(
    kept: Contact, gone: Contact, chosen: Mapping[str, str]
) -> tuple[dict[str, str | None], dict[str, str]]:
    """What to write into the contact that remains, and for each field in which the two differ what was taken. Pure."""
    values: dict[str, str | None] = {}
    differed: dict[str, str] = {}
    for name in PLAIN_FIELDS:
        ours, theirs = value_of(kept, name), value_of(gone, name)
        taken = chosen[name].strip() if name in chosen else ours or theirs
        if taken != ours:
            values[name] = taken or None
        if ours and theirs and ours != theirs:
            differed[name] = taken or ""
    for name in ("unverified_email", "relay_email"):
        if not getattr(kept, name) and getattr(gone, name):
            values[name] = getattr(gone, name)
    return values, differed


def value_of(contact: Contact, name: str) -> str | None:
    """A plain field of a contact, postal ones too."""
    value: str | None = getattr(contact.address if name in PLACES else contact, name, None)
    return value


async def _whole(tx: Transaction, contact_id: int) -> Contact:
    contact = await tx.contacts.by_id(contact_id)
    if contact is None:
        raise NotFound(f"there is no contact {contact_id}")
    return contact


async def _locked(tx: Transaction, contact_id: int) -> Contact:
    return _required({contact.id: contact for contact in await tx.contacts.lock((contact_id,))}, contact_id)


def _required(found: Mapping[int, Contact], contact_id: int) -> Contact:
    if contact_id not in found:
        raise NotFound(f"there is no contact {contact_id}; it may have been merged or erased")
    return found[contact_id]


async def _add_email(tx: Transaction, contact: Contact, text: str) -> None:
    address = _address(text)
    if address in contact.emails:
        return
    try:
        async with tx.savepoint():
            await tx.contacts.add_email(contact.id, contact.location, address)
    except Conflict:
        raise Refused(f"another contact of {contact.location} has this address; merge the two") from None


def _checked(person: Person) -> Person:
    numbers = _numbers(person.phones)
    names = [part for part in (person.first_name, person.last_name) if part]
    if not (names or person.company or person.email or numbers):
        raise Refused("a contact needs a name, a company, an address or a telephone number")
    email = _address(person.email) if person.email else None
    return replace(person, name=person.name or " ".join(names) or None, email=email, phones=numbers)


def _address(text: str) -> str:
    address = parse_address(text)
    if address is None:
        raise Refused(f'"{text}" is not an e-mail address')
    return address.normal


def _numbers(written: Sequence[str]) -> tuple[str, ...]:
    """E.164; national numbers are German ones, as everywhere."""
    numbers: list[str] = []
    for text in written:
        read = phones_in(text, "DE")
        if not read:
            raise Refused(f'"{text}" is not a telephone number')
        numbers.extend(phone.e164 for phone in read)
    return tuple(dict.fromkeys(numbers))
