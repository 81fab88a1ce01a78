"""Contacts of a location: found by verified address, or by telephone where there is no address (R37)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Row, bindparam, delete, insert, select, update

from leadmaild.model.address import parse_address
from leadmaild.model.contact import Contact
from leadmaild.model.reading import Person, PostalAddress
from leadmaild.storage.connection import AsyncConnection
from leadmaild.storage.schema import contact, contact_email, contact_phone

_PLAIN_FIELDS = ("salutation", "title", "first_name", "last_name", "name", "company")

# Made once, as every mail needs them: what they ask for goes in as parameters.
_CREATE = insert(contact).returning(contact.c.id)
_ADD_EMAIL = insert(contact_email)
_ADD_PHONE = insert(contact_phone)
_STANDING = select(contact).where(contact.c.erased_at.is_(None))
_WITH_ADDRESS = _STANDING.where(
    contact.c.id.in_(
        select(contact_email.c.contact_id).where(
            contact_email.c.location == bindparam("at"), contact_email.c.address == bindparam("wanted")
        )
    )
)
_WITH_NUMBER = _STANDING.where(
    contact.c.id.in_(
        select(contact_phone.c.contact_id)
        .where(
            contact_phone.c.location == bindparam("at"),
            contact_phone.c.number.in_(bindparam("wanted", expanding=True)),
        )
        .order_by(contact_phone.c.contact_id)
        .limit(1)
    )
)


class ContactStore:
    """Finds and writes contacts within one transaction."""

    def __init__(self, connection: AsyncConnection, *, locks: bool) -> None:
        self._connection = connection
        self._locks = locks

    async def by_id(self, contact_id: int) -> Contact | None:
        """The contact of that id, following merges."""
        row = (await self._connection.execute(select(contact).where(contact.c.id == contact_id))).one_or_none()
        if row is not None and row.merged_into:
            return await self.by_id(row.merged_into)
        return None if row is None else await self._whole(row)

    async def by_ids(self, ids: Sequence[int]) -> dict[int, Contact]:
        """The contacts behind these ids, by the id asked for, following merges."""
        rows = (await self._connection.execute(select(contact).where(contact.c.id.in_(ids)))).all() if ids else ()
        kept = [row for row in rows if not row.merged_into]
        found = {row.id: one for row, one in zip(kept, await self._whole_of(kept), strict=True)}
        for row in rows:
            if row.merged_into and (target := await self.by_id(row.merged_into)) is not None:
                found[row.id] = target
        return found

    async def find(self, location: str, email: str | None, phones: Iterable[str]) -> Contact | None:
        """The contact at `location` with this normalised address; by telephone only if there is no address (R37).

        On PostgreSQL the contact's row is locked, so that two nodes reading two mails of one person meet here.
        """
        found, wanted = (_WITH_ADDRESS, email) if email else (_WITH_NUMBER, list(phones))
        if not wanted:
            return None
        if self._locks:
            found = found.with_for_update()
        row = (await self._connection.execute(found, {"at": location, "wanted": wanted})).first()
        return None if row is None else await self._whole(row)

    async def named(self, text: str) -> tuple[Contact, ...]:
        """The contacts a person means by an id or an address; an address may be known at several locations."""
        if text.isascii() and text.isdigit() and len(text) < 19:
            found = await self.by_id(int(text))
            return () if found is None or found.is_erased else (found,)
        address = parse_address(text)
        if address is None:
            return ()
        owners = select(contact_email.c.contact_id).where(contact_email.c.address == address.normal)
        rows = await self._connection.execute(select(contact).where(contact.c.id.in_(owners)).order_by(contact.c.id))
        return tuple([await self._whole(row) for row in rows.all()])

    async def lock(self, contact_ids: Iterable[int]) -> tuple[Contact, ...]:
        """These contacts as they stand now, in the order of their ids; nobody else changes them meanwhile."""
        rows = await self._connection.execute(
            select(contact)
            .where(contact.c.id.in_(list(contact_ids)), contact.c.merged_into.is_(None), contact.c.erased_at.is_(None))
            .order_by(contact.c.id)
            .with_for_update()
        )
        return tuple([await self._whole(row) for row in rows.all()])

    async def change(self, contact_id: int, values: Mapping[str, str | None]) -> None:
        """Write plain fields of a contact: names, postal address, language."""
        if values:
            await self._connection.execute(update(contact).where(contact.c.id == contact_id).values(dict(values)))

    async def absorb(self, kept: int, gone: int) -> None:
        """Move addresses and numbers of `gone` to `kept`, so that matching goes on working (R160)."""
        await self._connection.execute(
            update(contact_email).where(contact_email.c.contact_id == gone).values(contact_id=kept)
        )
        numbers = select(contact_phone.c.number).where(contact_phone.c.contact_id == kept)
        await self._connection.execute(
            delete(contact_phone).where(contact_phone.c.contact_id == gone, contact_phone.c.number.in_(numbers))
        )
        await self._connection.execute(
            update(contact_phone).where(contact_phone.c.contact_id == gone).values(contact_id=kept)
        )
        await self._connection.execute(update(contact).where(contact.c.id == gone).values(merged_into=kept))

    async def create(
        self, location: str, person: Person, *, verified: bool, language: str | None, now: datetime, user: str = ""
    ) -> int:
        """Make a contact of what was read; return its id. Raises IntegrityError if the address has an owner already.

        `user` is its own user for now (Q23). An address whose sender failed or was ambiguous is kept beside, matches
        nothing and owns nothing (R37).
        """
        address = parse_address(person.email) if person.email and not person.email_is_relay else None
        values = {name: getattr(person, name) for name in _PLAIN_FIELDS}
        values |= {
            "location": location,
            "unverified_email": None if verified or address is None else address.normal,
            "relay_email": person.relay_email or (person.email if person.email_is_relay else None),
            "language": language,
            "created_at": now,
            "assigned_user": user,
            **_postal(person.address),
        }
        contact_id: int = (await self._connection.execute(_CREATE, values)).scalar_one()
        if verified and address is not None:
            await self.add_email(contact_id, location, address.normal)
        await self._write_phones(contact_id, location, dict.fromkeys(person.phones))
        return contact_id

    async def add_email(self, contact_id: int, location: str, address: str) -> None:
        """Give the contact one more normalised address. Raises IntegrityError if somebody owns it."""
        await self._connection.execute(_ADD_EMAIL, {"contact_id": contact_id, "location": location, "address": address})

    async def add_phones(self, contact_id: int, location: str, numbers: Iterable[str]) -> None:
        """Add the numbers (E.164) the contact does not have yet."""
        known = await self._connection.execute(
            select(contact_phone.c.number).where(contact_phone.c.contact_id == contact_id)
        )
        have = set(known.scalars())
        await self._write_phones(contact_id, location, [n for n in dict.fromkeys(numbers) if n not in have])

    async def _write_phones(self, contact_id: int, location: str, new: Iterable[str]) -> None:
        if new:
            await self._connection.execute(
                _ADD_PHONE, [{"contact_id": contact_id, "location": location, "number": n} for n in new]
            )

    async def complete(self, contact_id: int, location: str, person: Person) -> None:
        """Fill what the contact lacks from a newer mail; never change what is there."""
        row = (await self._connection.execute(select(contact).where(contact.c.id == contact_id))).one()
        read = {name: getattr(person, name) for name in _PLAIN_FIELDS} | _postal(person.address)
        read["relay_email"] = person.relay_email
        missing = {name: value for name, value in read.items() if value and not getattr(row, name)}
        if missing:
            await self._connection.execute(update(contact).where(contact.c.id == contact_id).values(missing))
        await self.add_phones(contact_id, location, person.phones)

    async def note_latest_user(self, contact_id: int, username: str) -> None:
        """Make the assignee of the latest lead the contact's own user, unless one is settled already (Q23)."""
        await self._connection.execute(
            update(contact)
            .where(contact.c.id == contact_id, contact.c.is_user_settled.is_(False))
            .values(assigned_user=username)
        )

    async def settle_user(self, contact_id: int, username: str, *, by_hand: bool = False) -> None:
        """Make the first assignee who reacts the contact's own user for good; by hand it may change any time (Q23)."""
        statement = update(contact).where(contact.c.id == contact_id)
        if not by_hand:
            statement = statement.where(contact.c.is_user_settled.is_(False))
        await self._connection.execute(statement.values(assigned_user=username, is_user_settled=True))

    async def _whole(self, row: Row[Any]) -> Contact:
        return (await self._whole_of([row]))[0]

    async def _whole_of(self, rows: Sequence[Row[Any]]) -> list[Contact]:
        ids = [row.id for row in rows]
        emails = await self._owned(contact_email.c.address, ids)
        phones = await self._owned(contact_phone.c.number, ids)
        return [contact_of(row, tuple(emails.get(row.id, ())), tuple(phones.get(row.id, ()))) for row in rows]

    async def _owned(self, column: Column[str], contact_ids: Sequence[int]) -> dict[int, list[str]]:
        if not contact_ids:
            return {}
        of = column.table.c
        found = await self._connection.execute(
            select(of.contact_id, column.label("value")).where(of.contact_id.in_(contact_ids)).order_by(of.id)
        )
        owned: dict[int, list[str]] = {}
        for row in found:
            owned.setdefault(row.contact_id, []).append(row.value)
        return owned


def contact_of(row: Row[Any], emails: tuple[str, ...], phones: tuple[str, ...]) -> Contact:
    """The contact value of a row and its addresses and numbers."""
    postal = PostalAddress(row.street, row.zip, row.city, row.country)
    return Contact(
        id=row.id,
        location=row.location,
        **{name: getattr(row, name) for name in _PLAIN_FIELDS},
        emails=emails,
        unverified_email=row.unverified_email,
        relay_email=row.relay_email,
        phones=phones,
        address=postal if postal != PostalAddress() else None,
        language=row.language,
        assigned_user=row.assigned_user,
        is_erased=row.erased_at is not None,
    )


def _postal(address: PostalAddress | None) -> dict[str, str | None]:
    address = address or PostalAddress()
    return {"street": address.street, "zip": address.zip, "city": address.city, "country": address.country}
