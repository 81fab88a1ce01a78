"""Redirects: which class, which targets, never in a circle (R3, R4, R40, R41, PF28, Q9, Q10)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from leadmaild.model.decision import MailKind
from leadmaild.model.lead import Outcome
from leadmaild.model.location import Mode, OpeningHours, Redirects, SourceSettings, Window
from leadmaild.model.reading import Person, RedirectClass, Sender
from tests.unit.deciding.build import (
    CUSTOMER,
    addresses,
    decided,
    direct,
    enquiry,
    envelope,
    known,
    mails,
    portal,
    world,
)
from tests.unit.distribution.build import NOW, lead, muc

GENERAL, MARKET, THIRD = "general@dealer.example", "market@dealer.example", "third@dealer.example"


def to(reading=None, **location):
    return addresses(decided(reading or direct(), world(muc(**location))), MailKind.REDIRECT)


def sources(source, redirect_class):
    return {source: SourceSettings(source, redirect_class=redirect_class)}


BOTH = Redirects((GENERAL,), (MARKET,))


@pytest.mark.rule("R40")
def test_the_class_of_the_source_decides():
    assert to(direct(), redirect=BOTH) == [GENERAL]
    assert to(portal(), redirect=BOTH) == [MARKET]


@pytest.mark.rule("R41")
@pytest.mark.parametrize(
    ("marketplace", "targets"), [(None, [GENERAL]), ((), []), ((MARKET,), [MARKET]), ((MARKET, THIRD), [MARKET, THIRD])]
)
def test_marketplace_targets_replace_the_general_ones(marketplace, targets):
    assert to(portal(), redirect=Redirects((GENERAL,), marketplace)) == targets


@pytest.mark.rule("Q17")
@pytest.mark.rule("Q18")
def test_the_class_of_a_source_can_be_changed():
    assert to(portal(), redirect=BOTH, sources=sources("mobile.de", RedirectClass.GENERAL)) == [GENERAL]


@pytest.mark.rule("R40")
def test_the_provider_that_an_adf_mail_names_comes_before_the_source():
    mail = portal(enquiry(source="adf", source_provider="Chatdienst"), source="adf")
    assert to(mail, redirect=BOTH) == [MARKET]
    assert to(mail, redirect=BOTH, sources=sources("Chatdienst", RedirectClass.GENERAL)) == [GENERAL]
    assert to(mail, redirect=BOTH, sources=sources("adf", RedirectClass.GENERAL)) == [GENERAL]


@pytest.mark.rule("R4")
def test_without_a_target_lead_handling_still_runs():
    decision = decided(direct())
    assert (decision.outcome, addresses(decision, MailKind.REDIRECT)) == (Outcome.LEAD, [])


@pytest.mark.rule("R3")
def test_a_changed_target_applies_to_the_next_mail():
    snapshot = world(muc(redirect=Redirects(("old@dealer.example",))))
    changed = replace(snapshot, receiving=replace(snapshot.receiving, redirect=Redirects(("new@dealer.example",))))
    assert addresses(decided(snapshot=snapshot), MailKind.REDIRECT) == ["old@dealer.example"]
    assert addresses(decided(snapshot=changed), MailKind.REDIRECT) == ["new@dealer.example"]


@pytest.mark.rule("Q9")
def test_a_mail_that_can_not_be_parsed_is_redirected_too():
    assert to(direct(enquiry(contact=Person())), redirect=BOTH) == [GENERAL]


@pytest.mark.rule("Q9")
def test_the_redirect_is_decided_before_distribution():
    order = [line.rule for line in decided(snapshot=world(muc(redirect=BOTH))).trace]
    assert order.index("R40") < order.index("R76")


@pytest.mark.rule("R40")
def test_a_mail_that_joins_a_lead_and_one_in_tracking_mode_are_redirected_too():
    assert addresses(decided(snapshot=world(muc(redirect=BOTH), known(lead()))), MailKind.REDIRECT) == [GENERAL]
    assert to(redirect=BOTH, mode=Mode.TRACKING) == [GENERAL]


@pytest.mark.rule("Q10")
def test_redirects_do_not_wait_for_opening():
    hours = OpeningHours("Europe/Berlin", {0: (Window(540, 1080),)})
    night = NOW + timedelta(hours=14)
    decision = decided(snapshot=world(muc(redirect=BOTH, opening_hours=hours)), now=night)
    assert [i.not_before for i in mails(decision, MailKind.REDIRECT)] == [night]


@pytest.mark.rule("PF28")
@pytest.mark.rule("BI-67")
@pytest.mark.parametrize("target", ["MUC@leads.example", "aug@leads.example", CUSTOMER.upper()])
def test_a_copy_that_would_come_back_is_not_sent(target):
    assert to(redirect=Redirects((target, GENERAL))) == [GENERAL]


@pytest.mark.rule("PF28")
def test_neither_to_the_envelope_sender():
    decision = decided(direct(), world(muc(redirect=Redirects((GENERAL,)))), envelope(GENERAL))
    assert addresses(decision, MailKind.REDIRECT) == []


@pytest.mark.rule("R40")
def test_a_mail_with_several_enquiries_is_redirected_once():
    mail = portal(*(enquiry(f"{n}@mail.example", source="adf") for n in "abc"), source="adf")
    assert to(mail, redirect=BOTH) == [MARKET]


def test_an_unknown_sender_cuts_no_target():
    decision = decided(direct(sender=Sender()), world(muc(redirect=BOTH)), envelope(None))
    assert addresses(decision, MailKind.REDIRECT) == [GENERAL]


@pytest.mark.rule("PF70")
@pytest.mark.parametrize(
    ("reading", "redirect", "told"),
    [
        (direct(), Redirects((GENERAL,)), {"R40"}),
        (direct(), Redirects((CUSTOMER,)), {"R40", "R4"}),
        (portal(), Redirects((GENERAL,)), {"R40", "R41"}),
        (portal(), BOTH, {"R40"}),
    ],
)
def test_the_trace_tells_why_a_copy_went_where_it_went(reading, redirect, told):
    asked = {line.rule for line in decided(reading, world(muc(redirect=redirect))).trace}
    assert asked & {"R4", "R40", "R41"} == told
