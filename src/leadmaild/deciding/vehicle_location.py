"""Where the vehicle stands decides whose settings apply (R55-R58). Two switches, independent of each other."""

from leadmaild.deciding.case import Case
from leadmaild.model.location import Location
from leadmaild.model.vehicle import StockVehicle


def for_distribution(case: Case, vehicle: StockVehicle | None) -> Location:
    """The location whose lead this becomes (R55). The move comes first: everything after it is the target's, its
    hours, pool, templates and existing-contact switch. One move, no chain: the target's own switch is not asked (R56).
    """
    return _moved(case, vehicle, "R55", case.receiving.vehicle_location_for_distribution)


def for_redirect(case: Case, vehicle: StockVehicle | None) -> Location:
    """The location whose redirect rules apply (R57)."""
    return _moved(case, vehicle, "R57", case.receiving.vehicle_location_for_redirect)


def _moved(case: Case, vehicle: StockVehicle | None, rule: str, is_on: bool) -> Location:
    receiving, trace = case.receiving, case.trace
    what = "lead" if rule == "R55" else "redirect"
    if not is_on:
        trace.passed(rule, False, f"the {what} stays with {receiving.code}: the switch is off")
        return receiving
    if vehicle is None or not vehicle.location:
        trace.passed("R58", None, f"no vehicle in stock with a known location: the {what} stays with {receiving.code}")
        return receiving
    target = case.snapshot.locations.get(vehicle.location)
    if target is None:
        trace.passed("R58", vehicle.location, f"not one of our locations: the {what} stays with {receiving.code}")
        return receiving
    if target.code == receiving.code:
        trace.passed("R58", vehicle.location, "the vehicle stands where the mail came in")
        return receiving
    trace.matched(rule, target.code, f"the vehicle stands at {target.code}: its settings apply to the {what}")
    return target
