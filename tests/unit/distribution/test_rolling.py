"""Taking turns: fair, durable, and steady while people come and go (R76, PF30-PF33, PF36)."""

from collections import Counter
from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadmaild.distribution.chain import Enquiry, assign, with_turn_taken
from leadmaild.distribution.groups import LeadTraits
from leadmaild.distribution.rolling import order_of, take_turn
from leadmaild.model.lead import AssignmentReason
from leadmaild.model.snapshot import Roster
from leadmaild.model.trace import Trace
from leadmaild.model.user import Absence
from tests.unit.distribution.build import DAY, NOW, boss, group, muc, roster, user

ABC = ("anna", "ben", "cem")


def sequence(order, *presences):
    """Who gets the leads, one after the other; each presence is a string of the initials of those present."""
    takers = []
    for present in presences:
        turn = take_turn(order, lambda name, present=present: name[0] in present)
        takers.append(turn.taker[0] if turn else "-")
        order = turn.order if turn else order
    return "".join(takers)


@pytest.mark.rule("R76")
@pytest.mark.parametrize(
    ("presences", "takers"),
    [
        (["abc"] * 7, "abcabca"),
        (["ac"] * 4, "acac"),
        (["ac", "ac", "abc", "abc", "abc"], "acabc"),  # back again: no compensation, the order goes on
        (["abc", "a", "a", "abc", "abc"], "aaabc"),
        (["abc", "", "", "abc"], "a--b"),  # nobody there: no turn is lost
    ],
)
def test_the_absent_let_their_turn_pass(presences, takers):
    assert sequence(ABC, *presences) == takers


@pytest.mark.rule("PF32")
def test_newcomers_join_at_the_end_in_the_order_of_the_settings():
    assert order_of(["zoe", "anna", "ben", "cem", "yan"], ("ben", "cem", "anna")) == (
        "ben",
        "cem",
        "anna",
        "zoe",
        "yan",
    )


@pytest.mark.rule("PF33")
def test_whoever_left_drops_out_and_nobody_is_skipped_or_doubled():
    assert order_of(["anna", "cem"], ("ben", "cem", "anna")) == ("cem", "anna")


@pytest.mark.rule("PF33")
def test_another_order_in_the_settings_changes_nothing():
    assert order_of(["cem", "ben", "anna"], ("ben", "cem", "anna")) == ("ben", "cem", "anna")


@pytest.mark.rule("R76")
def test_one_person_alone_gets_every_turn():
    assert sequence(("anna",), "a", "a", "a") == "aaa"


# Properties over random teams, absences and arrivals.

NAMES = [f"u{n}" for n in range(7)]


@dataclass(frozen=True)
class Moment:
    """One arrival: who works here now, in which order the settings list them, and who is entitled and present."""

    listed: tuple[str, ...]
    receiving: frozenset[str]
    active: frozenset[str]
    away: frozenset[str]


def subsets():
    return st.frozensets(st.sampled_from(NAMES))


MOMENTS = st.lists(
    st.builds(
        Moment,
        listed=st.permutations(NAMES).map(tuple),
        receiving=subsets(),
        active=subsets().map(lambda few: frozenset(NAMES) - frozenset(list(few)[:2])),
        away=subsets(),
    ),
    min_size=1,
    max_size=25,
)


def run(moments, always=frozenset()):
    """Play the arrivals through the chain; members of `always` are entitled and present throughout."""
    turns, given_to = {}, []
    for moment in moments:
        users = {
            name: user(name, receives_leads=name in moment.receiving | always, active=name in moment.active | always)
            for name in moment.listed
        }
        away = tuple(Absence(name, NOW - DAY, NOW + DAY) for name in sorted(moment.away - always))
        people = Roster({**users, "boss": boss()}, away, (), turns)
        got = assign(Enquiry(), muc(), people, NOW, Trace())
        turns = with_turn_taken(people, got).turns
        given_to.append(got)
    return given_to


