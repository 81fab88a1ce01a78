"""Which mails belong to a lead that is there already (R35-R38, R128, R129, Q7, Q22, PF24, PF25, SP-22)."""

from datetime import timedelta

import pytest

from leadmaild.deciding.joining import message_digest
from leadmaild.model.decision import JoinLead, MailKind, Role
from leadmaild.model.envelope import SenderVerdict
from leadmaild.model.lead import LeadState, Outcome, TimerKind
from leadmaild.model.location import Escalation, Mode, OpeningHours, SourceSettings, Window
from leadmaild.model.reading import Person, Sender, VehicleText
from leadmaild.model.snapshot import ProspectFacts, ThreadFacts
from tests.unit.deciding.build import (
    CAR,
    CUSTOMER,
    ago,
    answer,
    decided,
    direct,
    enquiry,
    envelope,
    known,
    mails,
    opened,
    portal,
    rules,
    world,
)  # fmt: skip
from tests.unit.distribution.build import NOW, lead, muc

TIMES = Escalation(timedelta(hours=2))
CLOSED = {"state": LeadState.CLOSED}
STRANGER = "fremd@other.example"


def joined(decision) -> JoinLead:
    (step,) = decision.steps
    assert decision.outcome is Outcome.JOINED
    assert isinstance(step, JoinLead)
    return step


def in_thread(one, **facts):
    return world(muc(escalation=TIMES), thread=ThreadFacts(lead=one, **facts))


# By contact (R35).


@pytest.mark.rule("R35")
def test_a_contact_with_an_open_request_joins_it_and_its_assignee_is_told():
    decision = decided(snapshot=world(facts=known(lead(12))))
    step = joined(decision)
    assert (step.lead.number, decision.reason) == (12, "open_request")
    assert [(i.kind, i.recipient.role) for i in mails(decision)] == [(MailKind.CUSTOMER_MESSAGE, Role.ASSIGNEE)]


@pytest.mark.rule("R129")
def test_the_notice_of_a_customer_message_waits_for_opening():
    hours = OpeningHours("Europe/Berlin", {0: (Window(540, 1080),), 1: (Window(540, 1080),)})
    decision = decided(snapshot=world(muc(opening_hours=hours), known(lead())), now=NOW + timedelta(hours=11))
    assert [i.not_before for i in mails(decision, MailKind.CUSTOMER_MESSAGE)] == [NOW + timedelta(hours=23)]


@pytest.mark.rule("R129")
@pytest.mark.rule("R26")
@pytest.mark.parametrize(("is_running", "kinds"), [(False, [TimerKind.STAGE1]), (True, [])])
def test_a_message_starts_a_cycle_unless_one_is_running(is_running, kinds):
    open_lead = lead(has_running_first_response=is_running)
    step = joined(decided(snapshot=world(muc(escalation=TIMES), known(open_lead))))
    assert (step.new_cycle, [t.kind for t in step.timers]) == (not is_running, kinds)


@pytest.mark.rule("Q3")
@pytest.mark.rule("Q18")
@pytest.mark.parametrize(
    "settings",
    [
        {"mode": Mode.TRACKING},
        {"sources": {"direct_email": SourceSettings("direct_email", escalation=False)}},
        {"sources": {"Chat": SourceSettings("Chat", escalation=False)}},
    ],
)
def test_a_cycle_of_a_message_obeys_mode_and_source_too(settings):
    step = joined(decided(snapshot=world(muc(escalation=TIMES, **settings), known(lead(source_provider="Chat")))))
    assert step.timers == ()


@pytest.mark.rule("R37")
def test_of_several_open_leads_the_same_vehicle_comes_first_then_the_latest_activity():
    same_car = lead(1, stock_number="4711", last_active_at=ago(days=9))
    latest, older = lead(2, stock_number="1", last_active_at=ago(hours=1)), lead(3, last_active_at=ago(days=2))
    by_car = known(older, latest, same_car, vehicle=CAR)
    assert joined(decided(snapshot=world(facts=by_car))).lead.number == 1
    assert (
        joined(decided(snapshot=world(facts=known(older, latest)))).lead.number == 3
    )  # names no vehicle, like the mail
    assert joined(decided(snapshot=world(facts=known(latest, lead(4, stock_number="2"), vehicle=CAR)))).lead.number == 2


