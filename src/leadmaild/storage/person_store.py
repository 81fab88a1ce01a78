"""Finds everything that is kept about one person, for export and erasure (R181). Only reads.

`known` and `linked` ask indexes and may run in a transaction that writes. `mentions` looks through whole tables: it
belongs into a view, which holds up nobody.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from sqlalchemy import Select, Text, cast, false, func, or_, select, union

from leadmaild.model.decision import MailKind
from leadmaild.model.privacy import PersonRecords
from leadmaild.storage.connection import AsyncConnection
from leadmaild.storage.schema import activity, contact, contact_email, contact_phone, content, journal, lead, outbox


class PersonStore:
    """Looks for a person within one transaction or view."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def known(self, address: str | None, contact_id: int | None = None) -> PersonRecords:
        """The contacts with this normalised address, or the contact of that id, and all addresses they have verified;
        across locations and merges, so that a person is found whole. A relay or unverified address leads to its
        contact, but from there no further: it may be shared, or forged (R37)."""
        addresses = {address} if address else set()
        contacts = {contact_id} if contact_id is not None else set()
        if address:
            contacts |= await self._ids(
                select(contact.c.id).where(
                    or_(func.lower(contact.c.unverified_email) == address, func.lower(contact.c.relay_email) == address)
                )
            )
            contacts |= await self._ids(select(lead.c.contact_id).where(lead.c.relay_email == address))
        before = (-1, -1)
        while before != (before := (len(addresses), len(contacts))):
            contacts |= await self._ids(
                union(
                    select(contact_email.c.contact_id).where(contact_email.c.address.in_(addresses)),
                    select(contact.c.id).where(contact.c.merged_into.in_(contacts)),
                    select(contact.c.merged_into).where(contact.c.id.in_(contacts), contact.c.merged_into.is_not(None)),
                )
            )
            owned = select(contact_email.c.address).where(contact_email.c.contact_id.in_(contacts))
            addresses |= set((await self._connection.execute(owned)).scalars())
        return PersonRecords(frozenset(addresses), tuple(sorted(contacts)))

    async def same_number(self, person: PersonRecords) -> tuple[int, ...]:
        """Other contacts with one of his telephone numbers: perhaps he himself, perhaps his family or firm."""
        numbers = select(contact_phone.c.number).where(contact_phone.c.contact_id.in_(person.contacts))
        found = await self._ids(select(contact_phone.c.contact_id).where(contact_phone.c.number.in_(numbers)))
        return tuple(sorted(found - set(person.contacts)))

    async def linked(
        self, person: PersonRecords, mails: Collection[int] = (), outgoing: Collection[int] = ()
    ) -> PersonRecords:
        """All that hangs on these contacts and addresses, and on the `mails` and `outgoing` found beside."""
        leads = await self._ids(
            select(lead.c.number).where(lead.c.contact_id.in_(person.contacts), lead.c.erased_at.is_(None))
        )
        found = set(mails) | await self.mails_of(leads)
        found |= await self.copies_of(found)
        queued = set(outgoing) | await self.outgoing_of(leads, found)
        queued |= await self._ids(select(outbox.c.id).where(outbox.c.customer_address.in_(person.addresses)))
        return PersonRecords(
            person.addresses, person.contacts, tuple(sorted(leads)), tuple(sorted(found)), tuple(sorted(queued))
        )

    async def mails_of(self, leads: Collection[int]) -> set[int]:
        """The journal ids of all mails that made these leads, joined them, or are noted on them."""
        return await self._ids(
            union(
                select(journal.c.id).where(journal.c.lead.in_(leads)),
                select(activity.c.journal_id).where(activity.c.lead.in_(leads), activity.c.journal_id.is_not(None)),
            )
        )

    async def copies_of(self, mails: Collection[int]) -> set[int]:
        """The entries of the same mails at all locations they were addressed to."""
        same = select(journal.c.content_id).where(journal.c.id.in_(mails))
        return await self._ids(select(journal.c.id).where(journal.c.content_id.in_(same)))

    async def outgoing_of(self, leads: Collection[int], mails: Collection[int]) -> set[int]:
        """The queue ids of all mails about these leads, or made of these mails."""
        about = select(activity.c.lead).where(activity.c.journal_id.in_(mails)).distinct()
        return await self._ids(
            union(
                select(outbox.c.id).where(outbox.c.lead.in_(leads)),
                select(outbox.c.id).where(outbox.c.cause.in_([f"mail:{journal_id}" for journal_id in mails])),
                select(outbox.c.id).where(outbox.c.lead.in_(about), outbox.c.journal_id.in_(mails)),
            )
        )

    async def mentions(self, person: PersonRecords) -> tuple[set[int], set[int]]:
        """Journal and queue ids that no link leads to: mail from these addresses that made no lead, copies of mails
        already found, mail without a lead whose text or bytes name an address, template tests with his data."""
        named = re.compile(
            "|".join(_standing_alone(address) for address in sorted(person.addresses)) or r"(?!)", re.IGNORECASE
        )
        return await self._mails_naming(person, named), await self._template_tests(person.leads)

    async def _mails_naming(self, person: PersonRecords, named: re.Pattern[str]) -> set[int]:
        keys = select(journal.c.content_key).where(journal.c.id.in_(person.mails), journal.c.content_key.is_not(None))
        found = await self._ids(
            select(journal.c.id).where(
                or_(
                    func.lower(journal.c.from_address).in_(person.addresses),
                    func.lower(journal.c.reverse_path).in_(person.addresses),
                    journal.c.content_key.in_(keys),
                )
            )
        )
        found |= await self._read_naming(person, named)
        # What was set aside was never read: only its bytes can tell.
        unread = (
            select(journal.c.id, content.c.raw)
            .join(content, content.c.id == journal.c.content_id)
            .where(journal.c.state == "set_aside", content.c.raw.is_not(None))
        )
        for journal_id, raw in await self._connection.execute(unread):
            if named.search((raw or b"").decode("latin-1")):
                found.add(journal_id)
        return found

    async def _read_naming(self, person: PersonRecords, named: re.Pattern[str]) -> set[int]:
        """Mails without a lead in whose reading or trace an address stands, though by no link."""
        texts = (cast(journal.c.reading, Text), cast(journal.c.trace, Text))
        contain = [column.icontains(a, autoescape=True) for column in texts for a in sorted(person.addresses)]
        read = select(journal.c.id, journal.c.reading, journal.c.trace)
        rows = await self._connection.execute(read.where(journal.c.lead.is_(None), or_(false(), *contain)))
        return {row.id for row in rows if any(named.search(text) for text in _texts_in([row.reading, row.trace]))}

    async def _template_tests(self, leads: Collection[int]) -> set[int]:
        tests = select(outbox.c.id, outbox.c.details).where(outbox.c.kind == str(MailKind.TEMPLATE_TEST))
        shown = {str(number) for number in leads}
        return {row.id for row in await self._connection.execute(tests) if (row.details or {}).get("of_lead") in shown}

    async def _ids(self, statement: Select[Any] | Any) -> set[int]:
        return set((await self._connection.execute(statement)).scalars())


def _standing_alone(address: str) -> str:
    """A pattern for the address that does not find it inside another: anna@ is not hanna@."""
    return rf"(?<![\w.+-]){re.escape(address)}(?![\w-]|\.\w)"


def _texts_in(documents: Iterable[Any]) -> Iterator[str]:
    for value in documents:
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            yield from _texts_in(value.values())
        elif isinstance(value, list):
            yield from _texts_in(value)
