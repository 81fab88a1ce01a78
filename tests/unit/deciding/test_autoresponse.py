"""Who is answered at once and who is not (R112, R113, AR-01 ... AR-28, PF27, BI-58 ... BI-64b)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from leadmaild.deciding import free_mail
from leadmaild.deciding.autoresponse import answer_address
from leadmaild.deciding.free_mail import is_free_mail
from leadmaild.model.decision import MailKind
from leadmaild.model.envelope import Channel, SenderVerdict
from leadmaild.model.lead import LeadState, Outcome
from leadmaild.model.location import AutoresponseSettings, SourceSettings
from leadmaild.model.reading import CarrierClass, Person, Sender, Verdict, Verdicts
from leadmaild.model.snapshot import AnswerHistory, ProspectFacts, ThreadFacts
from tests.unit.deciding.build import (
    CAR,
    CUSTOMER,
    PORTAL,
    aug,
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


def withheld_by(reading, snapshot=None, came=None):
    """The rule that keeps the one answer in; "" = it leaves."""
    (sent,) = mails(decided(reading, snapshot, came), MailKind.AUTORESPONSE)
    return sent.withheld_by


def with_history(**counts):
    return world(facts=ProspectFacts(answers=AnswerHistory(**counts)))


# Each rule that decide owns, once holding and once not, for both classes.

CLASSES = pytest.mark.parametrize("mail", [direct(), portal()], ids=["class A", "class B"])

HOLDING = {
    "AR-16 same vehicle": ("AR-16", with_history(to_address_for_vehicle_24h=1), envelope()),
    "AR-16 in 24 h": ("AR-16", with_history(to_address_24h=5), envelope()),
    "AR-16 in 7 d": ("AR-16", with_history(to_address_7d=10), envelope()),
    "AR-17 an hour": ("AR-17", with_history(of_location_1h=60), envelope()),
    "AR-17 a day": ("AR-17", with_history(of_location_24h=500), envelope()),
    "AR-18 a minute": ("AR-18", with_history(to_domain_1m=3), envelope()),
    "AR-18 a day": ("AR-18", with_history(to_domain_24h=50), envelope()),
    "AR-19": ("AR-19", world(thread=ThreadFacts(is_known=True)), envelope()),
    "AR-20 old": ("AR-20", world(mail_is_old=True), envelope()),
    "AR-20 first scan": ("AR-20", world(), envelope(channel=Channel.IMAP, is_first_scan=True)),
    "AR-24": ("AR-24", with_history(is_suppressed=True), envelope()),
    "AR-25": ("AR-25", with_history(domain_refuses_mail=True), envelope()),
    "AR-28": ("AR-28", world(learning_until=NOW + timedelta(hours=1)), envelope()),
    "AR-14 failed": ("AR-14", world(), envelope(sender_verdict=SenderVerdict.FAILED)),
    "AR-14 at the MX": ("AR-14", world(checks_senders=True), envelope()),
}

NOT_HOLDING = {
    "R112 nothing at all": (world(), envelope()),
    "AR-16 another vehicle, fourth of the day": (with_history(to_address_24h=4, to_address_7d=9), envelope()),
    "AR-17 last of the hour": (with_history(of_location_1h=59, of_location_24h=499), envelope()),
    "AR-18 third of the minute": (with_history(to_domain_1m=2, to_domain_24h=49), envelope()),
    "AR-18 free mail": (with_history(to_domain_1m=30, to_domain_24h=900, domain_counts=False), envelope()),
    "AR-19 a mark nobody confirms": (world(thread=ThreadFacts(lead=lead(addresses=frozenset()))), envelope()),
    "AR-28 over": (world(learning_until=NOW), envelope()),
    "AR-14 authenticated at the MX": (
        world(checks_senders=True),
        envelope(sender_verdict=SenderVerdict.AUTHENTICATED),
    ),
    "AR-14 let in by the dealer's own server": (world(), envelope(None, channel=Channel.IMAP)),
}


@pytest.mark.rule("BI-58")
@pytest.mark.rule("BI-63")
@CLASSES
@pytest.mark.parametrize(
    ("rule", "snapshot", "came"),
    [pytest.param(*case, id=name, marks=pytest.mark.rule(case[0])) for name, case in HOLDING.items()],
)
def test_a_rule_that_holds_withholds_the_answer(mail, rule, snapshot, came):
    decision = decided(mail, snapshot, came)
    (sent,) = mails(decision, MailKind.AUTORESPONSE)
    assert (sent.withheld_by, sent.why) == (rule, f"withheld by {rule}")
    assert decision.outcome is Outcome.LEAD  # leads and notices go on
    assert len(mails(decision, MailKind.NEW_LEAD)) == 1
    assert rule in rules(decision)


@CLASSES
@pytest.mark.parametrize(
    ("snapshot", "came"),
    [pytest.param(*case, id=name, marks=pytest.mark.rule(name.split()[0])) for name, case in NOT_HOLDING.items()],
)
def test_what_stays_below_the_rules_is_answered(mail, snapshot, came):
    assert withheld_by(mail, snapshot, came) == ""


@pytest.mark.rule("R112")
@CLASSES
@pytest.mark.parametrize(
    ("evidence", "rule"),
    [(("AR-02: Auto-Submitted: auto-generated",), "AR-02"), (("AR-07 noreply", "AR-23"), "AR-07"), ((), "R112")],
)
def test_what_the_mail_itself_forbids_is_withheld_by_the_rule_that_reading_named(mail, evidence, rule):
    forbidden = replace(mail, verdicts=Verdicts(answerable=Verdict(False, evidence)))
    assert withheld_by(forbidden) == rule


@pytest.mark.rule("R112")
def test_of_several_customers_of_one_mail_only_those_the_mail_forbids_stay_without_an_answer():
    one, other = enquiry("kim@mail.example", source="adf"), enquiry("no-reply@post.example", source="adf")
    for prospects in ((one, other), (other, one)):
        verdicts = tuple(Verdict(p is one, () if p is one else ("AR-07: robot's local part",)) for p in prospects)
        mail = portal(*prospects, source="adf", verdicts=Verdicts(answerable=Verdict(True), customers=verdicts))
        sent = mails(decided(mail), MailKind.AUTORESPONSE)
        assert {i.recipient.address: i.withheld_by for i in sent} == {
            "kim@mail.example": "",
            "no-reply@post.example": "AR-07",
        }


def test_the_first_objection_names_the_rule_and_the_trace_shows_them_all():
    snapshot = replace(with_history(is_suppressed=True, of_location_1h=60), mail_is_old=True)
    decision = decided(direct(), snapshot)
    assert mails(decision, MailKind.AUTORESPONSE)[0].withheld_by == "AR-17"
    assert {"AR-17", "AR-20", "AR-24"} <= rules(decision)


# AR-10: our own addresses.


@pytest.mark.rule("AR-10")
@pytest.mark.parametrize("address", ["muc@leads.example", "AUG@leads.example", "jemand@leads.example"])
def test_nothing_goes_to_an_address_or_domain_of_ours(address):
    assert withheld_by(direct(enquiry(address), sender=Sender(address)), came=envelope(address)) == "AR-10"
    assert withheld_by(portal(enquiry(address, source="mobile.de"))) == "AR-10"


@pytest.mark.rule("AR-10")
def test_a_portal_that_writes_from_our_own_address_does_not_harm_its_customer():
    """Contact forms often send from the dealer's own address: only the customer named inside counts."""
    mail = portal(enquiry(source="website_form"), source="website_form", sender=Sender("muc@leads.example"))
    assert withheld_by(mail, came=envelope("muc@leads.example")) == ""


