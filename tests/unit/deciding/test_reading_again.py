"""A mail that a person has had read again."""

from dataclasses import replace

import pytest

from leadmaild.deciding.reading_again import completed
from leadmaild.model.lead import LeadState, Outcome
from leadmaild.model.reading import Classification, Person, PostalAddress, Provenance, RequestType, VehicleText
from leadmaild.model.snapshot import ProspectFacts, ReadBefore
from tests.unit.deciding.build import CAR, CUSTOMER, decided, enquiry, known, mails, other, portal, world
from tests.unit.distribution.build import lead

pytestmark = pytest.mark.rule("PF59")

OLD = enquiry(
    source="generic",
    contact=Person(email=CUSTOMER, phones=("+498999998001",), address=PostalAddress(zip="80331")),
    message="WER >> Lind",
    provenance={"contact.email": Provenance(CUSTOMER, CUSTOMER, "body", "free text", 0.45)},
)
NEW = enquiry(
    source="mobile.de",
    contact=Person(email=CUSTOMER, last_name="Lind", address=PostalAddress(city="München")),
    message="Noch da?",
    vehicle=VehicleText(internal_number="4711"),
    request_types=(RequestType.VIEWING,),
)
MADE = lead(source="generic", types=(RequestType.OTHER,))


def read_again(reading=None, before=None, facts=None, **changes):
    before = before or ReadBefore(MADE, OLD, has_made_it=True)
    return decided(
        reading or portal(NEW, **changes), world(facts=facts or known(MADE, vehicle=CAR), read_before=before)
    )


def test_what_is_found_today_counts_and_the_rest_stays():
    merged = completed(NEW, OLD)
    assert merged.contact == Person(
        email=CUSTOMER,
        last_name="Lind",
        phones=("+498999998001",),
        address=PostalAddress(zip="80331", city="München"),
    )
    assert (merged.source, merged.message, merged.vehicle) == ("mobile.de", "Noch da?", NEW.vehicle)
    assert merged.provenance == OLD.provenance


def test_the_lead_it_made_is_brought_up_to_date_and_nothing_leaves():
    decision = read_again()
    update = decision.update
    assert (decision.outcome, decision.reason, decision.steps, mails(decision)) == (Outcome.LEAD, "read_again", (), [])
    assert (update.lead.number, update.source, update.stock, update.is_reviewed) == (1, "mobile.de", CAR, True)
    assert update.types == (RequestType.VIEWING,)
    assert update.to_keep == completed(NEW, OLD)


def test_what_a_person_has_set_stays():
    set_by_hand = replace(MADE, source="website", types=(RequestType.SERVICE,), stock_number="0815")
    update = read_again(before=ReadBefore(set_by_hand, OLD, has_made_it=True)).update
    assert (update.source, update.types, update.stock) == ("website", (RequestType.SERVICE,), None)


def test_a_reading_that_still_needs_a_person_leaves_the_flag():
    decision = read_again(needs_review=True)
    assert (decision.outcome, decision.update.is_reviewed) == (Outcome.MANUAL_REVIEW, False)


def test_the_lead_is_about_one_of_several_enquiries():
    somebody = enquiry("andere@kunden.example", source="mobile.de")
    facts = ProspectFacts()
    before = ReadBefore(MADE, OLD, has_made_it=True)
    decision = decided(portal(somebody, NEW), world(prospects=(facts, facts), read_before=before))
    assert decision.update.prospect == NEW


def test_a_closed_lead_is_not_opened_again_and_gets_no_successor():
    closed = replace(MADE, state=LeadState.CLOSED)
    decision = read_again(before=ReadBefore(closed, OLD, has_made_it=True), facts=known(last_closed=closed))
    assert (decision.steps, decision.update.lead) == ((), closed)


def test_a_mail_that_had_joined_changes_nothing_but_what_the_contact_lacks():
    decision = read_again(before=ReadBefore(MADE, OLD, has_made_it=False))
    assert (decision.outcome, decision.steps, mails(decision)) == (Outcome.JOINED, (), [])
    assert (decision.update.to_keep, decision.update.prospect) == (None, NEW)


def test_what_is_no_enquiry_today_touches_no_lead():
    decision = read_again(other(Classification.NEWSLETTER))
    assert (decision.outcome, decision.update) == (Outcome.IGNORED, None)
