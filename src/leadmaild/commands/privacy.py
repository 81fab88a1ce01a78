"""What people may ask of us about themselves: all that is kept (export), and that it be gone (erasure) (R181)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leadmaild.config.model import Settings
from leadmaild.errors import NotFound, Refused
from leadmaild.maillog import Event, log
from leadmaild.model.address import parse_address
from leadmaild.model.lead import ActivityKind
from leadmaild.model.location import CompletionOutcome
from leadmaild.model.privacy import PersonRecords, SuppressionReason
from leadmaild.ports.stores import Database, Transaction


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom a command is about: a normalised address, or the contact of an id."""

    address: str | None = None
    contact_id: int | None = None

    @staticmethod
    def of(text: str) -> "Wanted":
        """Whom `text` names. Raises Refused for what is neither an address nor an id."""
        if text.isascii() and text.isdigit() and len(text) < 19:
            return Wanted(contact_id=int(text))
        address = parse_address(text)
        if address is None:
            raise Refused(f'"{text}" is neither an e-mail address nor the id of a contact')
        return Wanted(address.normal)


async def find_person(tx: Transaction, wanted: Wanted) -> PersonRecords:
    """Everything that names the person, links and texts alike; looks through whole tables, so give it a view."""
    person = await tx.persons.linked(await _known(tx, wanted))
    mails, outgoing = await tx.persons.mentions(person)
    return await tx.persons.linked(person, mails, outgoing)


async def export_person(database: Database, wanted: Wanted, suppression_key: bytes, now: datetime) -> Mapping[str, Any]:
    """All that is kept about the person, as one document of one moment (GDPR art. 15, 20). Raises NotFound for an
    unknown contact id."""
    async with database.view() as tx:
        person = await find_person(tx, wanted)
        listed = await tx.suppression.standing(sorted(person.addresses), suppression_key)
        return {
            "exported_at": now.isoformat(timespec="seconds"),
            "addresses": sorted(person.addresses),
            "suppression": [
                {"address": address, "reason": str(line.reason), "since": line.since.isoformat(timespec="seconds")}
                for address, line in sorted(listed.items())
            ],
            **await tx.person_documents.of(person),
        }


async def erase_person(
    database: Database, settings: Settings, wanted: Wanted, suppression_key: bytes, now: datetime
) -> PersonRecords:
    """Take everything personal out of all that names the person; return what that was (R181).

    His addresses go on the suppression list, his open leads are closed, what has not left does not leave. Intake meets
    us at the turns: what it decides afterwards sees the erasure, so that mail which waits is dropped when it is read.
    Raises NotFound for an unknown contact id.
    """
    async with database.view() as tx:  # the long part holds up nobody
        found = await find_person(tx, wanted)
    async with database.transaction() as tx:
        await tx.people.lock_turns(sorted(settings.locations), settings.groups, now)
        await tx.contacts.lock((await _known(tx, wanted)).contacts)
        person = await tx.persons.linked(await _known(tx, wanted), found.mails, found.outgoing)
        for address in sorted(person.addresses):
            await tx.suppression.add(address, suppression_key, SuppressionReason.ERASED, now)
        await tx.erasure.mails(person.mails, now)
        await tx.erasure.outgoing(person.outgoing, now)
        closed = await tx.erasure.leads(person.leads, now)
        why = {"reason": str(SuppressionReason.ERASED), "outcome": str(CompletionOutcome.INVALID)}
        for number in closed:
            await tx.leads.record(number, ActivityKind.CLOSE, now, details=why)
        await tx.erasure.contacts(person.contacts, now)
        await tx.commit()
    for number in person.leads:
        log(Event.LEAD_ERASED, lead=number, reason="erasure")
    return person


async def _known(tx: Transaction, wanted: Wanted) -> PersonRecords:
    if wanted.contact_id is not None and await tx.contacts.by_id(wanted.contact_id) is None:
        raise NotFound(f"there is no contact {wanted.contact_id}")
    return await tx.persons.known(wanted.address, wanted.contact_id)