@pytest.mark.rule("AR-10")
def test_a_mailbox_at_a_free_mail_provider_does_not_make_its_customers_ours():
    location = muc(mailbox="autohaus@freemail.example")
    facts = ProspectFacts(answers=AnswerHistory(domain_counts=False))
    mail = direct(enquiry("kim@freemail.example"), sender=Sender("kim@freemail.example"))
    snapshot = world(location, facts, locations={"MUC": location})
    assert withheld_by(mail, snapshot, envelope("kim@freemail.example")) == ""


# AR-14, class A: the envelope sender must vouch for the From address.


@pytest.mark.rule("AR-14")
@pytest.mark.parametrize(
    ("path", "verdict", "rule"),
    [
        ("bounce@mail.example", SenderVerdict.UNAUTHENTICATED, ""),
        ("x@bounces.mail.example", SenderVerdict.UNAUTHENTICATED, ""),
        ("x@evilmail.example", SenderVerdict.UNAUTHENTICATED, "AR-14"),
        ("x@sender.example", SenderVerdict.UNAUTHENTICATED, "AR-14"),
        ("x@sender.example", SenderVerdict.AUTHENTICATED, ""),
        ("info@dealer.example", SenderVerdict.UNAUTHENTICATED, ""),
        ("info+SRS=ab=cd=mail.example=kundin@dealer.example", SenderVerdict.UNAUTHENTICATED, ""),
        ("SRS0=ab=cd=mail.example=kundin@dealer.example", SenderVerdict.UNAUTHENTICATED, ""),
        ("other@dealer.example", SenderVerdict.UNAUTHENTICATED, "AR-14"),
        ("SRS0=ab=cd=mail.example=kundin@sender.example", SenderVerdict.UNAUTHENTICATED, "AR-14"),
        ("not an address", SenderVerdict.UNAUTHENTICATED, "AR-14"),
        (None, SenderVerdict.UNAUTHENTICATED, ""),
    ],
)
def test_an_envelope_sender_of_another_domain_must_be_authenticated_or_a_forwarder(path, verdict, rule):
    snapshot = world(muc(forwarders=("Info@dealer.example",)))
    assert withheld_by(direct(), snapshot, envelope(path, sender_verdict=verdict)) == rule


