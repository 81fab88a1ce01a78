"""Where the vehicle stands: two switches, independent of each other (R55-R58)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from leadmaild.model.decision import MailKind
from leadmaild.model.lead import AssignmentReason
from leadmaild.model.location import AutoresponseSettings, Escalation, Pool, Redirects
from leadmaild.model.snapshot import ProspectFacts
from tests.unit.deciding.build import CAR, addresses, aug, decided, direct, known, mails, opened, portal, world
from tests.unit.distribution.build import NOW, boss, lead, muc, pool_account, roster, user

PEOPLE = roster(user("anna"), user("ludwig", locations=("AUG",)), boss())


def at(vehicle=CAR, people=PEOPLE, target=None, **switches):
    """A mail received by MUC about a vehicle."""
    receiving = muc(redirect=Redirects(("muc@dealer.example",)), **switches)
    target = target or aug(redirect=Redirects(("aug@dealer.example",)))
    locations = {"MUC": receiving, "AUG": target}
    return decided(direct(), world(receiving, ProspectFacts(vehicle=vehicle), people, locations=locations))


@pytest.mark.rule("R55")
@pytest.mark.rule("R57")
@pytest.mark.parametrize(
    ("distribution", "redirect", "location", "assignee", "target"),
    [
        (False, False, "MUC", "anna", "muc@dealer.example"),
        (True, False, "AUG", "ludwig", "muc@dealer.example"),
        (False, True, "MUC", "anna", "aug@dealer.example"),
        (True, True, "AUG", "ludwig", "aug@dealer.example"),
    ],
)
def test_the_two_switches_work_apart(distribution, redirect, location, assignee, target):
    decision = at(vehicle_location_for_distribution=distribution, vehicle_location_for_redirect=redirect)
    step = opened(decision)
    assert (step.location, step.received_location, step.assignment.assignee) == (location, "MUC", assignee)
    assert addresses(decision, MailKind.REDIRECT) == [target]


@pytest.mark.rule("R58")
@pytest.mark.parametrize(
    "vehicle", [None, replace(CAR, location=""), replace(CAR, location="XXX"), replace(CAR, location="MUC")]
)
def test_a_vehicle_without_a_place_of_ours_moves_nothing(vehicle):
    decision = at(vehicle, vehicle_location_for_distribution=True, vehicle_location_for_redirect=True)
    assert opened(decision).location == "MUC"
    assert addresses(decision, MailKind.REDIRECT) == ["muc@dealer.example"]


@pytest.mark.rule("R56")
def test_after_the_move_everything_is_the_targets():
    target = aug(escalation=Escalation(timedelta(minutes=20)), autoresponse=AutoresponseSettings(enabled=False))
    decision = at(people=roster(user("anna"), boss()), target=target, vehicle_location_for_distribution=True)
    step = opened(decision)
    assert step.assignment.reason is AssignmentReason.FALLBACK  # nobody receives in AUG
    assert [t.due_at - NOW for t in step.timers] == [timedelta(minutes=20)]
    assert mails(decision, MailKind.AUTORESPONSE) == []


@pytest.mark.rule("R56")
def test_the_pool_is_the_targets():
    people = roster(user("anna"), pool_account(locations=("AUG",)), boss())
    decision = at(people=people, target=aug(pool=Pool("pool")), vehicle_location_for_distribution=True)
    assert opened(decision).assignment.reason is AssignmentReason.POOL


@pytest.mark.rule("R56")
@pytest.mark.rule("R34")
def test_the_existing_contact_switch_is_the_targets():
    facts = known(assigned_user="lena", location="AUG", vehicle=CAR)
    people = roster(user("anna"), user("ludwig", locations=("AUG",)), user("lena", locations=("AUG",)), boss())
    receiving = muc(vehicle_location_for_distribution=True, existing_contacts_normal=True)
    decision = decided(portal(), world(receiving, facts, people, locations={"MUC": receiving, "AUG": aug()}))
    assert opened(decision).assignment.assignee == "lena"


@pytest.mark.rule("R56")
def test_only_one_move_is_made():
    """AUG would send its own leads on to MUC; a lead that came from MUC stays."""
    decision = at(target=aug(vehicle_location_for_distribution=True), vehicle_location_for_distribution=True)
    assert opened(decision).location == "AUG"


@pytest.mark.rule("R37")
def test_an_open_request_in_another_location_is_another_matter():
    facts = known(lead(location="MUC"), location="MUC", vehicle=CAR)
    receiving = muc(vehicle_location_for_distribution=True)
    decision = decided(portal(), world(receiving, facts, PEOPLE))
    assert opened(decision).location == "AUG"
