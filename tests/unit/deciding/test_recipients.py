"""Whom a mail reaches when it leaves (R25, R68, R141, R146, R147, Q19)."""

from dataclasses import replace

import pytest

from leadmaild.deciding.recipients import Addressee, resolve
from leadmaild.model.decision import MailKind, Recipient, Role
from leadmaild.model.user import Notify
from tests.unit.distribution.build import NOW, boss, muc, pool_account, pool_location, roster, user

ANNA, BEN, RITA = user("anna"), user("ben"), user("rita")


def told(role, people, kind=MailKind.NEW_LEAD, assignee="anna", location=None):
    return resolve(Recipient(role), kind, assignee, location or muc(), people, NOW)


def names(resolved):
    return [a.username for a in resolved.addressees]


@pytest.mark.rule("R25")
def test_the_assignee_of_the_moment_is_told():
    people = roster(ANNA, BEN)
    assert told(Role.ASSIGNEE, people, assignee="ben").addressees == (Addressee("ben@seller.example", "ben"),)


@pytest.mark.rule("R146")
@pytest.mark.rule("Q8")
@pytest.mark.parametrize(
    "kind",
    [MailKind.NEW_LEAD, MailKind.REMINDER, MailKind.STAGE1, MailKind.FOLLOW_UP, MailKind.CUSTOMER_MESSAGE],
)
def test_of_an_absent_assignee_the_representative_is_told_in_addition(kind):
    resolved = told(Role.ASSIGNEE, roster(ANNA, RITA, away=[("anna", "rita")]), kind)
    assert resolved.addressees == (
        Addressee("anna@seller.example", "anna"),
        Addressee("rita@seller.example", "rita", on_behalf_of="anna"),
    )


@pytest.mark.rule("R146")
def test_an_absent_representative_is_followed_to_his_own():
    people = roster(ANNA, BEN, RITA, away=[("anna", "rita"), ("rita", "ben")])
    assert names(told(Role.ASSIGNEE, people)) == ["anna", "ben"]


@pytest.mark.rule("PF34")
@pytest.mark.rule("R146")
def test_representatives_in_a_circle_leave_only_the_assignee_and_raise_an_alarm():
    resolved = told(Role.ASSIGNEE, roster(ANNA, RITA, away=[("anna", "rita"), ("rita", "anna")]))
    assert names(resolved) == ["anna"]
    assert resolved.alarm == "MUC: nobody stands in for an absent user, everybody who stands in is away too"


@pytest.mark.rule("R49")
def test_an_absent_fallback_user_has_his_representative_told_too():
    people = roster(boss(), RITA, away=[("boss", "rita")])
    assert names(told(Role.ASSIGNEE, people, assignee="boss")) == ["boss", "rita"]


@pytest.mark.rule("R149")
def test_for_an_assignee_who_is_gone_the_fallback_user_is_told():
    assert names(told(Role.ASSIGNEE, roster(user("anna", active=False), boss()))) == ["boss"]


@pytest.mark.rule("R141")
def test_an_address_that_two_users_share_gets_one_mail():
    shared = "Team@seller.example"
    people = roster(user("anna", email=shared), user("rita", email=shared.lower()), away=[("anna", "rita")])
    assert told(Role.ASSIGNEE, people).addressees == (Addressee(shared, "anna"),)


@pytest.mark.rule("Q19")
@pytest.mark.parametrize(
    ("kind", "flag"),
    [
        (MailKind.NEW_LEAD, "new_lead"),
        (MailKind.CUSTOMER_MESSAGE, "customer_message"),
        (MailKind.REMINDER, "reminder"),
        (MailKind.STAGE1, "escalation"),
        (MailKind.STAGE2, "escalation"),
        (MailKind.FOLLOW_UP, "follow_up"),
        (MailKind.FOLLOW_UP_STAGE2, "escalation"),
    ],
)
def test_each_kind_has_its_flag(kind, flag):
    muted = roster(user("anna", notify=replace(Notify(), **{flag: False})))
    resolved = told(Role.ASSIGNEE, muted, kind)
    assert (resolved.addressees, resolved.why) == ((), "nobody wants notices of this kind, or has an address (Q19)")
    others = {name: False for name in Notify.__slots__ if name != flag}
    assert names(told(Role.ASSIGNEE, roster(user("anna", notify=replace(Notify(), **others))), kind)) == ["anna"]


