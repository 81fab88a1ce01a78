"""A mail that a person has had read again: its lead is brought up to date by today's reading, and that is all.

No second lead, no clock, no mail to anybody: the customer was answered and the assignee told when it first came (PF59).
"""

from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

from leadmaild.deciding.case import Case
from leadmaild.deciding.enquiries import Enquired, is_same_person
from leadmaild.deciding.opening import types_of
from leadmaild.model.decision import Decision, LeadUpdate
from leadmaild.model.lead import Outcome
from leadmaild.model.reading import Prospect
from leadmaild.model.snapshot import ReadBefore


def read_again(case: Case, enquiries: Sequence[Enquired], before: ReadBefore) -> Decision:
    """What today's reading changes of the lead that the mail made, or joined, when it was read before."""
    lead = before.lead
    case.trace.matched("PF59", lead.number, "this mail was read before: its lead is brought up to date, nobody is told")
    chosen = _of_same_person(enquiries, before.prospect)
    if before.has_made_it:
        outcome = Outcome.MANUAL_REVIEW if case.reading.needs_review else Outcome.LEAD
        update = _update(case, chosen, before)
    else:
        outcome = Outcome.JOINED
        # As when it joined: an answer says nothing of the person (R37).
        is_verified = case.is_verified and not chosen.is_answer
        update = LeadUpdate(lead, chosen.prospect, contact_is_verified=is_verified)
    return Decision(outcome, "read_again", needs_review=case.reading.needs_review, update=update)


def _update(case: Case, enquired: Enquired, before: ReadBefore) -> LeadUpdate:
    lead, old, new = before.lead, before.prospect, enquired.prospect
    location = case.snapshot.locations.get(lead.location, case.receiving)
    merged = new if old is None else completed(new, old)
    # What a person has set since stays as it is.
    is_as_read = old is not None and lead.source == old.source
    has_types_as_read = old is not None and lead.types == types_of(old, location)
    return LeadUpdate(
        lead,
        new,
        contact_is_verified=case.is_verified,
        to_keep=merged,
        source=new.source if is_as_read else lead.source,
        types=types_of(merged, location) if has_types_as_read else lead.types,
        stock=None if lead.stock_number else enquired.facts.vehicle,
        is_reviewed=not case.reading.needs_review,
    )


def _of_same_person(enquiries: Sequence[Enquired], old: Prospect | None) -> Enquired:
    """The enquiry that the lead is about, where a mail holds several."""
    if old is None:
        return enquiries[0]
    return next((one for one in enquiries if is_same_person(one.prospect.contact, old.contact)), enquiries[0])


def completed(new: Prospect, old: Prospect) -> Prospect:
    """Today's reading; what it did not find is taken from the one before."""
    return replace(new, **_completed(new, old), provenance={**old.provenance, **new.provenance})


def _completed(new: Any, old: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in fields(new):
        ours, theirs = getattr(new, one.name), getattr(old, one.name)
        if is_dataclass(ours) and type(ours) is type(theirs):
            found[one.name] = replace(ours, **_completed(ours, theirs))  # type: ignore[type-var]
        elif ours is None or ours in ("", ()):
            found[one.name] = theirs
    return found
