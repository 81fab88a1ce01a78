"""Stand-ins for what a test mail has no real value for (R109)."""

from dataclasses import replace
from decimal import Decimal

from leadmaild.model.contact import Contact
from leadmaild.model.lead import AssignmentReason, Lead, LeadState
from leadmaild.model.outgoing import MailFacts
from leadmaild.model.user import User
from leadmaild.model.vehicle import StockVehicle

_CONTACT = Contact(id=0, location="", salutation="Frau", first_name="Erika", last_name="Muster")
_VEHICLE = StockVehicle(internal_number="0000", make="Beispielmarke", model="Modell", price=Decimal(19_990))
_ASSIGNEE = User("beispiel", "", "Bernd", "Beispiel", "+49 30 23125 000")


def with_samples(facts: MailFacts) -> MailFacts:
    """Return the facts of a template preview with contact, vehicle, lead and assignee filled in where they are missing.

    The lead's number is then 0, which no lead has, so an answer to the test mail is tied to nothing.
    """
    lead = Lead(
        number=0,
        location=facts.location.code,
        contact_id=0,
        source="",
        state=LeadState.OPEN,
        assignee="",
        assignment_reason=AssignmentReason.MANUAL,
        arrived_at=facts.now,
        last_active_at=facts.now,
    )
    return replace(
        facts,
        lead=facts.lead or lead,
        contact=facts.contact or (None if facts.prospect else _CONTACT),
        stock=facts.stock or _VEHICLE,
        assignee=facts.assignee or _ASSIGNEE,
    )
