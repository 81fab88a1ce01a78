"""Applies a Decision: leads, contacts, turns, timers and outbox rows become rows of the one transaction of the mail."""

from dataclasses import dataclass
from datetime import datetime

from leadmaild.model.decision import Decision, Intent, JoinLead, OpenLead
from leadmaild.model.lead import ActivityKind, AssignmentReason, Outcome
from leadmaild.model.location import Location
from leadmaild.model.privacy import SuppressionReason
from leadmaild.model.reading import Prospect, Reading
from leadmaild.model.snapshot import Snapshot
from leadmaild.model.vehicle import vehicle_key
from leadmaild.model.work import JournalEntry, OutboxOrigin
from leadmaild.pipeline.reading_again import bring_up_to_date
from leadmaild.pipeline.world import World
from leadmaild.ports.stores import Transaction

# Last resorts do not become a customer's own seller.
_NOT_A_SELLER = frozenset({AssignmentReason.POOL, AssignmentReason.FALLBACK, AssignmentReason.ADMIN})


@dataclass(frozen=True, slots=True)
class Applied:
    """What a decision came to: the lead of each step, and the intents written, each with its lead."""

    leads: tuple[int, ...] = ()
    intents: tuple[tuple[Intent, int | None], ...] = ()


async def apply(
    tx: Transaction,
    entry: JournalEntry,
    reading: Reading,
    decision: Decision,
    snapshot: Snapshot,
    world: World,
    now: datetime,
) -> Applied:
    """Write everything the decision says and settle the entry. Raises LeaseLost, or Conflict for a lost race."""
    leads: list[int] = []
    written: list[tuple[Intent, int | None]] = []
    for index, step in enumerate(decision.steps):
        if isinstance(step, OpenLead):
            number = await _open(tx, entry, reading, step, needs_review=decision.needs_review, now=now)
        else:
            number = await _join(tx, entry, step)
        leads.append(number)
        origin = _origin(entry, step, number, index, snapshot)
        details = _details(step)
        for intent in step.intents:
            await tx.outbox.add(intent, origin, now, details)
            written.append((intent, number))
    lead = leads[0] if leads else None
    if decision.update is not None:
        await bring_up_to_date(tx, entry, decision.update, now)
        lead = decision.update.lead.number
    origin = OutboxOrigin(
        _cause(entry), snapshot.receiving.code, _sender_mailbox(entry, snapshot.receiving), lead, journal_id=entry.id
    )
    for intent in decision.intents:
        await tx.outbox.add(intent, origin, now, {"reason": decision.reason})
        written.append((intent, lead))
    await _record_bounce(tx, entry, decision, snapshot, now)
    if decision.noted_on is not None:
        await tx.leads.record(
            decision.noted_on, ActivityKind.NOTE, now, by=decision.noted_by, text=reading.text, journal_id=entry.id
        )
    if decision.suppress_address:
        why = SuppressionReason.COMPLAINT if decision.reason == "complaint" else SuppressionReason.HARD_BOUNCE
        await tx.suppression.add(decision.suppress_address, world.suppression_key, why, now)
    if decision.is_erased:
        await tx.journal.settle(entry.claim, decision.outcome, decision.reason, now)
        await tx.erasure.release([entry.id], now, whole=True)
    else:
        await tx.journal.settle(
            entry.claim,
            decision.outcome,
            decision.reason,
            now,
            reading=reading,
            trace=decision.trace,
            lead=lead,
            authentication=entry.authentication,
        )
    return Applied(tuple(leads), tuple(written))


async def _open(
    tx: Transaction, entry: JournalEntry, reading: Reading, step: OpenLead, *, needs_review: bool, now: datetime
) -> int:
    person = step.prospect.contact
    contact_id = step.contact_id
    seller = step.assignment.assignee if step.assignment.reason not in _NOT_A_SELLER else ""
    if contact_id is None:
        contact_id = await tx.contacts.create(
            step.location,
            person,
            verified=step.contact_is_verified,
            language=step.prospect.language,
            now=now,
            user=seller,
        )
    else:
        if step.contact_is_verified:
            await tx.contacts.complete(contact_id, step.location, person)
        if seller:
            await tx.contacts.note_latest_user(contact_id, seller)
    number = await tx.leads.open(
        step, contact_id, entry.id, reading.subject, needs_review=needs_review, arrived_at=entry.envelope.received_at
    )
    for further in step.more:
        await tx.leads.record(number, ActivityKind.MAIL_IN, now, text=_words(further), journal_id=entry.id)
    if step.assignment.turn is not None:
        await tx.people.move_turn(step.assignment.turn, step.assignment.new_order, now)
    return number


async def _join(tx: Transaction, entry: JournalEntry, step: JoinLead) -> int:
    await tx.leads.join(step, entry.id, entry.envelope.received_at)
    if step.prospect is not None:
        await tx.contacts.complete(step.lead.contact_id, step.lead.location, step.prospect.contact)
    return step.lead.number


async def _record_bounce(
    tx: Transaction, entry: JournalEntry, decision: Decision, snapshot: Snapshot, now: datetime
) -> None:
    """A bounce is shown on the lead whose mail came back; it is not a reaction and touches no timer (PF23)."""
    if decision.outcome is Outcome.BOUNCE and snapshot.thread.lead is not None and snapshot.thread.is_known:
        await tx.leads.record(
            snapshot.thread.lead.number,
            ActivityKind.MAIL_IN,
            now,
            text=decision.reason,
            journal_id=entry.id,
            details={"bounce": True, "outbox_id": decision.bounced_outbox_id},
        )


def _origin(
    entry: JournalEntry, step: OpenLead | JoinLead, number: int, index: int, snapshot: Snapshot
) -> OutboxOrigin:
    code = step.location if isinstance(step, OpenLead) else step.lead.location
    location = snapshot.locations.get(code, snapshot.receiving)
    prospect = step.prospect
    return OutboxOrigin(
        cause=_cause(entry, index),
        location=code,
        sender_mailbox=_sender_mailbox(entry, location),
        lead=number,
        cycle=1 if isinstance(step, OpenLead) else step.lead.cycle + step.new_cycle,
        journal_id=entry.id,
        vehicle_key=vehicle_key(prospect, step.stock) if prospect else "",
    )


def _cause(entry: JournalEntry, index: int = 0) -> str:
    # A mail may hold several prospects; the further ones need causes of their own (PF59).
    return f"mail:{entry.id}" if index == 0 else f"mail:{entry.id}:{index}"


def _sender_mailbox(entry: JournalEntry, location: Location) -> str:
    """R31: a location without a mailbox sends from the one that received the mail."""
    if location.mailbox:
        return location.mailbox
    local, _, domain = entry.mailbox.partition("@")
    return f"{local.partition('+')[0]}@{domain}"


def _details(step: OpenLead | JoinLead) -> dict[str, str]:
    return {"text": step.text} if isinstance(step, JoinLead) else {}


def _words(prospect: Prospect) -> str:
    vehicle = prospect.vehicle.title if prospect.vehicle else None
    return "\n".join(part for part in (vehicle, prospect.message) if part)
