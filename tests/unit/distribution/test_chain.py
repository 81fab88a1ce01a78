"""Who gets a new lead, step by step down the chain of R78."""

import pytest

from leadmaild.distribution.chain import Enquiry, assign, with_turn_taken
from leadmaild.distribution.groups import LeadTraits
from leadmaild.model.decision import Candidate
from leadmaild.model.lead import AssignmentReason as Reason
from leadmaild.model.snapshot import TurnKey
from leadmaild.model.trace import Trace
from tests.unit.distribution.build import (
    NOW,
    boss,
    contact,
    given,
    group,
    muc,
    pool_account,
    pool_location,
    roster,
    user,
)  # fmt: skip

ADMIN = boss("admin")


def known(assigned_user="anna", **traits) -> Enquiry:
    return Enquiry(contact(assigned_user), LeadTraits(**traits))


@pytest.mark.rule("R72")
def test_the_first_present_receiver_gets_the_lead():
    got = given(roster(user("anna", receives_leads=False), user("ben"), user("cem"), boss(), away=["ben"]))
    assert (got.assignee, got.reason) == ("cem", Reason.ROLLING)


@pytest.mark.rule("R76")
def test_a_turn_is_used_up_only_when_a_lead_is_given():
    people = roster(user("anna"), user("ben"), boss())
    got = given(people)
    assert (got.turn, got.new_order) == (TurnKey("MUC"), ("ben", "anna"))
    nobody_here = given(roster(user("anna"), user("ben"), boss(), away=["anna", "ben"]))
    assert nobody_here.turn is None


@pytest.mark.rule("R76")
def test_two_leads_of_one_mail_go_to_two_people():
    people = roster(user("anna"), user("ben"), boss())
    first = given(people)
    assert [first.assignee, given(with_turn_taken(people, first)).assignee] == ["anna", "ben"]


@pytest.mark.rule("R78")
def test_candidates_name_everybody_looked_at_and_why_the_lead_went_past_him():
    people = roster(
        user("anna"), user("ben"), user("cem", receives_leads=False), user("dora", active=False),
        user("emil", locations=("AUG",)), boss(), away=["anna"],
    )  # fmt: skip
    got = given(people)
    assert got.candidates == (
        Candidate("anna", False, "is absent"),
        Candidate("ben", True, "receives leads and is present"),
        Candidate("cem", False, "does not receive leads"),
        Candidate("dora", False, "is switched off"),
        Candidate("boss", False, "does not receive leads"),
    )


@pytest.mark.rule("PF31")
@pytest.mark.parametrize(
    "changes", [{"active": False}, {"receives_leads": False}, {"locations": ("AUG",)}, {"locations": ()}]
)
def test_whoever_is_not_entitled_never_gets_a_lead(changes):
    assert given(roster(user("anna", **changes), boss())).reason is Reason.FALLBACK


@pytest.mark.rule("R75")
def test_receiving_without_assignable_counts_as_receiving():
    assert given(roster(user("anna", assignable=False), boss())).assignee == "anna"


@pytest.mark.rule("R75")
def test_assignable_without_receiving_gets_nothing_by_rotation():
    assert given(roster(user("anna", receives_leads=False), boss())).assignee == "boss"


@pytest.mark.rule("R77")
def test_a_representative_does_not_inherit_the_right_to_receive():
    people = roster(user("anna"), user("ben", receives_leads=False), ADMIN, away=[("anna", "ben")])
    got = given(people, muc(fallback_user=""))
    assert (got.assignee, got.reason) == ("admin", Reason.ADMIN)


@pytest.mark.rule("R148")
@pytest.mark.rule("PF34")
@pytest.mark.rule("PF38")
def test_all_receivers_absent_goes_to_the_fallback_user_with_an_alarm():
    got = given(roster(user("anna"), user("ben"), boss(), away=["anna", "ben"]))
    assert (got.assignee, got.reason) == ("boss", Reason.FALLBACK)
    assert got.alarm == "MUC: nobody is entitled to receive leads now: the fallback user got one"


@pytest.mark.rule("R49")
@pytest.mark.rule("R48")
def test_the_fallback_user_gets_it_even_when_absent_and_without_receiving():
    got = given(roster(user("anna"), boss(), away=["anna", "boss"]))
    assert (got.assignee, got.reason) == ("boss", Reason.FALLBACK)


@pytest.mark.rule("R49")
@pytest.mark.rule("Q6")
@pytest.mark.parametrize("fallback", ["", "nobody", "gone"])
def test_without_a_usable_fallback_user_the_administrator_gets_it(fallback):
    people = roster(user("gone", active=False), ADMIN)
    got = given(people, muc(fallback_user=fallback))
    assert (got.assignee, got.reason) == ("admin", Reason.ADMIN)


