"""Looks up everything about a mail whose time has come: is it still wanted, may it leave now, to whom, with what in it.
The facts are those of this moment, so held notices follow the assignee and vanish when the lead was answered (R25)."""

from dataclasses import dataclass
from datetime import datetime

from leadmaild.commands.templates import TemplateTest
from leadmaild.deciding.recipients import Addressee, Resolved, resolve
from leadmaild.deciding.still_wanted import Dropped, LeadStanding, still_wanted
from leadmaild.distribution.pool import is_pool_user
from leadmaild.errors import NotFound
from leadmaild.escalation.calendar import Calendar
from leadmaild.escalation.firing import CycleFacts
from leadmaild.model.decision import MailKind
from leadmaild.model.envelope import SenderVerdict
from leadmaild.model.lead import Lead, LeadState
from leadmaild.model.location import Location
from leadmaild.model.outgoing import Delivery, MailFacts, OutboxState
from leadmaild.model.reading import Prospect
from leadmaild.model.reply_token import reply_address, sign_token
from leadmaild.model.work import OutboxItem
from leadmaild.pipeline.at_hand import AtHand
from leadmaild.pipeline.preview import Addressing, preview_facts, shown_lead
from leadmaild.pipeline.world import World
from leadmaild.ports.stores import Transaction

# Kinds that carry the original mail or are made of it.
_NEEDS_ORIGINAL = frozenset(
    {
        MailKind.REDIRECT,
        MailKind.UNASSIGNED_NOTICE,
        MailKind.TRADE_IN_CC,
        MailKind.NEW_LEAD,
        MailKind.NEW_POOL_LEAD,
    }
)


# The reason of the alarm that a notice does not reach everybody it should (PF34).
NOT_EVERYBODY = "not_everybody_is_told"


@dataclass(frozen=True, slots=True)
class Leaving:
    """A mail that may leave now: what it is composed of, who still has to get it, and over which mail server.

    `suppressed_by` names what keeps it in after all: it is composed and recorded, never sent (R53, AR-28).
    """

    item: OutboxItem
    facts: MailFacts
    token: str
    to: tuple[str, ...]
    mail_server: str
    suppressed_by: str = ""
    lead: Lead | None = None  # as it was looked up
    alarm: str = ""  # in words: it leaves, but not to everybody it should (PF34)


@dataclass(frozen=True, slots=True)
class Hold:
    """Not now: the people it is for are told within opening hours only (R18)."""

    item: OutboxItem
    until: datetime


@dataclass(frozen=True, slots=True)
class Stop:
    """It does not leave any more, or not before `run_at` (a UTC instant).

    `alarm` is the reason of an alarm that this raises, `problem` what it says where that is not `why`.
    """

    item: OutboxItem
    state: OutboxState
    why: str
    alarm: str = ""
    problem: str = ""
    run_at: datetime | None = None


async def look_up(
    tx: Transaction, item: OutboxItem, at_hand: AtHand, world: World, now: datetime
) -> Leaving | Hold | Stop:
    """What is to be done with a claimed mail at `now` (a UTC instant)."""
    settings = world.settings
    location = settings.locations.get(item.location)
    if location is None:
        why = f"the location {item.location} is not in the settings any more"
        return Stop(item, OutboxState.FAILED, why, alarm="location_gone")
    lead = at_hand.leads.get(item.lead) if item.lead is not None else None
    match still_wanted(item.kind, _standing(lead, item, location), now):
        case Dropped(reason):
            return Stop(item, OutboxState.CANCELLED, reason)
    if item.kind.is_staff_notice:
        within_hours = not _leaves_at_any_hour(item, location)
        leaves_at = Calendar.of(location.opening_hours).next_send(now, within_hours=within_hours)
        if leaves_at > now:
            return Hold(item, leaves_at)
    assignee = lead.assignee if lead else ""
    resolved = resolve(item.recipient, item.kind, assignee, location, at_hand.roster, now)
    if not resolved.addressees:
        alarm = NOT_EVERYBODY if resolved.alarm else ""
        return Stop(item, OutboxState.CANCELLED, resolved.why, alarm, resolved.alarm)
    to = _not_yet_served(item, resolved)
    try:
        facts = await _facts(tx, item, at_hand, world, location, resolved.addressees, now)
    except NotFound as gone:  # what it is about was there when it was queued
        return Stop(item, OutboxState.FAILED, str(gone))
    return Leaving(
        item=item,
        facts=facts,
        token=item.token or sign_token(item.id, world.token_keys),
        to=to,
        mail_server=location.mailserver,
        suppressed_by=item.details.get("withheld_by") or ("" if location.send_emails else "R53"),
        lead=lead,
        alarm=resolved.alarm,
    )


def _standing(lead: Lead | None, item: OutboxItem, location: Location) -> LeadStanding | None:
    if lead is None:
        return None
    # A notice of the clock belongs to the cycle that began then, one of a mail to the moment it was decided, and one of
    # a change of assignee to no cycle: it is not about the customer's waiting.
    began_at = _instant(item, "began_at") or item.created_at
    has_reaction = item.cycle is not None and lead.reacted_at is not None and lead.reacted_at >= began_at
    cycle = CycleFacts(
        is_closed=lead.state is LeadState.CLOSED,
        has_reaction=has_reaction,
        stage1_due_at=_instant(item, "due_at") if item.kind is MailKind.REMINDER else None,
    )
    return LeadStanding(cycle, waits_in_pool=is_pool_user(lead.assignee, location))