@pytest.mark.rule("PF31")
@pytest.mark.rule("R72")
@given(MOMENTS)
@settings(max_examples=80, deadline=None)
def test_nobody_ineligible_ever_gets_a_lead(moments):
    for moment, got in zip(moments, run(moments), strict=True):
        entitled = (moment.receiving & moment.active) - moment.away
        if entitled:
            assert got.reason is AssignmentReason.ROLLING
            assert got.assignee in entitled
        else:
            assert (got.assignee, got.reason) == ("boss", AssignmentReason.FALLBACK)


@pytest.mark.rule("R76")
@pytest.mark.rule("PF33")
@given(MOMENTS, st.frozensets(st.sampled_from(NAMES), min_size=2, max_size=4))
@settings(max_examples=80, deadline=None)
def test_those_who_are_always_there_never_differ_by_more_than_one_lead(moments, always):
    counts = Counter(dict.fromkeys(always, 0))
    for got in run(moments, always):
        if got.assignee in always:
            counts[got.assignee] += 1
        assert max(counts.values()) - min(counts.values()) <= 1


CONDITIONS = ("new", "used", "")


@pytest.mark.rule("R78")
@pytest.mark.rule("Q2")
@given(
    members=st.permutations(NAMES),
    sizes=st.tuples(st.integers(0, 3), st.integers(0, 3)),
    away=subsets(),
    arrivals=st.lists(st.sampled_from(CONDITIONS), min_size=1, max_size=20),
)
@settings(max_examples=60, deadline=None)
def test_groups_share_nobody_and_each_is_fair_to_its_own(members, sizes, away, arrivals):
    new, used, rest = members[: sizes[0]], members[sizes[0] : sum(sizes)], members[sum(sizes) :]
    teams = dict(zip(CONDITIONS, (new, used, rest), strict=True))
    groups = (group("Neu", *new, condition="new"), group("Gebraucht", *used, condition="used"))
    people = roster(*(user(name) for name in NAMES), boss(), away=sorted(away), groups=groups)
    counts = Counter()
    for condition in arrivals:
        got = assign(Enquiry(traits=LeadTraits(condition=condition)), muc(), people, NOW, Trace())
        people = with_turn_taken(people, got)
        counts[got.assignee] += 1
        here = set(teams[condition]) - away
        assert got.assignee in (here or {"boss"})
        assert max(counts[name] for name in here or {""}) - min(counts[name] for name in here or {""}) <= 1


@pytest.mark.rule("PF36")
@given(MOMENTS)
@settings(max_examples=40, deadline=None)
def test_a_replay_gives_the_same_sellers(moments):
    assert run(moments) == run(moments)


@pytest.mark.rule("PF32")
@given(st.integers(1, 6), st.integers(0, 12))
@settings(max_examples=40, deadline=None)
def test_a_newcomer_gets_a_lead_within_one_round(team_size, leads_before):
    order = tuple(NAMES[:team_size])
    for _ in range(leads_before):
        order = take_turn(order, lambda name: True).order
    order = order_of([*NAMES[:team_size], "newcomer"], order)
    takers = []
    for _ in range(team_size + 1):
        turn = take_turn(order, lambda name: True)
        takers.append(turn.taker)
        order = turn.order
    assert sorted(takers) == sorted([*NAMES[:team_size], "newcomer"])


@pytest.mark.rule("PF36")
def test_the_order_alone_carries_the_turn():
    """A restart loses everything but the stored order; the next one is the same all the same."""
    users = {name: user(name) for name in ABC}
    before = Roster({**users, "boss": boss()})
    first = assign(Enquiry(), muc(), before, NOW, Trace())
    restarted = replace(Roster(dict(before.users)), turns={first.turn: tuple(first.new_order)})
    assert assign(Enquiry(), muc(), restarted, NOW, Trace()).assignee == "ben"
