"""The due date of a lead and its colour in lists (R122, R129)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from leadmaild.model.lead import LeadState, TimerKind


class Colour(StrEnum):
    """The state shown in lists; `none` for closed leads (R122)."""

    OK = "ok"
    WARNING = "warning"
    OVERDUE = "overdue"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Target:
    """A moment at which a reaction must be there: the end of stage 1, or a follow-up date (kind STAGE1, FOLLOW_UP)."""

    due_at: datetime
    kind: TimerKind


def earliest_target(open_targets: Iterable[Target]) -> Target | None:
    """The target that makes `due_at` and `due_kind` of a lead: the earliest that is open (R129); None = no due date."""
    return min(open_targets, key=lambda target: target.due_at, default=None)


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
