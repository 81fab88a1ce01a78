"""What a lead tells the distribution groups about itself: by stock if it knows the vehicle, else by the mail (Q1)."""

from dataclasses import replace

import pytest

from leadmaild.model.location import SourceSettings
from leadmaild.model.reading import RequestType, VehicleText
from leadmaild.model.snapshot import ProspectFacts
from tests.unit.deciding.build import CAR, decided, enquiry, opened, portal, world
from tests.unit.distribution.build import boss, group, muc, roster, user

NAMED = VehicleText(make="Audi", condition="new")


def group_of(match, vehicle=None, stock=None, location=None, **prospect):
    """The group of a lead where the only group has this one match rule."""
    people = roster(user("anna"), user("ben"), boss(), groups=[group("G", "ben", **match)])
    mail = portal(enquiry(**({"source": "adf", "vehicle": vehicle} | prospect)), source="adf")
    step = opened(decided(mail, world(location or muc(), ProspectFacts(vehicle=stock), people)))
    assert step.assignment.assignee == ("ben" if step.assignment.group else "anna")
    return step.assignment.group


@pytest.mark.rule("Q1")
@pytest.mark.parametrize(
    ("match", "vehicle", "stock", "hits"),
    [
        ({"make": "Audi"}, NAMED, None, True),
        ({"make": "Audi"}, NAMED, CAR, False),  # stock knows better than the mail: a Škoda
        ({"make": "Skoda"}, NAMED, CAR, True),
        ({"make": "Audi"}, NAMED, replace(CAR, make=""), True),
        ({"make": "Audi"}, None, None, False),
        ({"condition": "new"}, NAMED, None, True),
        ({"condition": "used"}, NAMED, CAR, True),
        ({"condition": "new"}, NAMED, replace(CAR, condition=""), True),
        ({"condition": "new"}, None, None, False),
        ({"location": "AUG"}, None, CAR, True),  # where the vehicle stands, though the lead stays here
        ({"location": "MUC"}, None, CAR, False),
        ({"location": "MUC"}, None, None, True),  # unknown: where the mail came in
        ({"location": "MUC"}, None, replace(CAR, location=""), True),
        ({"source": "adf"}, None, None, True),
        ({"source": "mobile.de"}, None, None, False),
    ],
)
def test_groups_are_told_the_vehicle_of_stock_before_that_of_the_mail(match, vehicle, stock, hits):
    assert group_of(match, vehicle, stock) == ("G" if hits else "")


@pytest.mark.rule("Q1")
def test_groups_may_ask_for_the_provider_that_an_adf_mail_names():
    assert group_of({"source": "Carportal"}, source_provider="Carportal") == "G"


@pytest.mark.rule("R166")
def test_groups_see_the_types_that_the_settings_give_a_source():
    of_source = muc(sources={"adf": SourceSettings("adf", type="leasing")})
    assert group_of({"type": "leasing"}, location=of_source, request_types=(RequestType.VEHICLE_INQUIRY,)) == "G"


@pytest.mark.rule("Q18")
def test_a_source_may_name_the_group():
    of_source = muc(sources={"adf": SourceSettings("adf", group="G")})
    assert group_of({"make": "Audi"}, location=of_source) == "G"
