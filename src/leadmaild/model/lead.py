"""Leads and the words of their life: outcome of a mail, state, reason of the assignment, activities, timers."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from leadmaild.model.reading import RequestType, VehicleText


class Outcome(StrEnum):
    """In what an accepted mail ended; exactly one each, with a reason (rules.md 3.6)."""

    LEAD = "lead"
    JOINED = "joined"
    MANUAL_REVIEW = "manual_review"
    UNPARSED = "unparsed"
    DUPLICATE = "duplicate"
    AUTO_REPLY = "auto_reply"
    BOUNCE = "bounce"
    LOOP = "loop"
    SPAM = "spam"
    IGNORED = "ignored"
    SET_ASIDE = "set_aside"


class LeadState(StrEnum):
    """Open until completed (R126)."""

    OPEN = "open"
    CLOSED = "closed"


class AssignmentReason(StrEnum):
    """Why the assignee is who he is."""

    CONTACT_USER = "contact_user"
    REPRESENTATIVE = "representative"
    ROLLING = "rolling"
    GROUP = "group"
    POOL = "pool"
    FALLBACK = "fallback"
    ADMIN = "admin"
    MANUAL = "manual"
    CLAIM = "claim"


class ActivityKind(StrEnum):
    """What can happen on a lead."""

    MAIL_IN = "mail_in"
    MAIL_OUT = "mail_out"
    AUTORESPONDER = "autoresponder"
    NOTE = "note"
    CALL = "call"
    ASSIGNEE_CHANGE = "assignee_change"
    FOLLOW_UP = "follow_up"
    ESCALATION = "escalation"
    MERGE = "merge"
    EDIT = "edit"
    CLOSE = "close"
    REOPEN = "reopen"


class TimerKind(StrEnum):
    """The events of the escalation clock (R13-R16, R61)."""

    REMINDER = "reminder"
    STAGE1 = "stage1"
    STAGE2 = "stage2"
    FOLLOW_UP = "follow_up"
    FOLLOW_UP_STAGE2 = "follow_up_stage2"


class TimerState(StrEnum):
    """Where a timer stands; it leaves `pending` once and for all (R26)."""

    PENDING = "pending"
    FIRED = "fired"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Timer:
    """One event of one cycle of one lead. Instants are UTC: pure arithmetic, then moved past days off, then to the
    next opening (R19)."""

    kind: TimerKind
    due_at: datetime
    effective_at: datetime
    send_at: datetime
    state: TimerState = TimerState.PENDING
    why: str = ""


@dataclass(frozen=True, slots=True)
class Lead:
    """A lead as the core sees it. Instants are UTC."""

    number: int
    location: str
    contact_id: int
    source: str
    state: LeadState
    assignee: str
    assignment_reason: AssignmentReason
    arrived_at: datetime
    last_active_at: datetime
    cycle: int = 1
    received_location: str = ""
    types: tuple[RequestType, ...] = ()
    vehicle: VehicleText | None = None
    stock_number: str | None = None
    conversation_id: str | None = None
    relay_email: str | None = None
    source_lead_id: str | None = None
    message_digest: str | None = None
    group: str = ""  # the distribution group it was given in
    due_at: datetime | None = None  # the earliest open target (R129)
    reacted_at: datetime | None = None  # the last reaction (R24)
    has_running_first_response: bool = False
    addresses: frozenset[str] = field(default_factory=frozenset)  # normalised addresses of its contact
    source_provider: str | None = None  # whom an ADF mail names
    is_erased: bool = False  # what was personal in it is gone (R180, R181)


@dataclass(frozen=True, slots=True)
class ArmedTimer:
    """A timer where it stands: of which cycle of which lead, and `base_at`, what its cycle counts from: the arrival of
    the customer's mail, or the follow-up date."""

    id: int
    lead: int
    location: str
    cycle: int
    base_at: datetime
    timer: Timer
