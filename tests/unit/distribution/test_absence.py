"""Who stands in for whom (R145, R146, PF34)."""

from datetime import timedelta

import pytest

from leadmaild.distribution.absence import LONGEST_CHAIN, is_absent, representative_of, stand_in_for
from leadmaild.model.snapshot import Roster
from leadmaild.model.user import Absence
from tests.unit.distribution.build import DAY, NOW, roster, user

PEOPLE = [user(f"u{n}") for n in range(9)]


def chain(length):
    """u0 is away and named u1, who is away and named u2 ...; the one after `length` steps is here."""
    return roster(*PEOPLE, away=[(f"u{n}", f"u{n + 1}") for n in range(length)])


@pytest.mark.rule("R145")
@pytest.mark.parametrize(("offset", "absent"), [(-1, False), (0, True), (1, True), (59, True), (60, False)])
def test_an_absence_holds_from_its_start_until_just_before_its_end(offset, absent):
    people = Roster({"anna": user("anna")}, (Absence("anna", NOW, NOW + timedelta(minutes=60)),))
    assert is_absent("anna", people, NOW + timedelta(minutes=offset)) is absent


@pytest.mark.rule("R145")
def test_overlapping_absences_ask_the_one_that_ends_last_and_names_somebody():
    absences = (
        Absence("anna", NOW - DAY, NOW + DAY, "ben"),
        Absence("anna", NOW, NOW + 2 * DAY, "cem"),
        Absence("anna", NOW, NOW + 3 * DAY),
    )
    people = Roster({name: user(name) for name in ("anna", "ben", "cem")}, absences)
    assert representative_of("anna", people, NOW).username == "cem"


@pytest.mark.rule("R146")
def test_the_representative_stands_in():
    assert stand_in_for("u0", chain(1), NOW).user.username == "u1"


@pytest.mark.rule("R146")
def test_five_steps_are_followed_and_no_more():
    assert stand_in_for("u0", chain(LONGEST_CHAIN), NOW).user.username == "u5"
    too_long = stand_in_for("u0", chain(LONGEST_CHAIN + 1), NOW)
    assert (too_long.user, too_long.is_broken) == (None, True)


@pytest.mark.rule("PF34")
@pytest.mark.rule("R146")
@pytest.mark.parametrize(
    "away", [[("u0", "u0")], [("u0", "u1"), ("u1", "u0")], [("u0", "u1"), ("u1", "u2"), ("u2", "u1")]]
)
def test_circles_end_and_leave_nobody(away):
    assert stand_in_for("u0", roster(*PEOPLE, away=away), NOW).user is None


@pytest.mark.rule("R146")
@pytest.mark.parametrize("away", [["u0"], [("u0", "nobody")]])
def test_nobody_entered_is_no_fault(away):
    found = stand_in_for("u0", roster(*PEOPLE, away=away), NOW)
    assert (found.user, found.is_broken) == (None, False)