@pytest.mark.rule("R37")
def test_vehicles_that_stock_does_not_know_are_compared_by_what_the_mails_say():
    asked, elsewhere = VehicleText(ad_id="9001"), VehicleText(ad_id="9002")
    leads = (lead(1, vehicle=asked, last_active_at=ago(days=3)), lead(2, vehicle=elsewhere))
    decision = decided(direct(enquiry(vehicle=asked)), world(facts=known(*leads)))
    assert joined(decision).lead.number == 1


@pytest.mark.rule("R38")
@pytest.mark.rule("Q7")
def test_a_request_about_another_vehicle_joins_and_brings_the_vehicle_along():
    decision = decided(snapshot=world(facts=known(lead(1, stock_number="1"), vehicle=CAR)))
    assert joined(decision).stock == CAR
    assert "R38" in rules(decision)


@pytest.mark.rule("Q22")
def test_the_same_customer_from_a_second_portal_joins():
    decision = decided(portal(), world(facts=known(lead(source="autoscout24"))))
    assert joined(decision).lead.source == "autoscout24"


@pytest.mark.rule("R35")
def test_two_enquiries_of_one_mail_join_once():
    facts = known(lead())
    mail = portal(enquiry(source="adf"), enquiry(source="adf", vehicle=VehicleText(ad_id="9")), source="adf")
    decision = decided(mail, world(prospects=(facts, facts)))
    assert [step.new_cycle for step in decision.steps] == [True, False]
    assert len(mails(decision, MailKind.CUSTOMER_MESSAGE)) == 1


# By thread (R129).


@pytest.mark.rule("PF25")
@pytest.mark.parametrize(
    ("mail", "facts", "joins"),
    [
        (answer(), {"is_known": True}, True),
        (answer(STRANGER), {"is_known": True}, True),  # he has the mail with our signed mark
        (answer(), {"is_known": False}, True),  # only a number in the subject, but the sender belongs to the lead
        (answer(STRANGER), {"is_known": False}, False),
    ],
)
def test_a_thread_is_believed_if_our_records_or_the_sender_confirm_it(mail, facts, joins):
    decision = decided(mail, in_thread(lead(8), **facts))
    assert decision.outcome is (Outcome.JOINED if joins else Outcome.LEAD)


@pytest.mark.rule("PF25")
def test_a_thread_of_another_location_is_not_joined():
    """The customer wrote to dealer A, and answers A's mail to dealer B: A's lead is none of B's business."""
    elsewhere = lead(8, location="AUG", received_location="AUG")
    assert decided(answer(), in_thread(elsewhere, is_known=True)).outcome is Outcome.LEAD


@pytest.mark.rule("R56")
def test_the_thread_of_a_lead_that_moved_on_is_joined():
    moved = lead(8, location="AUG", received_location="MUC")
    assert joined(decided(answer(), in_thread(moved, is_known=True))).lead.location == "AUG"


@pytest.mark.rule("PF24")
def test_a_mark_that_leads_nowhere_makes_the_answer_a_normal_new_mail():
    decision = decided(answer(), world())
    step = opened(decision)
    assert (step.prospect.contact.email, step.prospect.message) == (CUSTOMER, "Passt Freitag um drei?")
    assert [i.withheld_by for i in mails(decision, MailKind.AUTORESPONSE)] == [""]


@pytest.mark.rule("PF24")
def test_an_answer_outside_any_thread_joins_by_contact():
    assert joined(decided(answer(), world(facts=known(lead(3))))).lead.number == 3


def test_the_new_words_of_an_answer_reach_the_lead_and_change_nothing_of_its_contact():
    step = joined(decided(answer(STRANGER, "Gern!"), in_thread(lead(), is_known=True)))
    assert (step.text, step.prospect) == ("Gern!", None)