def _instant(item: OutboxItem, key: str) -> datetime | None:
    text = item.details.get(key)
    return datetime.fromisoformat(text) if text else None


def _leaves_at_any_hour(item: OutboxItem, location: Location) -> bool:
    """R59: with the switch off, follow-up notices leave at their minute, on any day that is not off (R60)."""
    is_follow_up = item.kind in (MailKind.FOLLOW_UP, MailKind.FOLLOW_UP_STAGE2)
    return is_follow_up and not location.follow_up_within_hours


def _not_yet_served(item: OutboxItem, resolved: Resolved) -> tuple[str, ...]:
    """A mail that was tried before goes on to those it was composed for and who have not got it."""
    wanted = item.to_addresses or tuple(a.address for a in resolved.addressees)
    done = (Delivery.DELIVERED, Delivery.REFUSED)
    return tuple(address for address in wanted if item.results.get(address) not in done)


async def _facts(
    tx: Transaction,
    item: OutboxItem,
    at_hand: AtHand,
    world: World,
    location: Location,
    addressees: tuple[Addressee, ...],
    now: datetime,
) -> MailFacts:
    if item.kind is MailKind.TEMPLATE_TEST:
        return await _test_facts(tx, item, world, addressees[0], now)
    return await _mail_facts(tx, item, at_hand, world, location, addressees, now)


async def _mail_facts(
    tx: Transaction,
    item: OutboxItem,
    at_hand: AtHand,
    world: World,
    location: Location,
    addressees: tuple[Addressee, ...],
    now: datetime,
) -> MailFacts:
    settings, roster = world.settings, at_hand.roster
    lead = at_hand.leads.get(item.lead) if item.lead is not None else None
    contact = at_hand.contacts.get(lead.contact_id) if lead else None
    prospect = at_hand.prospects.get(lead.number) if lead else None
    entry = await tx.journal.content_of(item.journal_id) if item.journal_id and _needs_original(item) else None
    reading = at_hand.readings.get(item.journal_id) if item.journal_id else None
    first = addressees[0]
    return MailFacts(
        kind=item.kind,
        location=location,
        now=now,
        message_id=_message_id(item),
        to=tuple(a.address for a in addressees),
        reply_address=reply_address(item.sender_mailbox, sign_token(item.id, world.token_keys)),
        loop_mark=world.loop_mark,
        hostname=settings.gateway.hostname,
        sender_mailbox=item.sender_mailbox,
        lead=lead,
        lead_url=settings.gateway.lead_link(lead.number) if lead else "",
        contact_url=settings.gateway.contact_link(contact.id) if contact else "",
        contact=contact,
        prospect=prospect,
        source_name=(reading.source_name or reading.source) if reading else "",
        stock=await tx.stock.by_number(lead.stock_number) if lead and lead.stock_number else None,
        assignee=roster.users.get(lead.assignee) if lead else None,
        to_user=roster.users.get(first.username),
        on_behalf_of=next((roster.users.get(a.on_behalf_of) for a in addressees if a.on_behalf_of), None),
        group=next((g for g in roster.groups_of(location.code) if lead and g.name == lead.group), None),
        language=_language(prospect, location),
        due_at=_instant(item, "due_at") or (lead.due_at if lead else None),
        original=entry.content if entry else None,
        original_reading=reading,
        original_sender_verdict=entry.envelope.sender_verdict if entry else SenderVerdict.UNAUTHENTICATED,
        original_signatures=entry.authentication.signatures if entry else (),
        original_received_at=entry.envelope.received_at if entry else None,
        reason=item.details.get("reason", ""),
        text=item.details.get("text", ""),
        attachment=item.details.get("attachment", ""),
    )


async def _test_facts(
    tx: Transaction, item: OutboxItem, world: World, addressee: Addressee, now: datetime
) -> MailFacts:
    test = TemplateTest.of(item.location, item.details)
    shown = await shown_lead(tx, test.lead) if test.lead is not None else None
    addressing = Addressing(
        message_id=_message_id(item),
        to=addressee.address,
        reply_address=reply_address(item.sender_mailbox, sign_token(item.id, world.token_keys)),
        sender_mailbox=item.sender_mailbox,
        loop_mark=world.loop_mark,
    )
    return preview_facts(world.settings, test, shown, addressing, now)


def _message_id(item: OutboxItem) -> str:
    domain = item.sender_mailbox.rpartition("@")[2]
    return item.message_id or f"<out.{item.lead or 0}.{item.id}@leads.{domain}>"


def _needs_original(item: OutboxItem) -> bool:
    return item.kind in _NEEDS_ORIGINAL and item.raw is None


def _language(prospect: Prospect | None, location: Location) -> str:
    return (prospect.language if prospect else None) or location.language