@pytest.mark.rule("R49")
def test_without_any_last_resort_somebody_of_the_location_gets_it():
    people = roster(user("anna", receives_leads=False, assignable=False), user("ben", receives_leads=False))
    got = given(people, muc(fallback_user="", admin_user=""))
    assert got.assignee == "ben"
    assert "neither fallback user nor administrator" in got.alarm


@pytest.mark.rule("R49")
@pytest.mark.rule("PF38")
def test_without_any_user_there_is_an_alarm():
    got = given(roster(), muc())
    assert got.assignee == ""
    assert "there is no user" in got.alarm


# The contact's own user.


def test_a_lead_given_regularly_raises_no_alarm():
    assert given(roster(user("anna"), boss())).alarm == ""


TEAM = (user("ben"), user("anna"), user("rita"), boss())


@pytest.mark.parametrize(
    ("people", "reason", "assignee"),
    [
        pytest.param(roster(*TEAM), Reason.CONTACT_USER, "anna", marks=pytest.mark.rule("R33")),
        pytest.param(
            roster(*TEAM, away=[("anna", "rita")]), Reason.REPRESENTATIVE, "rita", marks=pytest.mark.rule("R36")
        ),
        pytest.param(
            roster(user("ben"), user("anna"), user("rita", receives_leads=False), boss(), away=[("anna", "rita")]),
            Reason.REPRESENTATIVE, "rita", marks=pytest.mark.rule("R36"), id="needs assignable, not receives_leads",
        ),
        pytest.param(
            roster(user("ben"), user("anna"), user("rita", assignable=False), boss(), away=[("anna", "rita")]),
            Reason.ROLLING, "ben", marks=pytest.mark.rule("R36"), id="representative not assignable",
        ),
        pytest.param(
            roster(*TEAM, away=[("anna", "rita"), ("rita", "ben")]),
            Reason.ROLLING, "ben", id="representative absent too",
            marks=[pytest.mark.rule("R36"), pytest.mark.rule("PF35")],
        ),
        pytest.param(roster(*TEAM, away=["anna"]), Reason.ROLLING, "ben", marks=pytest.mark.rule("R36")),
        pytest.param(
            roster(user("ben"), user("anna", active=False), boss()),
            Reason.ROLLING, "ben", marks=pytest.mark.rule("R36"), id="locked",
        ),
        pytest.param(roster(user("ben"), boss()), Reason.ROLLING, "ben", marks=pytest.mark.rule("R36"), id="deleted"),
        pytest.param(
            roster(user("ben"), user("anna", assignable=False), boss()),
            Reason.ROLLING, "ben", marks=pytest.mark.rule("R36"), id="not assignable any more",
        ),
        pytest.param(
            roster(user("ben"), user("anna", locations=("AUG",)), boss()),
            Reason.ROLLING, "ben", marks=pytest.mark.rule("Q24"), id="works in another location",
        ),
    ],
)  # fmt: skip
def test_a_known_contact_goes_to_its_own_user_if_it_can(people, reason, assignee):
    got = given(people, muc(), known())
    assert (got.reason, got.assignee) == (reason, assignee)


@pytest.mark.rule("R33")
@pytest.mark.rule("R36")
def test_the_own_user_uses_up_no_turn():
    got = given(roster(*TEAM), muc(), known())
    assert got.turn is None


@pytest.mark.rule("R34")
def test_with_the_switch_on_known_contacts_are_distributed_normally():
    got = given(roster(*TEAM), muc(existing_contacts_normal=True), known())
    assert (got.reason, got.assignee) == (Reason.ROLLING, "ben")


@pytest.mark.rule("R36")
def test_a_contact_without_own_user_is_distributed_normally():
    assert given(roster(*TEAM), muc(), known("")).assignee == "ben"


@pytest.mark.rule("R75")
def test_the_own_user_need_not_receive_leads():
    people = roster(user("ben"), user("anna", receives_leads=False), boss())
    assert given(people, muc(), known()).assignee == "anna"


# The pool.


@pytest.mark.rule("R62")
def test_a_pool_takes_all_new_leads():
    got = given(roster(user("anna", receives_leads=False), pool_account(), boss()), pool_location())
    assert (got.assignee, got.reason) == ("pool", Reason.POOL)


@pytest.mark.rule("R39")
def test_the_contacts_own_user_wins_over_the_pool():
    people = roster(user("anna", receives_leads=False), pool_account(), boss())
    got = given(people, pool_location(), known())
    assert (got.assignee, got.reason) == ("anna", Reason.CONTACT_USER)


@pytest.mark.rule("R70")
def test_sellers_who_receive_beside_a_pool_take_turns_with_it():
    people = roster(pool_account(), user("anna"), user("ben"), boss())
    reasons, names = [], []
    for _ in range(6):
        got = given(people, pool_location())
        names.append(got.assignee)
        reasons.append(got.reason)
        people = with_turn_taken(people, got)
    assert names == ["pool", "anna", "ben"] * 2
    assert reasons[:2] == [Reason.POOL, Reason.ROLLING]


