"""Loads the Snapshot: everything `decide` may see, by reads of the transaction it is given. Writes nothing, so that
`explain` takes the same path."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from leadmaild.deciding.autoresponse import answer_address
from leadmaild.deciding.enquiries import prospect_of_answer
from leadmaild.deciding.redirect import normal
from leadmaild.model.address import parse_address
from leadmaild.model.envelope import Envelope
from leadmaild.model.location import Location
from leadmaild.model.privacy import Suppressed, SuppressionReason
from leadmaild.model.reading import Classification, Person, Prospect, Reading
from leadmaild.model.reply_token import queue_id_of
from leadmaild.model.snapshot import AnswerHistory, ContactFacts, ProspectFacts, ReadBefore, Snapshot, ThreadFacts
from leadmaild.model.vehicle import vehicle_key
from leadmaild.model.work import JournalEntry
from leadmaild.pipeline.directory import POSTMASTER
from leadmaild.pipeline.world import World
from leadmaild.ports.stores import Transaction

# Mail that lay about longer than this gets no automatic answer (AR-20).
OLDEST_ANSWERED = timedelta(hours=48)
# What a machine says of a mail of ours: after an erasure it only brings the address back.
_AUTOMATIC = (Classification.BOUNCE, Classification.AUTO_REPLY)


async def load_snapshot(
    tx: Transaction,
    world: World,
    location: Location,
    reading: Reading,
    envelope: Envelope,
    duplicate_of: int | None,
    now: datetime,
    entry: JournalEntry | None = None,
) -> Snapshot:
    """The facts about one read mail received by `location`, as they stand in this transaction. With its `entry` in the
    journal it is known whether the mail was read before."""
    settings = world.settings
    listed = await tx.suppression.standing(_answerable(reading) | _customers(reading), world.suppression_key)
    prospects = tuple([await _prospect_facts(tx, world, location, reading, p, listed, now) for p in reading.prospects])
    concerned = {location.code} | {p.vehicle.location for p in prospects if p.vehicle} & settings.locations.keys()
    received_at = envelope.received_at
    thread = await _thread_facts(tx, world, reading, envelope)
    return Snapshot(
        receiving=location,
        locations=settings.locations,
        roster=await tx.people.roster(settings.users, settings.groups, sorted(concerned), now),
        prospects=prospects,
        thread=thread,
        sender=await _sender_facts(tx, world, location, reading, listed, now),
        own_addresses=settings.own_addresses | world.directory.own_addresses,
        duplicate_of=duplicate_of,
        first_is_kept=duplicate_of is None or await _is_kept(tx, duplicate_of),
        is_erased=_is_erased(reading, envelope, listed) or (thread.is_erased and reading.classification in _AUTOMATIC),
        read_before=await _read_before(tx, entry) if entry and entry.lead is not None else None,
        source_is_enabled=location.source(reading.source).enabled,
        checks_senders=envelope.is_from_anywhere,
        mail_is_old=envelope.is_first_scan or now - received_at > OLDEST_ANSWERED,
        learning_until=world.learning_until(location),
        postmaster=settings.gateway.postmaster if _is_for_postmaster(envelope) else None,
    )


def _answerable(reading: Reading) -> set[str]:
    """The addresses whose limits are asked for."""
    asked = (answer_address(reading, one) for one in (*reading.prospects, prospect_of_answer(reading)))
    return {address for address in asked if address}


def _customers(reading: Reading) -> set[str]:
    """Whom the mail is from: the customers it names, or its author."""
    named = (one.contact.email or one.contact.relay_email for one in reading.prospects)
    return {normal(address) for address in named} if reading.prospects else {normal(reading.sender.email)}


def _is_erased(reading: Reading, envelope: Envelope, listed: Mapping[str, Suppressed]) -> bool:
    """Whether everybody the mail is from was erased after he wrote it: it had waited, or came back (PF68). Of mail
    found in a mailbox at its first scan the Date field says when it was written: it came long before."""
    written_at = envelope.received_at
    if envelope.is_first_scan and reading.sent_at is not None:
        written_at = min(written_at, reading.sent_at)
    return all(
        (line := listed.get(address)) is not None
        and line.reason is SuppressionReason.ERASED
        and written_at <= line.since
        for address in _customers(reading)
    )


async def _is_kept(tx: Transaction, journal_id: int) -> bool:
    standing = await tx.journal_changes.standing(journal_id)
    return standing is not None and standing[1]


async def _read_before(tx: Transaction, entry: JournalEntry) -> ReadBefore | None:
    number = entry.lead or 0
    known = (await tx.leads.with_prospects([number])).get(number)
    if known is None:
        return None
    lead, prospect = known
    return ReadBefore(lead, prospect, await tx.lead_changes.column(number, "journal_id") == entry.id)


def _is_for_postmaster(envelope: Envelope) -> bool:
    return any(path.partition("@")[0].casefold() == POSTMASTER for path in envelope.forward_paths)


async def _prospect_facts(
    tx: Transaction,
    world: World,
    location: Location,
    reading: Reading,
    prospect: Prospect,
    listed: Mapping[str, Suppressed],
    now: datetime,
) -> ProspectFacts:
    vehicle = await tx.stock.match(prospect.vehicle) if prospect.vehicle else None
    stands_at = vehicle.location if vehicle and vehicle.location in world.settings.locations else location.code
    by_location = {}
    for code in sorted({location.code, stands_at}):
        by_location[code] = await _contact_facts(tx, code, prospect.contact)
    effective = stands_at if location.vehicle_location_for_distribution else location.code
    address = answer_address(reading, prospect)
    return ProspectFacts(
        vehicle=vehicle,
        by_location=by_location,
        conversation_leads=await tx.leads.of_conversation(prospect),
        answers=await _answers(tx, listed, address, vehicle_key(prospect, vehicle), effective, now),
    )


async def _contact_facts(tx: Transaction, code: str, person: Person) -> ContactFacts:
    # A relay address names a conversation, not a person (R37).
    address = parse_address(person.email) if person.email and not person.email_is_relay else None
    contact = await tx.contacts.find(code, address.normal if address else None, person.phones)
    if contact is None:
        return ContactFacts()
    open_leads = await tx.leads.open_of(contact.id)
    return ContactFacts(contact, open_leads, await tx.leads.last_closed_of(contact.id))


async def _answers(
    tx: Transaction,
    listed: Mapping[str, Suppressed],
    address: str | None,
    vehicle: str,
    location: str,
    now: datetime,
) -> AnswerHistory:
    """The limits of the very address an answer would go to (R112)."""
    if not address:
        return AnswerHistory()
    return await tx.outbox.answer_history(address, location, vehicle, now, is_suppressed=address in listed)


async def _thread_facts(tx: Transaction, world: World, reading: Reading, envelope: Envelope) -> ThreadFacts:
    thread = reading.thread
    message_ids = [m for m in (thread.in_reply_to, *thread.references, _bounced_message_id(reading)) if m]
    tokens = [t for t in (thread.token, _token_of(envelope)) if t and queue_id_of(t, world.token_keys) is not None]
    sent = await tx.outbox.find_sent(message_ids, tokens[0] if tokens else None) if message_ids or tokens else None
    number = sent.lead if sent else _number(thread.lead_id)
    lead = await tx.leads.by_number(number) if number is not None else None
    is_erased = lead is not None and lead.is_erased
    return ThreadFacts(
        lead=None if is_erased else lead,  # what was erased must not get its person back (PF68)
        is_erased=is_erased,
        is_known=sent is not None,
        bounced_outbox_id=sent.id if sent and reading.dsn else None,
        bounced_recipients=frozenset({sent.customer_address} if sent and sent.customer_address else ()),
    )


def _token_of(envelope: Envelope) -> str | None:
    local = envelope.forward_paths[0].partition("@")[0] if envelope.forward_paths else ""
    return local.partition("+")[2] or None


def _bounced_message_id(reading: Reading) -> str | None:
    return reading.dsn.original_message_id if reading.dsn else None


def _number(lead_id: str | None) -> int | None:
    return int(lead_id) if lead_id and lead_id.isascii() and lead_id.isdigit() and len(lead_id) < 19 else None


async def _sender_facts(
    tx: Transaction,
    world: World,
    location: Location,
    reading: Reading,
    listed: Mapping[str, Suppressed],
    now: datetime,
) -> ProspectFacts:
    """What is known of the writer of an answer: if no thread of ours confirms it, it is an enquiry like any other, with
    the same limits (PF24)."""
    if reading.prospects or reading.classification is not Classification.CUSTOMER_REPLY:
        return ProspectFacts()
    return await _prospect_facts(tx, world, location, reading, prospect_of_answer(reading), listed, now)
