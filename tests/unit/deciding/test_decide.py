"""The straight line from a read mail to lead, timers and mails, in the order of rules.md 3.6."""

from dataclasses import replace
from datetime import timedelta

import pytest

from leadmaild.model.decision import MailKind, Role
from leadmaild.model.lead import AssignmentReason, Outcome, TimerKind
from leadmaild.model.location import Escalation, Mode, OpeningHours, SourceSettings, Window
from leadmaild.model.reading import Person, RequestType
from leadmaild.model.snapshot import AnswerHistory, ProspectFacts
from tests.unit.deciding.build import (
    TEAM,
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
from tests.unit.distribution.build import NOW, boss, muc, pool_account, pool_location, roster, user

HOURS = OpeningHours("Europe/Berlin", {day: (Window(9 * 60, 18 * 60),) for day in range(5)})
TIMES = Escalation(timedelta(hours=2), timedelta(minutes=30), timedelta(hours=4))
EVENING = NOW + timedelta(hours=11)  # 21:00 in Berlin
NEXT_OPENING = NOW + timedelta(hours=23)  # 09:00 of the next day


def test_a_new_enquiry_becomes_a_lead_with_assignee_timers_and_mails():
    decision = decided(snapshot=world(muc(escalation=TIMES)))
    step = opened(decision)
    assert (decision.outcome, decision.reason) == (Outcome.LEAD, "new_enquiry")
    assert (step.location, step.assignment.assignee, step.contact_id) == ("MUC", "anna", None)
    assert [t.kind for t in step.timers] == [TimerKind.REMINDER, TimerKind.STAGE1, TimerKind.STAGE2]
    assert [i.kind for i in step.intents] == [MailKind.NEW_LEAD, MailKind.AUTORESPONSE]


@pytest.mark.rule("PF70")
def test_every_rule_asked_is_in_the_trace_with_its_reason():
    decision = decided()
    asked = dict.fromkeys(line.rule for line in decision.trace)  # in the order first asked
    in_order = ["SP-07", "PF23", "Q22", "R167", "R57", "R40", "R55", "PF24", "R35", "R33", "R76", "AR-16", "R113"]
    assert [rule for rule in asked if rule in in_order] == in_order
    assert all(line.why and line.value for line in decision.trace)


@pytest.mark.rule("R104")
def test_distribution_comes_before_the_autoresponse():
    order = [line.rule for line in decided().trace]
    assert order.index("R76") < order.index("R113")


@pytest.mark.rule("R13")
def test_timers_count_from_the_arrival_not_from_the_moment_of_reading():
    decision = decided(snapshot=world(muc(escalation=TIMES)), came=envelope(received_at=ago(hours=1)))
    stage1 = next(t for t in opened(decision).timers if t.kind is TimerKind.STAGE1)
    assert stage1.due_at == NOW + timedelta(hours=1)


@pytest.mark.rule("R18")
@pytest.mark.rule("Q11")
def test_the_new_lead_mail_waits_for_opening():
    decision = decided(snapshot=world(muc(opening_hours=HOURS)), now=EVENING)
    (notice,) = mails(decision, MailKind.NEW_LEAD)
    assert (notice.not_before, notice.recipient.role) == (NEXT_OPENING, Role.ASSIGNEE)
    assert "R18" in rules(decision)


@pytest.mark.rule("R113")
def test_the_autoresponse_goes_at_any_hour():
    decision = decided(snapshot=world(muc(opening_hours=HOURS)), now=EVENING)
    (sent,) = mails(decision, MailKind.AUTORESPONSE)
    assert (sent.not_before, sent.withheld_by) == (EVENING, "")


@pytest.mark.rule("R66")
@pytest.mark.rule("R68")
def test_a_lead_in_the_pool_is_told_to_the_account_and_to_the_sellers_who_asked():
    people = roster(pool_account(), user("anna", receives_leads=False), boss())
    decision = decided(snapshot=world(pool_location(), people=people))
    assert opened(decision).assignment.reason is AssignmentReason.POOL
    assert [i.recipient.role for i in mails(decision, MailKind.NEW_LEAD)] == [Role.ASSIGNEE]
    assert [i.recipient.role for i in mails(decision, MailKind.NEW_POOL_LEAD)] == [Role.POOL_SELLERS]


@pytest.mark.rule("R167")
@pytest.mark.parametrize(
    ("person", "outcome"),
    [
        (Person(email="kundin@mail.example"), Outcome.LEAD),
        (Person(relay_email="x1@relay.example"), Outcome.LEAD),
        (Person(phones=("+493023125001",)), Outcome.LEAD),
        (Person(name="Kim Muster"), Outcome.UNPARSED),
    ],
)
def test_one_way_to_reach_the_customer_makes_a_lead(person, outcome):
    assert decided(direct(enquiry(contact=person))).outcome is outcome


@pytest.mark.rule("R167")
def test_a_doubtful_reading_makes_a_lead_that_a_person_looks_at():
    decision = decided(direct(needs_review=True))
    assert (decision.outcome, decision.needs_review) == (Outcome.MANUAL_REVIEW, True)
    assert opened(decision).assignment.assignee == "anna"


@pytest.mark.rule("R164")
def test_a_call_without_address_makes_a_lead_and_no_answer():
    decision = decided(portal(enquiry(contact=Person(phones=("+493023125001",)), source="mobile.de")))
    assert decision.outcome is Outcome.LEAD
    assert mails(decision, MailKind.AUTORESPONSE) == []


@pytest.mark.rule("R148")
@pytest.mark.rule("PF34")
def test_a_lead_that_nobody_is_entitled_to_raises_an_alarm():
    people = roster(user("anna"), boss(), away=["anna"])
    decision = decided(snapshot=world(people=people))
    assert opened(decision).assignment.assignee == "boss"
    assert opened(decision).assignment.alarm.startswith("MUC: nobody is entitled to receive leads now")
    assert decision.alarms == ()  # said once


# Tracking mode and the switches of a location.


@pytest.mark.rule("Q3")
@pytest.mark.rule("R54")
@pytest.mark.parametrize(("with_escalation", "timers"), [(False, 0), (True, 3)])
def test_tracking_mode_has_no_timers_unless_told_so(with_escalation, timers):
    location = muc(mode=Mode.TRACKING, tracking_escalation=with_escalation, escalation=TIMES)
    assert len(opened(decided(snapshot=world(location))).timers) == timers


@pytest.mark.rule("Q4")
@pytest.mark.rule("R54")
def test_tracking_mode_distributes_and_answers_all_the_same():
    decision = decided(snapshot=world(muc(mode=Mode.TRACKING)))
    assert opened(decision).assignment.assignee == "anna"
    assert [i.withheld_by for i in mails(decision, MailKind.AUTORESPONSE)] == [""]


@pytest.mark.rule("R53")
def test_a_location_that_sends_nothing_decides_as_ever_and_says_so():
    silent, loud = decided(snapshot=world(muc(send_emails=False))), decided()
    assert (silent.outcome, mails(silent)) == (loud.outcome, mails(loud))
    assert "R53" in rules(silent)
    assert "R53" not in rules(loud)


@pytest.mark.rule("R23")
def test_without_stage1_there_are_no_timers():
    assert opened(decided()).timers == ()


@pytest.mark.rule("Q18")
def test_a_source_without_escalation_starts_no_timers():
    location = muc(escalation=TIMES, sources={"direct_email": SourceSettings("direct_email", escalation=False)})
    assert opened(decided(snapshot=world(location))).timers == ()


@pytest.mark.rule("Q18")
@pytest.mark.rule("R166")
@pytest.mark.parametrize(
    ("read", "of_source", "types"),
    [
        ((), "", (RequestType.OTHER,)),
        ((RequestType.VEHICLE_INQUIRY, RequestType.TEST_DRIVE), "", ("test_drive", "vehicle_inquiry")),
        ((RequestType.VEHICLE_INQUIRY,), "leasing", ("leasing", "vehicle_inquiry")),
        ((RequestType.OTHER,), "trade_in", ("trade_in",)),
    ],
)
def test_a_lead_has_all_its_types_in_order_of_precedence(read, of_source, types):
    location = muc(sources={"direct_email": SourceSettings("direct_email", type=of_source)})
    assert opened(decided(direct(enquiry(request_types=read)), world(location))).types == types


# Several enquiries in one mail (ADF).


def adf(*emails, **changes):
    return portal(*(enquiry(email, source="adf") for email in emails), source="adf", **changes)


@pytest.mark.rule("R76")
@pytest.mark.rule("R167")
def test_each_customer_of_a_mail_gets_a_lead_and_the_turn_moves_on_between_them():
    decision = decided(adf("a@mail.example", "b@mail.example", "c@mail.example"))
    assert [step.assignment.assignee for step in decision.steps] == ["anna", "ben", "anna"]
    assert [i.recipient.address for i in mails(decision, MailKind.AUTORESPONSE)] == [
        "a@mail.example", "b@mail.example", "c@mail.example",
    ]  # fmt: skip


@pytest.mark.rule("R35")
@pytest.mark.rule("R38")
def test_one_customer_asking_twice_in_a_mail_gets_one_lead():
    decision = decided(adf("a@mail.example", "b@mail.example", "A@mail.example"))
    first, second = decision.steps
    assert [p.contact.email for p in first.more] == ["A@mail.example"]
    assert second.more == ()
    assert len(mails(decision, MailKind.AUTORESPONSE)) == 2


@pytest.mark.rule("AR-17")
def test_answers_of_one_mail_count_for_each_other():
    facts = ProspectFacts(answers=AnswerHistory(of_location_1h=58))
    mail = adf("a@mail.example", "b@mail.example", "c@mail.example")
    decision = decided(mail, world(prospects=(facts,) * 3))
    assert [i.withheld_by for i in mails(decision, MailKind.AUTORESPONSE)] == ["", "", "AR-17"]
    assert decision.alarms == ("MUC: budget_exhausted, automatic answers are withheld",)


@pytest.mark.rule("AR-18")
def test_answers_of_one_mail_count_for_their_domain():
    mail = adf("a@mail.example", "b@mail.example", "c@mail.example", "d@mail.example", "e@other.example")
    assert [i.withheld_by for i in mails(decided(mail), MailKind.AUTORESPONSE)] == ["", "", "", "AR-18", ""]


def test_prospects_nobody_can_reach_are_left_out():
    decision = decided(portal(enquiry(contact=Person(name="Kim")), enquiry("b@mail.example", source="mobile.de")))
    assert [step.prospect.contact.email for step in decision.steps] == ["b@mail.example"]


@pytest.mark.rule("PF36")
def test_the_same_mail_world_and_moment_give_the_same_decision():
    snapshot = world(muc(escalation=TIMES), known())
    assert decided(answer(), snapshot) == decided(answer(), replace(snapshot, roster=replace(TEAM)))


@pytest.mark.rule("R20")
@pytest.mark.rule("PF70")
def test_the_trace_tells_the_timers_that_run_and_those_dropped():
    times = Escalation(timedelta(hours=2), timedelta(hours=2))  # the reminder would come with the lead
    decision = decided(snapshot=world(muc(escalation=times)))
    asked = {line.rule: line.matched for line in decision.trace}
    assert (asked["R14"], asked["R13"], "R23" in asked) == (False, True, False)
    without = {line.rule: line.matched for line in decided().trace}
    assert without["R23"] is False
