"""Trade-in requests and the trade-in desk (R42-R46, Q20)."""

from datetime import timedelta

import pytest

from leadmaild.model.decision import MailKind
from leadmaild.model.lead import Outcome
from leadmaild.model.location import OpeningHours, Window
from leadmaild.model.reading import RequestType, VehicleText
from leadmaild.model.snapshot import ProspectFacts
from tests.unit.deciding.build import CAR, addresses, decided, direct, enquiry, mails, opened, world
from tests.unit.distribution.build import NOW, muc

DESK = "ankauf@dealer.example"
OWN_CAR = VehicleText(make="VW", model="Golf", vin="WVWZZZ1KZAW000001", mileage=90_000)
TRADE_IN = (RequestType.TRADE_IN,)
INQUIRY = (RequestType.VEHICLE_INQUIRY,)


def copies(prospect, stock=None, desk=(DESK,)):
    decision = decided(direct(prospect), world(muc(trade_in_cc=desk), ProspectFacts(vehicle=stock)))
    return addresses(decision, MailKind.TRADE_IN_CC)


@pytest.mark.parametrize(
    ("prospect", "stock", "goes"),
    [
        pytest.param(enquiry(request_types=TRADE_IN), None, True, marks=pytest.mark.rule("R42")),
        pytest.param(enquiry(trade_in=OWN_CAR), None, True, marks=pytest.mark.rule("R43"), id="own car"),
        pytest.param(enquiry(trade_in=OWN_CAR), CAR, False, marks=pytest.mark.rule("R44"), id="in stock"),
        pytest.param(
            enquiry(trade_in=OWN_CAR, vehicle=VehicleText(internal_number="999")), None, False,
            marks=pytest.mark.rule("R46"), id="number that stock does not know",
        ),
        pytest.param(
            enquiry(trade_in=OWN_CAR, vehicle=VehicleText(title="Audi A4"), request_types=INQUIRY),
            None, False, marks=pytest.mark.rule("R44"), id="asks for a vehicle without number",
        ),
        pytest.param(
            enquiry(request_types=TRADE_IN, vehicle=VehicleText(title="VW Golf")), None, True,
            marks=pytest.mark.rule("R43"), id="a title alone ties it to nothing",
        ),
        pytest.param(enquiry(), None, False, marks=pytest.mark.rule("R42"), id="no trade-in"),
    ],
)  # fmt: skip
def test_only_a_trade_in_without_a_vehicle_of_ours_goes_to_the_desk(prospect, stock, goes):
    assert copies(prospect, stock) == ([DESK] if goes else [])


@pytest.mark.rule("R45")
def test_the_copy_comes_in_addition_to_the_lead():
    decision = decided(direct(enquiry(trade_in=OWN_CAR)), world(muc(trade_in_cc=(DESK, "zwei@dealer.example"))))
    assert decision.outcome is Outcome.LEAD
    assert opened(decision).types == TRADE_IN
    assert [str(i.kind) for i in mails(decision)] == ["trade_in_cc", "trade_in_cc", "new_lead", "autoresponse"]


@pytest.mark.rule("R45")
def test_without_an_address_there_is_the_lead_only():
    assert copies(enquiry(trade_in=OWN_CAR), desk=()) == []


@pytest.mark.rule("Q20")
def test_the_copy_does_not_wait_for_opening():
    hours = OpeningHours("Europe/Berlin", {0: (Window(540, 1080),)})
    night = NOW + timedelta(hours=14)
    location = muc(trade_in_cc=(DESK,), opening_hours=hours)
    decision = decided(direct(enquiry(trade_in=OWN_CAR)), world(location), now=night)
    assert [i.not_before for i in mails(decision, MailKind.TRADE_IN_CC)] == [night]
