"""The colour of a lead in lists (R122)."""

from datetime import datetime, timedelta
from enum import StrEnum

from leadmaild.model.lead import LeadState


class Colour(StrEnum):
    """The state shown in lists; `none` for closed leads (R122)."""

    OK = "ok"
    WARNING = "warning"
    OVERDUE = "overdue"
    NONE = "none"


def colour_of(state: LeadState, due_at: datetime | None, reminder: timedelta | None, now: datetime) -> Colour:
    """The colour at `now`; `reminder` is the location's span, for follow-ups too (R122).

    It follows `due_at`, not `send_at`, and so is right outside the hours and on days off. An open lead without a due
    date is ok (R129).
    """
    if state is LeadState.CLOSED:
        return Colour.NONE
    if due_at is None:
        return Colour.OK
    if now >= due_at:
        return Colour.OVERDUE
    if reminder and now >= due_at - reminder:
        return Colour.WARNING
    return Colour.OK
