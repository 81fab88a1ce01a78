"""Whether a mail belongs to a lead that is there already (R35-R38, R128, R129, Q22, PF24, PF25)."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from leadmaild.deciding.case import Case
from leadmaild.deciding.deadlines import first_response, staff_notice
from leadmaild.deciding.enquiries import Enquired
from leadmaild.deciding.redirect import normal
from leadmaild.model.decision import JoinLead, MailKind, Role
from leadmaild.model.lead import Lead, LeadState
from leadmaild.model.location import Location
from leadmaild.model.reading import Prospect
from leadmaild.model.snapshot import ContactFacts, ProspectFacts, ThreadFacts
from leadmaild.model.trace import Trace

RESEND_WINDOW = timedelta(days=14)  # Q22


@dataclass(frozen=True, slots=True)
class Belonging:
    """Where a mail belongs: the lead it `joins`, or the closed lead it `follows` (R128), or neither.

    `is_resend`: the portal sent the same request once more; nothing new was said (Q22).
    """

    joins: Lead | None = None
    follows: Lead | None = None
    reason: str = ""
    why: str = ""
    is_resend: bool = False


def belonging(case: Case, prospect: Prospect, facts: ProspectFacts, effective: Location) -> Belonging:
    """Find the lead this mail belongs to: by thread, by conversation of the source, by resend, by contact.

    A sender whose check failed, or on whom readers disagree, joins nothing (R37, SP-22).
    """
    trace, now = case.trace, case.now
    if not case.is_verified:
        trace.matched("R37", case.envelope.sender_verdict, "not surely the sender he says: joins nothing")
        return Belonging()
    here = {case.receiving.code, effective.code}
    by_thread = _of_thread(prospect, case.snapshot.thread, here, trace)
    by_conversation = _of_conversation(facts.conversation_leads, here, trace)
    known = facts.by_location.get(effective.code, ContactFacts())
    if by_thread and by_thread.state is LeadState.OPEN:
        return Belonging(by_thread, reason="thread", why="answers a mail of this lead (R129)")
    if by_conversation and by_conversation.state is LeadState.OPEN:
        resent = _is_resend(prospect, by_conversation, now)
        why = "the same request once more (Q22)" if resent else "same conversation at the source (R129)"
        return Belonging(by_conversation, reason="resend" if resent else "conversation", why=why, is_resend=resent)
    if (resent_lead := _resent(prospect, known, by_conversation, now, trace)) is not None:
        return Belonging(resent_lead, reason="resend", why="the same request once more (Q22)", is_resend=True)
    if (open_lead := _of_contact(prospect, facts, known, trace)) is not None:
        return Belonging(open_lead, reason="open_request", why="the contact has an open request (R35)")
    follows = by_thread or by_conversation
    if follows:
        trace.matched("R128", follows.number, "that lead is closed: a new lead, linked to it")
    return Belonging(follows=follows)


def join_lead(case: Case, enquired: Enquired, found: Belonging, lead: Lead, *, is_first: bool) -> JoinLead:
    """Add the mail to its lead: an activity, the assignee told in opening hours, a new first-response cycle unless one
    is running; never an autoresponse (R35, R129). A resend says nothing new: no clock starts (Q22).

    `is_first` False: another enquiry of the same mail has joined this lead already.
    """
    location = case.snapshot.locations.get(lead.location, case.receiving)
    source = location.source_of(lead.source, lead.source_provider)
    begins_cycle = is_first and not found.is_resend and not lead.has_running_first_response
    case.trace.asked("R26", begins_cycle, lead.cycle, "a new cycle, unless one is running or nothing new was said")
    notices = (staff_notice(case, MailKind.CUSTOMER_MESSAGE, Role.ASSIGNEE, location, found.why),) if is_first else ()
    return JoinLead(
        lead=lead,
        prospect=None if enquired.is_answer else enquired.prospect,
        text=enquired.prospect.message or case.reading.text,
        why=found.why,
        sender=case.reading.sender.email,
        new_cycle=begins_cycle,
        stock=enquired.facts.vehicle,
        timers=first_response(case, location, source) if begins_cycle else (),
        intents=notices,
    )


def message_digest(message: str | None) -> str:
    """The customer's words in a form that tells a resend from a new message (Q22); "" where he said nothing.

    Case, spacing and punctuation do not count: portals wrap and decorate the same text differently.
    """
    words = "".join(c for c in (message or "").casefold() if c.isalnum())
    return hashlib.sha256(words.encode()).hexdigest() if words else ""


def _of_thread(prospect: Prospect, thread: ThreadFacts, here: set[str], trace: Trace) -> Lead | None:
    lead = thread.lead
    if lead is None:
        trace.passed("PF24", None, "belongs to no thread of ours: a reference we do not know is ignored")
        return None
    if not {lead.location, lead.received_location} & here:
        trace.passed("PF25", lead.number, "that lead belongs to another location: not joined")
        return None
    sender_belongs = normal(prospect.contact.email) in lead.addresses
    if not (thread.is_known or sender_belongs):
        trace.passed("PF25", lead.number, "the mark names this lead, but neither our mail nor its sender confirms it")
        return None
    trace.matched("R129", lead.number, "the thread of this lead, confirmed by " + _witness(thread.is_known))
    return lead


def _witness(is_known: bool) -> str:
    return "our own mail" if is_known else "its sender, who belongs to the lead"


def _of_conversation(leads: Iterable[Lead], here: set[str], trace: Trace) -> Lead | None:
    """The lead with the same conversation, relay address or lead id of the same source: an open one first, then the
    one most lately active (R129)."""
    ours = [lead for lead in leads if {lead.location, lead.received_location} & here]
    found = max(ours, key=lambda lead: (lead.state is LeadState.OPEN, lead.last_active_at), default=None)
    trace.asked(
        "R129", found is not None, found.number if found else None, "conversation id, relay or id of the source"
    )
    return found


def _resent(
    prospect: Prospect, known: ContactFacts, by_conversation: Lead | None, now: datetime, trace: Trace
) -> Lead | None:
    """A resend within 14 days joins even a lead that was closed meanwhile: it says nothing new (Q22)."""
    candidates = (*known.open_leads, known.last_closed, by_conversation)
    resent = next((lead for lead in candidates if lead and _is_resend(prospect, lead, now)), None)
    trace.asked("Q22", resent is not None, resent.number if resent else None, "the same request once more")
    return resent


def _is_resend(prospect: Prospect, lead: Lead, now: datetime) -> bool:
    """Whether the source sent what made this lead once more: by its own lead number, else by vehicle and words; ADF may
    say that it is a resend."""
    if now - lead.arrived_at > RESEND_WINDOW:
        return False
    if prospect.source_lead_id and (prospect.source, prospect.source_lead_id) == (lead.source, lead.source_lead_id):
        return True
    digest = message_digest(prospect.message)
    said_again = prospect.resend or (bool(digest) and digest == lead.message_digest)
    return said_again and _same_vehicle(prospect, lead, None)


def _of_contact(prospect: Prospect, facts: ProspectFacts, known: ContactFacts, trace: Trace) -> Lead | None:
    """The contact's open request: the one about the same vehicle first, else the one most lately active (R37). It
    joins even if the mail is about another vehicle (R38)."""
    if not known.open_leads:
        trace.passed("R35", None, "no open request of this contact here")
        return None
    stock_number = facts.vehicle.internal_number if facts.vehicle else None

    def nearness(lead: Lead) -> tuple[bool, datetime, int]:
        return _same_vehicle(prospect, lead, stock_number), lead.last_active_at, lead.number

    chosen = max(known.open_leads, key=nearness)
    trace.matched("R35", chosen.number, f"the contact has {len(known.open_leads)} open request(s): the mail joins it")
    if not _same_vehicle(prospect, chosen, stock_number):
        trace.matched("R38", chosen.number, "it is about another vehicle and joins all the same")
    return chosen


def _same_vehicle(prospect: Prospect, lead: Lead, stock_number: str | None) -> bool:
    """Whether the mail and the lead name the same vehicle; two that name none are the same."""
    if stock_number and lead.stock_number:
        return stock_number == lead.stock_number
    asked = {stock_number or "", *(prospect.vehicle.references if prospect.vehicle else ())} - {""}
    known = {lead.stock_number or "", *(lead.vehicle.references if lead.vehicle else ())} - {""}
    return bool(asked & known) or asked == known