# Supervisors (R147).


@pytest.mark.rule("R147")
@pytest.mark.parametrize(
    ("people", "assignee", "expected"),
    [
        pytest.param(roster(ANNA, boss()), "anna", ["boss"], id="his supervisor"),
        pytest.param(roster(ANNA, boss(), RITA, away=[("boss", "rita")]), "anna", ["boss", "rita"], id="absent"),
        pytest.param(roster(user("anna", supervisor=""), boss()), "anna", ["boss"], id="none set: fallback user"),
        pytest.param(roster(user("anna", supervisor="gone"), boss("admin")), "anna", ["admin"], id="administrator"),
        pytest.param(roster(boss(), boss("admin")), "boss", ["admin"], id="the fallback user is not told of himself"),
        pytest.param(roster(user("anna", supervisor="anna"), boss()), "anna", [], id="supervises himself"),
        pytest.param(roster(boss()), "boss", [], id="nobody above"),
        pytest.param(roster(boss()), "gone", ["boss"], id="assignee gone"),
    ],
)
def test_stage2_goes_up_one_step(people, assignee, expected):
    assert names(told(Role.SUPERVISOR, people, MailKind.STAGE2, assignee)) == expected


@pytest.mark.rule("R147")
def test_nobody_above_is_said():
    assert (
        told(Role.SUPERVISOR, roster(boss()), MailKind.STAGE2, "boss").why == "there is nobody in the role supervisor"
    )


# The pool.


@pytest.mark.rule("R65")
def test_stage2_of_a_pool_lead_goes_to_the_supervisor_of_the_pool_account():
    people = roster(pool_account(supervisor="ben"), BEN, boss())
    assert names(told(Role.SUPERVISOR, people, MailKind.STAGE2, "pool", pool_location())) == ["ben"]


@pytest.mark.rule("R66")
@pytest.mark.parametrize(("email", "expected"), [("pool@seller.example", ["pool"]), ("", [])])
def test_notices_of_a_pool_lead_go_to_the_address_of_the_account_if_it_has_one(email, expected):
    people = roster(pool_account(email=email), boss())
    assert names(told(Role.ASSIGNEE, people, MailKind.STAGE1, "pool", pool_location())) == expected


@pytest.mark.rule("R71")
def test_an_absence_of_the_pool_account_calls_nobody_in():
    people = roster(pool_account(), RITA, away=[("pool", "rita")])
    assert names(told(Role.ASSIGNEE, people, MailKind.NEW_LEAD, "pool", pool_location())) == ["pool"]


@pytest.mark.rule("R67")
@pytest.mark.rule("R68")
def test_of_new_pool_leads_hear_only_sellers_who_may_take_them_asked_for_it_and_are_here():
    loud = Notify(new_pool_lead=True)
    people = roster(
        user("asked", notify=loud), user("silent"), user("away", notify=loud), pool_account(notify=loud),
        user("helper", notify=loud, assignable=False), user("augsburg", notify=loud, locations=("AUG",)), away=["away"],
    )  # fmt: skip
    assert names(told(Role.POOL_SELLERS, people, MailKind.NEW_POOL_LEAD, "pool", pool_location())) == ["asked"]


# Plain addresses.


@pytest.mark.parametrize("role", [Role.ADDRESS, Role.CUSTOMER])
def test_an_address_is_an_address(role):
    resolved = resolve(Recipient(role, "x@y.example"), MailKind.REDIRECT, "", muc(), roster(), NOW)
    assert resolved.addressees == (Addressee("x@y.example"),)