@pytest.mark.rule("AR-14")
def test_the_envelope_sender_of_a_portal_says_nothing_about_the_customer():
    assert withheld_by(portal(), came=envelope("bounce+123@mailer.example")) == ""


# The address that is answered.


@pytest.mark.rule("R112")
@pytest.mark.parametrize(
    ("reading", "address"),
    [
        (direct(enquiry("anderer@victim.example")), CUSTOMER),  # class A: whoever wrote, not whom the text names
        (portal(enquiry("kim@mail.example", source="mobile.de")), "kim@mail.example"),
        (portal(enquiry(contact=Person(relay_email="x@relay.example"), source="mobile.de")), "x@relay.example"),
        (portal(enquiry(contact=Person(phones=("+493023125001",)), source="mobile.de")), None),
        (direct(sender=Sender()), CUSTOMER),
    ],
)
def test_only_the_customers_own_address_is_answered_never_the_portals_sender(reading, address):
    assert answer_address(reading, reading.prospects[0]) == address
    sent = mails(decided(reading, came=envelope(None)), MailKind.AUTORESPONSE)
    assert [i.recipient.address for i in sent] == ([address] if address else [])


# Class B: who may vouch for the address.


@pytest.mark.rule("R112")
@pytest.mark.parametrize("source", ["generic", ""])
def test_a_mail_that_no_source_recognised_vouches_for_nobody(source):
    assert withheld_by(portal(enquiry(source=source), source=source)) == "R112"


@pytest.mark.rule("R112")
def test_a_disabled_source_vouches_for_nobody():
    assert withheld_by(portal(), world(source_is_enabled=False)) == "R112"


FORMS = muc(sources={"website_form": SourceSettings("website_form", from_domains=("Dealer.example",))})
FROM_ANYWHERE = envelope("www@host.example", is_trusted_client=False, sender_verdict=SenderVerdict.AUTHENTICATED)


@pytest.mark.rule("R112")
@pytest.mark.parametrize(
    ("sender", "came", "rule"),
    [
        ("wordpress@dealer.example", FROM_ANYWHERE, ""),
        ("wordpress@elsewhere.example", FROM_ANYWHERE, "R112"),
        ("wordpress@elsewhere.example", envelope("www@host.example"), ""),  # trusted network
        ("wordpress@elsewhere.example", envelope(None, channel=Channel.IMAP), ""),
        ("wordpress@dealer.example", replace(FROM_ANYWHERE, sender_verdict=SenderVerdict.UNAUTHENTICATED), "AR-14"),
    ],
)
def test_a_web_form_must_come_from_where_the_dealer_says(sender, came, rule):
    mail = portal(enquiry(source="website_form"), source="website_form", sender=Sender(sender))
    assert withheld_by(mail, world(FORMS, checks_senders=not came.is_trusted_client), came) == rule


# Switches.


@pytest.mark.rule("Q18")
@pytest.mark.rule("Q4")
@pytest.mark.parametrize(
    ("enabled", "of_source", "answers"),
    [(True, None, 1), (False, None, 0), (True, False, 0), (False, True, 1)],
)
def test_the_source_may_say_otherwise_than_the_location(enabled, of_source, answers):
    location = muc(
        autoresponse=AutoresponseSettings(enabled=enabled),
        sources={"direct_email": SourceSettings("direct_email", autoresponse=of_source)},
    )
    assert len(mails(decided(snapshot=world(location)), MailKind.AUTORESPONSE)) == answers


@pytest.mark.rule("AR-17")
def test_a_budget_of_nought_is_unlimited():
    location = muc(autoresponse=AutoresponseSettings(per_hour=0, per_day=0))
    facts = ProspectFacts(answers=AnswerHistory(of_location_1h=9_999, of_location_24h=99_999))
    assert withheld_by(direct(), world(location, facts)) == ""


