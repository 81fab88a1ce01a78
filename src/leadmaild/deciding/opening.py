"""A new lead: its assignee, its timers, and the mails that leave because of it (rules.md 3.6, steps 17 to 21)."""

from dataclasses import replace

from leadmaild.deciding.autoresponse import autoresponse
from leadmaild.deciding.case import Case, source_settings
from leadmaild.deciding.deadlines import first_response, staff_notice
from leadmaild.deciding.trade_in import trade_in_copies
from leadmaild.distribution.chain import Enquiry, assign
from leadmaild.distribution.groups import LeadTraits
from leadmaild.distribution.pool import is_pool_user
from leadmaild.model.contact import Contact
from leadmaild.model.decision import Assignment, Intent, MailKind, OpenLead, Recipient, Role
from leadmaild.model.lead import Lead
from leadmaild.model.location import Location
from leadmaild.model.reading import Prospect, RequestType
from leadmaild.model.snapshot import AnswerHistory, ContactFacts, ProspectFacts, Roster


def open_lead(
    case: Case,
    prospect: Prospect,
    facts: ProspectFacts,
    location: Location,
    roster: Roster,
    history: AnswerHistory,
    follows: Lead | None,
) -> OpenLead:
    """Make the lead at `location`, the effective one. `roster` and `history` are as earlier leads of the same mail left
    them; `follows` is the closed lead this one continues (R128)."""
    known = facts.by_location.get(location.code, ContactFacts())
    contact = known.contact if case.is_verified else None
    types, settings = types_of(prospect, location), source_settings(location, prospect)
    enquiry = Enquiry(contact, _traits(case, prospect, facts, types), settings.group)
    assignment = assign(enquiry, location, roster, case.now, case.trace)
    timers = first_response(case, location, settings)
    # The assignee is known now, so the autoresponse can carry his data (R104).
    intents = (
        *trade_in_copies(case, prospect, types, facts.vehicle, location),
        *_new_lead_notices(case, assignment, location),
        *autoresponse(case, prospect, location, history),
    )
    return OpenLead(
        prospect=prospect,
        location=location.code,
        received_location=case.receiving.code,
        contact_id=_contact_id(contact, follows, location),
        contact_is_verified=case.is_verified,
        assignment=assignment,
        types=types,
        stock=facts.vehicle,
        previous_lead=follows.number if follows else None,
        timers=timers,
        intents=intents,
    )


def types_of(prospect: Prospect, location: Location) -> tuple[RequestType, ...]:
    """What the customer wants, in the order of precedence (R166), with the type that the location's settings give all
    mail of this source (Q18)."""
    wanted = set(prospect.request_types)
    if prospect.trade_in is not None:
        wanted.add(RequestType.TRADE_IN)
    if (of_source := source_settings(location, prospect).type) in set(RequestType):
        wanted.add(RequestType(of_source))
    if len(wanted) > 1:
        wanted.discard(RequestType.OTHER)
    return tuple(kind for kind in RequestType if kind in wanted) or (RequestType.OTHER,)


def _traits(case: Case, prospect: Prospect, facts: ProspectFacts, types: tuple[RequestType, ...]) -> LeadTraits:
    stock, named = facts.vehicle, prospect.vehicle
    return LeadTraits(
        source=prospect.source,
        source_provider=prospect.source_provider or "",
        types=types,
        make=(stock.make if stock else "") or (named.make if named else "") or "",
        condition=(stock.condition if stock else "") or (named.condition if named else "") or "",
        location=(stock.location if stock else "") or case.receiving.code,
    )


def _contact_id(contact: Contact | None, follows: Lead | None, location: Location) -> int | None:
    if contact is not None:
        return contact.id
    return follows.contact_id if follows and follows.location == location.code else None


def _new_lead_notices(case: Case, assignment: Assignment, location: Location) -> tuple[Intent, ...]:
    """The assignee is told; of a lead in the pool the pool account's own address is (R66), and those sellers who
    asked to be (R68)."""
    notice = staff_notice(case, MailKind.NEW_LEAD, Role.ASSIGNEE, location, assignment.why)
    if not is_pool_user(assignment.assignee, location):
        return (notice,)
    case.trace.matched("R68", location.pool and location.pool.user, "sellers who asked for it hear of new pool leads")
    return notice, replace(notice, kind=MailKind.NEW_POOL_LEAD, recipient=Recipient(Role.POOL_SELLERS))
