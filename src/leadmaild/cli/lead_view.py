"""A lead as lists and scripts see it (interface.md, `leads list`)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from leadmaild.cli.output import instant, money
from leadmaild.cli.session import zone_of
from leadmaild.config.model import Settings
from leadmaild.escalation.colour import colour_of
from leadmaild.model.contact import Contact
from leadmaild.model.lead import LeadState, Timer
from leadmaild.model.listing import LeadLine
from leadmaild.model.location import Location
from leadmaild.model.reading import Money, VehicleText

LIST_COLUMNS = (
    "number",
    "contact",
    "type",
    "assignee",
    "source",
    "vehicle",
    "last_activity",
    "due_at",
    "colour",
    "state",
)


def row(line: LeadLine, chosen: Settings, now: datetime) -> dict[str, Any]:
    """One lead in a list."""
    zone = zone_of(chosen, line.location)
    location = chosen.locations.get(line.location)
    reminder = location.escalation.reminder if location else None
    user = chosen.users.get(line.assignee)
    prospect = line.prospect
    return {
        "number": line.number,
        "location": line.location,
        "received_location": line.received_location,
        "source": line.source,
        "source_provider": prospect.source_provider if prospect else None,
        "type": line.types[0] if line.types else "other",
        "types": list(line.types),
        "subject": line.subject,
        "contact": contact_row(line.contact),
        "vehicle": _vehicle(prospect.vehicle if prospect else None, line.stock_number),
        "trade_in": _vehicle(prospect.trade_in if prospect else None, None),
        "message": prospect.message if prospect else None,
        "assignee": line.assignee,
        "assignee_name": user.shown_as(location.user_name_display) if user and location else line.assignee,
        "assignment_reason": line.assignment_reason,
        "group": line.group or None,
        "state": line.state,
        "needs_review": line.needs_review,
        "arrived_at": instant(line.arrived_at, zone),
        "last_activity": instant(line.last_active_at, zone),
        "due_at": instant(line.due_at, zone),
        "due_kind": line.due_kind,
        "colour": str(colour_of(LeadState(line.state), line.due_at, reminder, now)),
        "cycle": line.cycle,
        "completion_reason": line.completion_reason,
        "completion_reason_name": _reason_name(line.completion_reason, location),
        "previous_lead": line.previous_lead,
        "activities": [
            {"kind": a.kind, "at": instant(a.at, zone), "by": a.by or None, "text": a.text, **a.details}
            for a in line.activities
        ],
    }


def detail(line: LeadLine, chosen: Settings, now: datetime) -> dict[str, Any]:
    """One lead alone, with its timers."""
    zone = zone_of(chosen, line.location)
    return row(line, chosen, now) | {"timers": [timer_row(timer, zone) for timer in line.timers]}


def timer_row(timer: Timer, zone: str) -> dict[str, Any]:
    """One event of the clock as printed wherever one is shown."""
    return {
        "kind": str(timer.kind),
        "due_at": instant(timer.due_at, zone),
        "effective_at": instant(timer.effective_at, zone),
        "send_at": instant(timer.send_at, zone),
        "state": str(timer.state),
        "why": timer.why,
    }


def _reason_name(key: str | None, location: Location | None) -> str | None:
    """The reason as it is called today (R131): a lead stores its key, also one that is hidden now."""
    reasons = location.completion_reasons if location else ()
    return next((reason.name for reason in reasons if reason.key == key), key)


def contact_row(contact: Contact) -> dict[str, Any]:
    """A contact as leads show it; one that was erased is an object of nulls (R181)."""
    full = " ".join(part for part in (contact.first_name, contact.last_name) if part)
    shown: dict[str, Any] = {
        "id": contact.id,
        "name": contact.name or full or contact.company,
        "company": contact.company,
        "email": contact.email,
        "phones": list(contact.phones),
    }
    return dict.fromkeys(shown) if contact.is_erased else shown


def _vehicle(vehicle: VehicleText | None, stock_number: str | None) -> dict[str, Any] | None:
    if vehicle is None:
        return None
    named = ("title", "make", "model", "internal_number", "ad_id", "offer_number", "url", "year", "first_registration",
             "mileage", "mileage_unit", "vin", "condition")  # fmt: skip
    shown: dict[str, Any] = {name: getattr(vehicle, name) for name in named}
    shown["title"] = shown["title"] or " ".join(p for p in (vehicle.make, vehicle.model) if p) or None
    return shown | {"price": _money(vehicle.price), "stock_number": stock_number}


def _money(value: Money | None) -> Mapping[str, Any] | None:
    return None if value is None else {"amount": money(value.amount), "currency": value.currency}