@pytest.mark.rule("R71")
def test_an_absence_of_the_pool_account_is_ignored():
    assert given(roster(pool_account(), boss(), away=["pool"]), pool_location()).reason is Reason.POOL


@pytest.mark.rule("R71")
@pytest.mark.parametrize("people", [roster(boss()), roster(pool_account(active=False), boss())])
def test_without_a_usable_pool_account_the_fallback_user_gets_it(people):
    assert given(people, pool_location()).reason is Reason.FALLBACK


# Groups.

NEW = group("Neuwagen", "anna", "ben", condition="new")
USED = group("Gebraucht", "cem", condition="used")
GROUPED = (user("anna"), user("ben"), user("cem"), user("dora"), boss())


@pytest.mark.rule("Q1")
@pytest.mark.rule("R73")
@pytest.mark.parametrize(
    ("condition", "assignee", "reason", "group_name"),
    [
        ("new", "anna", Reason.GROUP, "Neuwagen"),
        ("used", "cem", Reason.GROUP, "Gebraucht"),
        ("", "dora", Reason.ROLLING, ""),
    ],
)
def test_a_lead_goes_to_its_group_and_else_to_those_in_no_group(condition, assignee, reason, group_name):
    enquiry = Enquiry(traits=LeadTraits(condition=condition))
    got = given(roster(*GROUPED, groups=[NEW, USED]), enquiry=enquiry)
    assert (got.assignee, got.reason, got.group) == (assignee, reason, group_name)


@pytest.mark.rule("R78")
def test_a_group_with_nobody_present_does_not_spill_over():
    people = roster(*GROUPED, groups=[NEW, USED], away=["cem"])
    got = given(people, enquiry=Enquiry(traits=LeadTraits(condition="used")))
    assert (got.assignee, got.reason, got.group) == ("boss", Reason.FALLBACK, "Gebraucht")
    assert "group Gebraucht" in got.alarm


@pytest.mark.rule("Q2")
def test_whoever_is_in_a_group_is_not_in_the_general_turn():
    people = roster(user("anna"), user("ben"), boss(), groups=[NEW])
    assert given(people).reason is Reason.FALLBACK


@pytest.mark.rule("R72")
def test_each_group_keeps_its_own_turn():
    people = roster(*GROUPED, groups=[NEW, USED])
    new = Enquiry(traits=LeadTraits(condition="new"))
    first = given(people, enquiry=new)
    people = with_turn_taken(people, first)
    assert given(people).assignee == "dora"
    assert given(people, enquiry=new).assignee == "ben"


@pytest.mark.rule("PF31")
def test_a_group_member_of_another_location_is_passed_over():
    people = roster(user("anna", locations=("AUG",)), user("ben"), boss(), groups=[NEW])
    assert given(people, enquiry=Enquiry(traits=LeadTraits(condition="new"))).assignee == "ben"


@pytest.mark.rule("Q18")
def test_the_group_that_a_source_names_comes_before_the_match_rules():
    enquiry = Enquiry(traits=LeadTraits(condition="new"), named_group="gebraucht")
    assert given(roster(*GROUPED, groups=[NEW, USED]), enquiry=enquiry).group == "Gebraucht"


@pytest.mark.rule("R110")
def test_the_lead_keeps_its_group_when_the_contacts_own_user_gets_it():
    got = given(roster(*GROUPED, groups=[NEW, USED]), enquiry=known("dora", condition="new"))
    assert (got.assignee, got.group) == ("dora", "Neuwagen")


@pytest.mark.rule("PF70")
def test_the_trace_tells_also_what_did_not_match():
    trace = Trace()
    assign(Enquiry(), muc(fallback_user=""), roster(user("anna"), ADMIN, away=["anna"]), NOW, trace)
    assert [(line.rule, line.matched) for line in trace] == [
        ("R33", False), ("R72", False), ("R48", False), ("R77", True),
    ]  # fmt: skip


@pytest.mark.rule("PF70")
@pytest.mark.parametrize(
    ("people", "enquiry", "told"),
    [
        (roster(pool_account(), boss()), Enquiry(), {"R62"}),
        (roster(pool_account(), user("anna"), boss()), Enquiry(), {"R70"}),
        (roster(user("anna"), boss()), Enquiry(), {"R71"}),
        (roster(pool_account(), user("anna", receives_leads=False), boss()), known(), {"R39"}),
    ],
)
def test_the_trace_tells_what_the_pool_did(people, enquiry, told):
    trace = Trace()
    assign(enquiry, pool_location(), people, NOW, trace)
    assert {line.rule for line in trace} & {"R39", "R62", "R70", "R71"} == told
    without = Trace()
    assign(enquiry, muc(), people, NOW, without)
    assert not {line.rule for line in without} & {"R39", "R62", "R70", "R71"}