@pytest.mark.rule("R128")
@pytest.mark.rule("AR-19")
def test_an_answer_to_a_closed_lead_makes_a_new_one_linked_to_it_and_is_not_answered():
    decision = decided(answer(), in_thread(lead(8, **CLOSED), is_known=True))
    step = opened(decision)
    assert (decision.outcome, step.previous_lead, step.contact_id) == (Outcome.LEAD, 8, 7)
    assert [i.withheld_by for i in mails(decision, MailKind.AUTORESPONSE)] == ["AR-19"]


@pytest.mark.rule("R128")
@pytest.mark.rule("R33")
def test_an_answer_to_a_closed_lead_goes_to_the_contacts_own_user():
    snapshot = world(facts=known(assigned_user="ben"), thread=ThreadFacts(lead=lead(8, **CLOSED), is_known=True))
    assert opened(decided(answer(), snapshot)).assignment.assignee == "ben"


@pytest.mark.rule("R35")
def test_an_answer_to_a_closed_lead_joins_an_open_one_of_the_contact():
    snapshot = world(facts=known(lead(9)), thread=ThreadFacts(lead=lead(8, **CLOSED), is_known=True))
    assert joined(decided(answer(), snapshot)).lead.number == 9


# By conversation at the source (R129).


@pytest.mark.rule("R129")
@pytest.mark.parametrize("state", list(LeadState))
def test_a_conversation_of_the_source_joins_its_open_lead(state):
    """The portal's relay names no person: only the conversation ties the mails together."""
    facts = ProspectFacts(conversation_leads=(lead(5, state=state, conversation_id="c1"),))
    relayed = enquiry(contact=Person(relay_email="x@relay.example"), source="kleinanzeigen", conversation_id="c1")
    decision = decided(portal(relayed, source="kleinanzeigen"), world(facts=facts))
    if state is LeadState.OPEN:
        assert joined(decision).lead.number == 5
    else:
        assert opened(decision).previous_lead == 5


@pytest.mark.rule("R129")
def test_an_open_lead_of_the_conversation_comes_before_a_closed_one():
    leads = (lead(5, last_active_at=ago(hours=1), **CLOSED), lead(4, last_active_at=ago(days=5)))
    assert joined(decided(portal(), world(facts=ProspectFacts(conversation_leads=leads)))).lead.number == 4


def test_a_conversation_of_another_location_is_not_joined():
    facts = ProspectFacts(conversation_leads=(lead(5, location="AUG", received_location="AUG"),))
    assert decided(portal(), world(facts=facts)).outcome is Outcome.LEAD


# Resends (Q22).

TEXT = "Ist der Wagen noch da? Gruß, Kim"


def earlier(days, **changes):
    sent = {"arrived_at": ago(days=days), "message_digest": message_digest(TEXT), "source": "mobile.de"}
    return lead(6, **(sent | changes))


@pytest.mark.rule("Q22")
@pytest.mark.parametrize(
    ("text", "last_closed", "joins"),
    [
        (TEXT, earlier(13, **CLOSED), True),
        ("ist der wagen noch da?\nGruß,\nKim", earlier(13, **CLOSED), True),  # wrapped and decorated otherwise
        (TEXT, earlier(15, **CLOSED), False),
        ("Und der andere?", earlier(3, **CLOSED), False),
        (TEXT, earlier(3, stock_number="1", vehicle=VehicleText(ad_id="77"), **CLOSED), False),  # another ad
        (None, earlier(3, message_digest=None, **CLOSED), False),  # saying nothing is not saying the same
    ],
)
def test_the_same_request_within_14_days_joins_though_the_lead_is_closed(text, last_closed, joins):
    mail = portal(enquiry(source="mobile.de", message=text))
    decision = decided(mail, world(facts=known(last_closed=last_closed)))
    assert decision.outcome is (Outcome.JOINED if joins else Outcome.LEAD)


@pytest.mark.rule("Q22")
def test_a_resend_starts_no_clock():
    mail = portal(enquiry(source="mobile.de", message=TEXT))
    step = joined(decided(mail, world(muc(escalation=TIMES), known(earlier(1)))))
    assert (step.new_cycle, step.timers) == (False, ())


