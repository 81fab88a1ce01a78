"""Writes what a mail that was read again changes of its lead and its contact."""

from datetime import datetime
from typing import Any

from leadmaild.deciding.joining import message_digest
from leadmaild.model.address import parse_address
from leadmaild.model.decision import LeadUpdate
from leadmaild.model.lead import ActivityKind
from leadmaild.model.reading import Prospect
from leadmaild.model.vehicle import vehicle_key
from leadmaild.model.work import JournalEntry
from leadmaild.ports.stores import Transaction


async def bring_up_to_date(tx: Transaction, entry: JournalEntry, update: LeadUpdate, now: datetime) -> None:
    """Write the lead anew and fill what its contact lacks; what changed stays in the activities."""
    lead = update.lead
    if update.to_keep is not None:
        values = _columns(update, update.to_keep)
        was = {name: await tx.lead_changes.column(lead.number, name) for name in _SHOWN if name in values}
        await tx.lead_changes.change(lead.number, **values)
        await tx.lead_changes.keep_prospect(lead.number, update.to_keep)
        changed = {name: values[name] for name, old in was.items() if old != values[name]}
        await tx.leads.record(
            lead.number, ActivityKind.EDIT, now, text="read again", journal_id=entry.id, details={"changed": changed}
        )
    if update.contact_is_verified:
        await tx.contacts.complete(lead.contact_id, lead.location, update.prospect.contact)
        await _add_address(tx, update)


# Of what changed, what the activity says; the rest is in the lead, and in the mail.
_SHOWN = ("source", "types", "stock_number", "needs_review")


def _columns(update: LeadUpdate, read: Prospect) -> dict[str, Any]:
    values: dict[str, Any] = {
        "source": update.source,
        "source_provider": read.source_provider,
        "source_lead_id": read.source_lead_id,
        "conversation_id": read.conversation_id,
        "relay_email": read.contact.relay_email,
        "types": [str(kind) for kind in update.types],
        "message_digest": message_digest(read.message) or None,
    }
    if update.stock is not None:
        values["stock_number"] = update.stock.internal_number
    if not update.lead.stock_number:
        values["vehicle_key"] = vehicle_key(read, update.stock)
    if update.is_reviewed:
        values["needs_review"] = False
    return values


async def _add_address(tx: Transaction, update: LeadUpdate) -> None:
    """The contact gets the address that was found, if it has none and nobody else owns it (R37)."""
    person, lead = update.prospect.contact, update.lead
    address = parse_address(person.email) if person.email and not person.email_is_relay else None
    known = await tx.contacts.by_id(lead.contact_id)
    if address is None or known is None or known.emails:
        return
    if await tx.contacts.find(lead.location, address.normal, ()) is None:
        await tx.contacts.add_email(lead.contact_id, lead.location, address.normal)
