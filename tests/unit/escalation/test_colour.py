"""The colour of a lead by its due date (R122, R129)."""

import pytest

from leadmaild.escalation.colour import Colour, colour_of
from leadmaild.model.lead import LeadState

from .build import instant, minutes

DUE = instant("2026-03-08 10:30")  # a Sunday: colours do not wait for opening


@pytest.mark.rule("R122")
@pytest.mark.parametrize(
    ("reminder", "now", "colour"),
    [
        (30, "2026-03-08 09:59:59", Colour.OK),
        (30, "2026-03-08 10:00", Colour.WARNING),
        (30, "2026-03-08 10:29:59", Colour.WARNING),
        (30, "2026-03-08 10:30", Colour.OVERDUE),
        (None, "2026-03-08 10:29:59", Colour.OK),
        (0, "2026-03-08 10:29:59", Colour.OK),
        (None, "2026-03-08 10:30", Colour.OVERDUE),
    ],
)
def test_colour_follows_the_due_date(reminder, now, colour):
    span = None if reminder is None else minutes(reminder)
    assert colour_of(LeadState.OPEN, DUE, span, instant(now)) is colour


@pytest.mark.rule("R122")
def test_a_closed_lead_has_no_colour():
    assert colour_of(LeadState.CLOSED, DUE, minutes(30), DUE) is Colour.NONE


@pytest.mark.rule("R129")
def test_an_open_lead_without_a_due_date_is_ok():
    assert colour_of(LeadState.OPEN, None, minutes(30), DUE) is Colour.OK