@pytest.mark.rule("Q22")
@pytest.mark.parametrize(
    ("said", "joins"),
    [
        ({"source_lead_id": "L-1"}, True),
        ({"source_lead_id": "L-2"}, False),
        ({"source_lead_id": "L-1", "source": "chat"}, False),  # each source counts for itself
        ({"source_lead_id": "L-2", "message": TEXT}, True),
        ({"resend": True}, True),
        ({"resend": True, "vehicle": VehicleText(ad_id="77")}, False),
    ],
)
def test_the_source_itself_may_tell_a_resend(said, joins):
    before = lead(6, source="adf", source_lead_id="L-1", message_digest=message_digest(TEXT), **CLOSED)
    mail = portal(enquiry(**({"source": "adf", "message": "anders"} | said)), source="adf")
    decision = decided(mail, world(facts=known(last_closed=before)))
    assert decision.outcome is (Outcome.JOINED if joins else Outcome.LEAD)


# Senders who are not who they say.


@pytest.mark.rule("SP-22")
@pytest.mark.rule("BI-64")
@pytest.mark.rule("R37")
@pytest.mark.parametrize(
    ("mail", "verdict"),
    [
        (direct(), SenderVerdict.FAILED),
        (direct(sender=Sender(CUSTOMER, is_ambiguous=True)), SenderVerdict.UNAUTHENTICATED),
        (portal(), SenderVerdict.FAILED),  # of a portal's mail the carrier is judged
        (answer(), SenderVerdict.FAILED),
    ],
)
def test_a_doubtful_sender_joins_nothing_and_gets_a_contact_of_its_own(mail, verdict):
    snapshot = world(facts=known(lead(), conversation_leads=(lead(),)), thread=ThreadFacts(lead=lead(), is_known=True))
    step = opened(decided(mail, snapshot, envelope(sender_verdict=verdict)))
    assert (step.contact_id, step.contact_is_verified, step.previous_lead) == (None, False, None)
    assert step.assignment.assignee == "anna"
    assert step.assignment.reason != "contact_user"


@pytest.mark.rule("R37")
@pytest.mark.parametrize("verdict", [SenderVerdict.UNAUTHENTICATED, SenderVerdict.AUTHENTICATED])
def test_an_unauthenticated_sender_joins(verdict):
    assert joined(decided(snapshot=world(facts=known(lead())), came=envelope(sender_verdict=verdict)))


@pytest.mark.rule("R35")
@pytest.mark.parametrize("mail", [direct(), portal(), answer()])
def test_nobody_who_joins_is_answered_automatically(mail):
    decision = decided(mail, world(facts=known(lead())))
    assert mails(decision, MailKind.AUTORESPONSE) == []


def test_a_reply_without_any_sender_makes_no_lead():
    mail = answer(None)
    decision = decided(mail, world())
    assert (decision.outcome, decision.reason) == (Outcome.UNPARSED, "no_way_to_reach")


@pytest.mark.rule("R37")
def test_stock_numbers_decide_where_both_have_one_and_else_what_the_mails_say():
    ad = VehicleText(ad_id="9001")
    same_ad_other_car = lead(1, stock_number="1", vehicle=ad, last_active_at=ago(days=3))
    same_ad = lead(2, vehicle=ad, last_active_at=ago(days=2))
    latest = lead(3, stock_number="2", last_active_at=ago(hours=1))
    mail = direct(enquiry(vehicle=ad))
    assert joined(decided(mail, world(facts=known(same_ad_other_car, latest, vehicle=CAR)))).lead.number == 3
    assert joined(decided(mail, world(facts=known(same_ad, latest, vehicle=CAR)))).lead.number == 2


@pytest.mark.rule("PF70")
@pytest.mark.parametrize("has_one", [True, False])
def test_the_trace_tells_of_conversation_and_resend_found_or_not(has_one):
    found = ProspectFacts(conversation_leads=(lead(5, **CLOSED),)) if has_one else ProspectFacts()
    matched = {line.rule: line.matched for line in decided(portal(), world(facts=found)).trace}
    assert (matched["R129"], matched["Q22"]) == (has_one, False)
