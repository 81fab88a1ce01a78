"""Which enquiries a mail holds, and whose they are (R37, R167, PF24)."""

from dataclasses import replace

import pytest

from leadmaild.deciding.case import Case
from leadmaild.deciding.enquiries import enquiries_of, is_same_person
from leadmaild.model.lead import Outcome
from leadmaild.model.reading import Classification, CustomerReply, Person, Reading, Sender
from leadmaild.model.snapshot import ProspectFacts
from tests.unit.deciding.build import CAR, CUSTOMER, answer, decided, direct, enquiry, envelope, known, portal, world
from tests.unit.distribution.build import NOW, lead

PHONE, OTHER_PHONE = "+493023125001", "+493023125002"


def found(reading, snapshot=None):
    return enquiries_of(Case(reading, envelope(), snapshot or world(), NOW))


@pytest.mark.rule("R37")
@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (Person(email="kim@mail.example"), Person(email="Kim@MAIL.example"), True),
        (Person(email="kim@mail.example"), Person(email="jo@mail.example", phones=(PHONE,)), False),
        (Person(relay_email="x@relay.example"), Person(relay_email="x@relay.example"), True),
        (Person(phones=(PHONE, OTHER_PHONE)), Person(phones=(OTHER_PHONE,)), True),
        (Person(phones=(PHONE,)), Person(phones=(OTHER_PHONE,)), False),
        (Person(email="kim@mail.example", phones=(PHONE,)), Person(phones=(PHONE,)), False),
        (Person(), Person(), False),
    ],
)
def test_a_customer_is_known_by_address_and_by_telephone_only_without_one(one, other, same):
    assert is_same_person(one, other) is same
    assert is_same_person(other, one) is same


@pytest.mark.rule("R167")
def test_the_sender_of_a_mail_without_an_enquiry_is_not_made_a_customer():
    mail = Reading(Classification.LEAD, "plain", sender=Sender("info@portal.example"))
    assert decided(mail).outcome is Outcome.UNPARSED


@pytest.mark.rule("PF24")
def test_an_answer_carries_what_is_known_of_its_author():
    reply = CustomerReply(CUSTOMER, "Kim Muster", "Gern.", (PHONE,))
    (one,) = found(replace(answer(), reply=reply))
    assert (one.prospect.source, one.prospect.message, one.is_answer) == ("direct_email", "Gern.", True)
    assert one.prospect.contact == Person(email=CUSTOMER, name="Kim Muster", phones=(PHONE,))


def test_an_answer_whose_words_could_not_be_cut_out_carries_the_whole_text():
    mail = replace(answer(), reply=None, text="alles", sender=Sender(CUSTOMER, "Kim"))
    (one,) = found(mail)
    assert (one.prospect.contact.email, one.prospect.contact.name, one.prospect.message) == (CUSTOMER, "Kim", "alles")


def test_an_answer_relayed_by_a_portal_is_the_enquiry_it_holds():
    mail = replace(portal(), classification=Classification.CUSTOMER_REPLY)
    (one,) = found(mail)
    assert (one.prospect, one.is_answer) == (mail.prospects[0], True)


def test_each_enquiry_has_its_own_facts():
    facts = (ProspectFacts(vehicle=CAR), ProspectFacts(conversation_leads=(lead(2),)))
    mail = direct(*(enquiry(f"{n}@mail.example") for n in "abc"))
    assert [one.facts for one in found(mail, world(prospects=facts))] == [*facts, ProspectFacts()]


@pytest.mark.rule("R35")
def test_enquiries_of_one_mail_may_join_leads_of_their_own():
    mail = portal(enquiry("a@mail.example", source="adf"), enquiry("b@mail.example", source="adf"), source="adf")
    decision = decided(mail, world(prospects=(known(lead(1)), known(lead(2)))))
    assert [(step.lead.number, step.new_cycle) for step in decision.steps] == [(1, True), (2, True)]
