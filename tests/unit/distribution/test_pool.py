"""Taking leads from the pool, and giving them by hand (R63, R64, R67, R74, R123, Q26)."""

from datetime import timedelta

import pytest
from hypothesis import given as hypothesis_given
from hypothesis import settings
from hypothesis import strategies as st

from leadmaild.distribution import eligible, pool
from leadmaild.model.lead import LeadState
from tests.unit.distribution.build import NOW, lead, muc, pool_location, user

ANNA = user("anna", receives_leads=False)


def waiting(number, minutes, **changes):
    """A lead in the pool that came in so many minutes ago."""
    return lead(number, **({"assignee": "pool", "arrived_at": NOW - timedelta(minutes=minutes)} | changes))


OLD, YOUNG = waiting(1, 60), waiting(2, 5)


@pytest.mark.rule("R67")
def test_whoever_is_assignable_may_take_a_lead():
    assert pool.claim(YOUNG, ANNA, pool_location(), [OLD, YOUNG]).eligible


@pytest.mark.rule("R67")
@pytest.mark.parametrize("changes", [{"assignable": False}, {"active": False}, {"locations": ("AUG",)}])
def test_nobody_else_may(changes):
    assert not pool.claim(OLD, user("anna", **changes), pool_location(), [OLD]).eligible


@pytest.mark.rule("R63")
def test_where_only_the_oldest_may_be_taken_a_younger_one_is_refused_by_name():
    refused = pool.claim(YOUNG, ANNA, pool_location(oldest_only=True), [OLD, YOUNG])
    assert (refused.eligible, refused.why) == (False, "only the oldest lead may be taken, that is 1")
    assert pool.claim(OLD, ANNA, pool_location(oldest_only=True), [OLD, YOUNG]).eligible


@pytest.mark.rule("R64")
def test_of_two_that_came_at_once_the_lower_number_is_the_older():
    first, second = waiting(3, 10), waiting(4, 10)
    location = pool_location(oldest_only=True)
    assert pool.claim(first, ANNA, location, [second, first]).eligible
    assert not pool.claim(second, ANNA, location, [second, first]).eligible


@pytest.mark.rule("R64")
def test_the_loser_of_a_race_is_told_and_the_next_lead_is_the_oldest():
    taken = waiting(1, 60, assignee="ben")
    location = pool_location(oldest_only=True)
    assert "not in the pool any more" in pool.claim(taken, ANNA, location, [taken, YOUNG]).why
    assert pool.claim(YOUNG, ANNA, location, [taken, YOUNG]).eligible


@pytest.mark.rule("R64")
@pytest.mark.parametrize("changes", [{"state": LeadState.CLOSED}, {"location": "AUG"}, {"assignee": "ben"}])
def test_leads_that_do_not_wait_in_this_pool_are_not_the_oldest(changes):
    other = waiting(9, 600, **changes)
    assert pool.oldest_waiting(pool_location(), [other, YOUNG]) == YOUNG


@pytest.mark.rule("Q26")
def test_a_lead_given_back_is_the_oldest_again():
    given_back = waiting(1, 60)
    assert pool.oldest_waiting(pool_location(), [YOUNG, given_back]) == given_back


@pytest.mark.rule("R64")
@hypothesis_given(st.lists(st.integers(0, 50), min_size=1, max_size=12))
@settings(max_examples=60, deadline=None)
def test_exactly_one_lead_may_be_taken_where_only_the_oldest_may(ages):
    leads = [waiting(number, age) for number, age in enumerate(ages, 1)]
    location = pool_location(oldest_only=True)
    assert sum(pool.claim(one, ANNA, location, leads).eligible for one in leads) == 1


def test_a_closed_lead_can_not_be_taken():
    closed = waiting(1, 60, state=LeadState.CLOSED)
    assert not pool.claim(closed, ANNA, pool_location(), [closed]).eligible


@pytest.mark.rule("R123")
@pytest.mark.rule("R74")
@pytest.mark.parametrize(
    ("changes", "allowed"),
    [({}, True), ({"receives_leads": False}, True), ({"assignable": False}, False), ({"active": False}, False)],
)
def test_a_lead_may_be_given_by_hand_to_whoever_is_assignable(changes, allowed):
    assert eligible.by_hand(user("anna", **changes), muc()).eligible is allowed
