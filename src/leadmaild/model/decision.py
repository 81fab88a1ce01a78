"""What `decide` returns: the outcome with its reason, what happens to leads, and the mails that shall leave."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from leadmaild.model.lead import AssignmentReason, Lead, Outcome, Timer
from leadmaild.model.reading import Prospect, RequestType
from leadmaild.model.snapshot import TurnKey
from leadmaild.model.trace import RuleTrace
from leadmaild.model.vehicle import StockVehicle


class MailKind(StrEnum):
    """The kinds of mail that leave (interface.md, `queue`)."""

    AUTORESPONSE = "autoresponse"
    ANSWER = "answer"
    REDIRECT = "redirect"
    TRADE_IN_CC = "trade_in_cc"
    UNASSIGNED_NOTICE = "unassigned_notice"
    NEW_LEAD = "new_lead"
    NEW_POOL_LEAD = "new_pool_lead"
    CUSTOMER_MESSAGE = "customer_message"
    RELAYED_REPLY = "relayed_reply"
    REMINDER = "reminder"
    STAGE1 = "stage1"
    STAGE2 = "stage2"
    FOLLOW_UP = "follow_up"
    FOLLOW_UP_STAGE2 = "follow_up_stage2"
    DIGEST = "digest"
    ALARM = "alarm"  # a word scripts may know; never sent: alarms leave by webhook and program (PF66)
    TEMPLATE_TEST = "template_test"  # a preview sent to whoever asked for it (R109)

    @property
    def is_to_customer(self) -> bool:
        """Whether a customer gets it: then it is sent at most once, and in doubt it waits for a person."""
        return self in (MailKind.AUTORESPONSE, MailKind.ANSWER)

    @property
    def is_staff_notice(self) -> bool:
        """Whether a user or supervisor gets it: then opening hours bind it (R18)."""
        return self in _STAFF_NOTICES


_STAFF_NOTICES = frozenset(
    {
        MailKind.NEW_LEAD,
        MailKind.NEW_POOL_LEAD,
        MailKind.CUSTOMER_MESSAGE,
        MailKind.REMINDER,
        MailKind.STAGE1,
        MailKind.STAGE2,
        MailKind.FOLLOW_UP,
        MailKind.FOLLOW_UP_STAGE2,
        MailKind.DIGEST,
    }
)


class Role(StrEnum):
    """Whom an intent is for. Staff roles are resolved when the mail leaves, so that held notices follow the lead."""

    CUSTOMER = "customer"
    ASSIGNEE = "assignee"
    SUPERVISOR = "supervisor"
    POOL_SELLERS = "pool_sellers"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class Recipient:
    """A recipient role; `address` is set for Role.ADDRESS and Role.CUSTOMER."""

    role: Role
    address: str = ""

    @property
    def key(self) -> str:
        """The part of the outbox's unique key (cause, kind, recipient)."""
        return f"{self.role}:{self.address}" if self.address else str(self.role)


@dataclass(frozen=True, slots=True)
class Intent:
    """A mail that shall leave: an outbox row in the making. `not_before` is a UTC instant.

    `withheld_by` names the rule that keeps it in (then it is recorded as suppressed and never leaves).
    """

    kind: MailKind
    recipient: Recipient
    not_before: datetime
    why: str = ""
    withheld_by: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One user looked at for an assignment, and why he was or was not taken."""

    user: str
    eligible: bool
    why: str


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who gets the lead and why. `turn` is set when a turn of a rotation was used: the key, and the new order by
    longest wait."""

    assignee: str
    reason: AssignmentReason
    why: str = ""
    candidates: tuple[Candidate, ...] = ()
    turn: TurnKey | None = None
    new_order: tuple[str, ...] = ()
    group: str = ""
    alarm: str = ""


@dataclass(frozen=True, slots=True)
class OpenLead:
    """Make a new lead at `location` for this prospect. `more` are further enquiries of the same person in the same
    mail (several ADF prospects): they join the lead as activities (R35, R38)."""

    prospect: Prospect
    location: str
    received_location: str
    contact_id: int | None  # None: make a contact
    contact_is_verified: bool
    assignment: Assignment
    types: tuple[RequestType, ...]
    stock: StockVehicle | None = None
    previous_lead: int | None = None
    timers: tuple[Timer, ...] = ()
    intents: tuple[Intent, ...] = ()
    more: tuple[Prospect, ...] = ()


@dataclass(frozen=True, slots=True)
class JoinLead:
    """Add this mail to an open lead (R35, R129)."""

    lead: Lead
    prospect: Prospect | None
    text: str
    why: str
    sender: str | None = None  # who wrote: not always an address of the lead
    new_cycle: bool = False
    stock: StockVehicle | None = None
    timers: tuple[Timer, ...] = ()
    intents: tuple[Intent, ...] = ()


@dataclass(frozen=True, slots=True)
class LeadUpdate:
    """Bring the lead of a mail that was read again up to date; nobody is told, no clock starts (PF59).

    `prospect` is what today's reading found: the contact gets what it lacks of it. With `to_keep` (that, and what was
    found before) the lead itself is written anew; None: the mail had joined the lead and does not change it.
    """

    lead: Lead
    prospect: Prospect
    contact_is_verified: bool
    to_keep: Prospect | None = None
    source: str = ""
    types: tuple[RequestType, ...] = ()
    stock: StockVehicle | None = None
    is_reviewed: bool = False  # nothing is left that a person must look at


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done with one mail: pure result of `decide(reading, envelope, snapshot, now)`."""

    outcome: Outcome
    reason: str
    steps: tuple[OpenLead | JoinLead, ...] = ()
    intents: tuple[Intent, ...] = ()  # of the mail itself: redirects, notices of mail that makes no lead
    trace: tuple[RuleTrace, ...] = ()
    suppress_address: str = ""  # a hard bounce named it (AR-24)
    bounced_outbox_id: int | None = None
    needs_review: bool = False
    noted_on: int | None = None  # keep the words as a note on this lead, by this user
    noted_by: str = ""
    update: LeadUpdate | None = None  # of a mail that was read before; then there are no steps
    is_erased: bool = False  # nothing of the mail is kept but that it came (R181)
    alarms: tuple[str, ...] = ()  # of the mail; that of an assignment stands there