@pytest.mark.rule("AR-17")
@pytest.mark.rule("PF29")
@pytest.mark.rule("BI-61")
def test_an_exhausted_budget_raises_an_alarm_and_leads_go_on():
    decision = decided(portal(), with_history(of_location_1h=60))
    assert decision.alarms == ("MUC: budget_exhausted, automatic answers are withheld",)
    assert decision.outcome is Outcome.LEAD
    assert len(mails(decision, MailKind.NEW_LEAD)) == 1


@pytest.mark.rule("BI-62")
@pytest.mark.rule("PF27")
def test_a_victim_named_by_fifty_portals_gets_five_answers_in_a_day_and_ten_in_a_week():
    sent_today = sent_this_week = 0
    for day in range(7):
        sent_today = 0
        for number in range(50):
            mail = portal(enquiry("opfer@victim.example", source=f"portal{number}"), source=f"portal{number}")
            counts = {"to_address_24h": sent_today, "to_address_7d": sent_this_week, "domain_counts": False}
            if withheld_by(mail, with_history(**counts)) == "":
                sent_today += 1
                sent_this_week += 1
        assert sent_today == (5 if day < 2 else 0)
    assert sent_this_week == 10


@pytest.mark.rule("BI-59")
@pytest.mark.rule("SP-07")
def test_a_robot_that_answers_each_of_our_mails_gets_one_automatic_mail_in_a_thousand_rounds():
    """It hides what it is: another subject, sender and Message-ID each time, no automatic mark, only the reference."""
    sent = 0
    for number in range(1_000):
        address = f"robot{number}@robots.example"
        counts = AnswerHistory(to_domain_24h=sent)
        answers_us = ThreadFacts(lead=lead(state=LeadState.CLOSED), is_known=number > 0)
        snapshot = world(facts=ProspectFacts(answers=counts), thread=answers_us)
        mail = direct(enquiry(address), sender=Sender(address))
        sent += withheld_by(mail, snapshot, envelope(address)) == ""
    assert sent == 1


@pytest.mark.rule("PF21")
def test_a_portal_writing_as_a_robot_still_brings_leads_whose_customers_are_answered():
    """Null reverse-path and no-reply sender: they say nothing about the customer inside."""
    decision = decided(portal(), came=envelope(""))
    assert decision.outcome is Outcome.LEAD
    assert [i.recipient.address for i in mails(decision, MailKind.AUTORESPONSE)] == [CUSTOMER]


@pytest.mark.rule("AR-18")
@pytest.mark.parametrize(
    ("domain", "is_one"),
    [
        ("gmx.de", True),
        ("gmx.net", True),
        ("yahoo.co.uk", True),
        ("web.de", True),
        ("t-online.de", True),
        ("gmx.dealer.example", False),
        ("autohaus.example", False),
        ("mail.example", False),
        ("", False),
    ],
)
def test_free_mail_domains_are_known(domain, is_one):
    assert is_free_mail(domain) is is_one


@pytest.mark.rule("AR-18")
@pytest.mark.parametrize(
    "person",
    [Person(email="buyer-60@relay.example", email_is_relay=True), Person(relay_email="token@relay.example")],
)
def test_the_customers_behind_one_relay_are_not_counted_together(person):
    counts = AnswerHistory(to_domain_1m=40, to_domain_24h=400)
    mail = portal(enquiry(contact=person, source="mobile.de"))
    assert withheld_by(mail, world(facts=ProspectFacts(answers=counts))) == ""


@pytest.mark.rule("AR-18")
def test_the_customers_of_one_free_mail_provider_are_not_counted_together(monkeypatch):
    monkeypatch.setattr(free_mail, "FREE_MAIL", frozenset({"mail.example"}))
    assert withheld_by(direct(), with_history(to_domain_1m=40, to_domain_24h=400)) == ""


# The counterweight: twelve honest customers, each answered exactly once (BI-64b), as far as decide sees them.

RELAY = Person(relay_email="token@relay.example")
FREE_MAIL = ProspectFacts(answers=AnswerHistory(to_domain_1m=9, to_domain_24h=400, domain_counts=False))


def form(sender):
    return portal(enquiry(source="website_form"), source="website_form", sender=Sender(sender))


