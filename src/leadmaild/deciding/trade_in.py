"""Trade-in requests without a vehicle reference go to the trade-in desk as well (R42-R46)."""

from leadmaild.deciding.case import Case
from leadmaild.model.decision import Intent, MailKind, Recipient, Role
from leadmaild.model.location import Location
from leadmaild.model.reading import Prospect, RequestType
from leadmaild.model.vehicle import StockVehicle


def trade_in_copies(
    case: Case, prospect: Prospect, types: tuple[RequestType, ...], stock: StockVehicle | None, location: Location
) -> tuple[Intent, ...]:
    """The copies for the trade-in desk, in addition to the lead (R45) and at once (Q20)."""
    if RequestType.TRADE_IN not in types and prospect.trade_in is None:
        case.trace.passed("R42", None, "not a trade-in request")
        return ()
    if (reference := vehicle_reference(prospect, stock)) is not None:
        case.trace.passed("R44", reference, "the customer also asks for a vehicle: an ordinary request with trade-in")
        return ()
    if not location.trade_in_cc:
        case.trace.passed("R45", None, f"{location.code} names no address for trade-in requests: lead only")
        return ()
    why = "trade-in request without a vehicle of ours"
    case.trace.matched("R42", len(location.trade_in_cc), f"{why}: the trade-in desk gets a copy")
    return tuple(
        Intent(MailKind.TRADE_IN_CC, Recipient(Role.ADDRESS, address), case.now, why)
        for address in location.trade_in_cc
    )


def vehicle_reference(prospect: Prospect, stock: StockVehicle | None) -> str | None:
    """What ties the request to a vehicle on offer, or None (R43).

    A number that our stock does not know is a reference too: the customer meant a vehicle (R46). So is a vehicle
    without number where the mail says that it asks for one. The customer's own car never is.
    """
    if stock is not None:
        return stock.internal_number
    if prospect.vehicle is None:
        return None
    if prospect.vehicle.references:
        return prospect.vehicle.references[0]
    named = prospect.vehicle.title or prospect.vehicle.make
    return named if RequestType.VEHICLE_INQUIRY in prospect.request_types else None
