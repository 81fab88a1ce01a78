"""Which distribution group a lead belongs to (Q1, R166)."""

import pytest

from leadmaild.distribution.groups import LeadTraits, group_for, make_key, matches
from leadmaild.model.reading import RequestType
from leadmaild.model.user import GroupMatch
from tests.unit.distribution.build import group

TRAITS = LeadTraits(
    source="mobile.de",
    source_provider="Carportal",
    types=(RequestType.TEST_DRIVE, RequestType.VEHICLE_INQUIRY),
    make="Škoda",
    condition="used",
    location="MUC",
)


@pytest.mark.rule("Q1")
@pytest.mark.parametrize(
    ("match", "hits"),
    [
        ({"source": ("Mobile.de",)}, True),
        ({"source": ("autoscout24", "carportal")}, True),
        ({"source": ("adf",)}, False),
        ({"make": ("skoda", "vw")}, True),
        ({"make": ("Audi",)}, False),
        ({"condition": ("used",)}, True),
        ({"condition": ("new",)}, False),
        ({"location": ("muc",)}, True),
        ({"location": ("AUG",)}, False),
        ({"make": ("Skoda",), "condition": ("new",)}, False),  # every condition that is set must hold
        ({"make": ("Skoda",), "condition": ("used",), "location": ("MUC", "AUG")}, True),
        ({}, False),
    ],
)
def test_every_condition_that_is_set_must_hold(match, hits):
    assert matches(GroupMatch(**match), TRAITS) is hits


@pytest.mark.rule("R166")
@pytest.mark.parametrize(("kind", "hits"), [("test_drive", True), ("vehicle_inquiry", True), ("leasing", False)])
def test_a_type_matches_by_membership(kind, hits):
    assert matches(GroupMatch(type=(kind,)), TRAITS) is hits


@pytest.mark.rule("Q1")
def test_the_first_group_that_matches_gets_the_lead():
    first, second = group("A", make="Skoda"), group("B", condition="used")
    assert group_for(TRAITS, [first, second]).name == "A"
    assert group_for(TRAITS, [second, first]).name == "B"
    assert group_for(LeadTraits(), [first, second]) is None


@pytest.mark.rule("Q1")
def test_an_unknown_trait_matches_no_condition():
    assert not matches(GroupMatch(make=("",)), LeadTraits())


@pytest.mark.parametrize(
    ("one", "other"), [("VW", "Volkswagen"), ("Škoda", "SKODA"), ("Citroën", "citroen"), ("Mercedes", "Mercedes-Benz")]
)
def test_a_make_is_known_however_it_is_written(one, other):
    assert make_key(one) == make_key(other)