HONEST = {
    "free mail, direct": (direct(), world(facts=FREE_MAIL), envelope()),
    "forwarded by the dealer's info address": (
        direct(),
        world(muc(forwarders=("info@dealer.example",))),
        envelope("info+SRS=ab=cd=mail.example=kundin@dealer.example"),
    ),
    "relay number 60 of the day": (
        portal(enquiry(contact=Person(email="buyer-60@relay.example", email_is_relay=True), source="mobile.de")),
        world(facts=FREE_MAIL),
        envelope(PORTAL),
    ),
    "relay without address": (
        portal(enquiry(contact=RELAY, source="kleinanzeigen"), source="kleinanzeigen"),
        world(facts=FREE_MAIL),
        envelope("token@relay.example"),
    ),
    "portal with Reply-To": (
        portal(enquiry(source="autoscout24"), source="autoscout24", reply_to=CUSTOMER),
        world(),
        envelope(PORTAL),
    ),
    "form plugin": (form("wordpress@dealer.example"), world(FORMS), envelope("www@host.example")),
    "raw form with the customer as From": (form(CUSTOMER), world(FORMS), envelope("www@host.example")),
    "ADF": (portal(enquiry(source="adf"), source="adf"), world(), envelope("leads@provider.example")),
    "IMAP without Authentication-Results": (direct(), world(), envelope(None, channel=Channel.IMAP)),
    "a second car after a closed lead": (
        direct(),
        world(
            facts=known(
                last_closed=lead(state=LeadState.CLOSED), answers=AnswerHistory(to_address_24h=1, to_address_7d=1)
            )
        ),
        envelope(),
    ),
    "a second location in the same week": (
        direct(),
        world(aug(), ProspectFacts(answers=AnswerHistory(to_address_7d=1))),
        envelope(forward_paths=("aug@leads.example",)),
    ),
    "an umlaut domain": (
        direct(enquiry("kim@xn--mller-kva.example"), sender=Sender("kim@müller.example")),
        world(),
        envelope("kim@xn--mller-kva.example"),
    ),
}


@pytest.mark.rule("BI-64b")
@pytest.mark.parametrize(("mail", "snapshot", "came"), HONEST.values(), ids=HONEST.keys())
def test_an_honest_customer_gets_exactly_one_answer(mail, snapshot, came):
    decision = decided(mail, snapshot, came)
    assert [i.withheld_by for i in mails(decision, MailKind.AUTORESPONSE)] == [""]
    assert opened(decision).assignment.assignee


def test_there_are_twelve_of_them():
    assert len(HONEST) == 12


def test_class_b_is_what_the_portal_builder_makes():
    assert (direct().carrier, portal().carrier) == (CarrierClass.A, CarrierClass.B)


# Several answers out of one mail.


def about_two_cars(one, other, answers):
    """One mail that asks for a car in MUC and for one in AUG; leads go where the cars stand."""
    facts = tuple(ProspectFacts(vehicle=replace(CAR, location=code), answers=answers) for code in ("MUC", "AUG"))
    mail = portal(enquiry(one, source="adf"), enquiry(other, source="adf"), source="adf")
    decision = decided(mail, world(muc(vehicle_location_for_distribution=True), prospects=facts))
    assert [step.location for step in decision.steps] == ["MUC", "AUG"]
    return [i.withheld_by for i in mails(decision, MailKind.AUTORESPONSE)]


@pytest.mark.rule("AR-16")
@pytest.mark.parametrize(("other", "second"), [(CUSTOMER, "AR-16"), ("zwei@other.example", "")])
def test_answers_of_one_mail_count_for_their_address(other, second):
    assert about_two_cars(CUSTOMER, other, AnswerHistory(to_address_24h=4)) == ["", second]


@pytest.mark.rule("AR-17")
def test_the_budget_of_one_location_is_not_spent_by_another():
    assert about_two_cars(CUSTOMER, "zwei@other.example", AnswerHistory(of_location_1h=59)) == ["", ""]


@pytest.mark.rule("AR-13")
@pytest.mark.parametrize(
    ("named", "rule"),
    [
        (None, ""),  # unknown: a reading without header fields
        ((muc().mailbox,), ""),
        (("other@kunden.example", muc().mailbox), ""),
        ((muc().mailbox.replace("@", "+t1abcdef012345@"),), ""),
        (("list@kunden.example",), "AR-13"),
        ((), "AR-13"),
    ],
)
def test_who_got_the_mail_by_bcc_or_a_list_does_not_answer(named, rule):
    assert withheld_by(replace(direct(), addressed_to=named)) == rule


@pytest.mark.rule("AR-13")
def test_the_dealers_forwarder_counts_as_us_and_a_portals_recipients_say_nothing():
    forwarded = replace(direct(), addressed_to=("info@haendler.example",))
    known_forwarder = world(receiving=muc(forwarders=("info@haendler.example",)))
    assert withheld_by(forwarded, known_forwarder) == ""
    assert withheld_by(replace(portal(), addressed_to=("sammel@portal.example",))) == ""
