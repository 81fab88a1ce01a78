"""Rows that wait for work, as values: journal entries, outgoing mails; and the claim on one of them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from leadmaild.model.authentication import UNKNOWN, Authentication
from leadmaild.model.decision import MailKind, Recipient
from leadmaild.model.envelope import Envelope
from leadmaild.model.outgoing import OutboxState


@dataclass(frozen=True, slots=True)
class Claim:
    """Our right to change one row until the lease runs out. `claims` counts how often the row was taken."""

    row_id: int
    token: int
    claims: int


@dataclass(frozen=True, slots=True)
class AcceptedMail:
    """One mail on its way into the journal: an entry for each (location, mailbox) addressed."""

    message_id: str  # ours
    envelope: Envelope
    content: bytes
    entries: tuple[tuple[str, str], ...]  # (location code, forward-path)


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One accepted mail for one location, claimed for intake."""

    claim: Claim
    message_id: str  # ours, the same for every location addressed
    location: str
    mailbox: str
    envelope: Envelope
    content: bytes
    lead: int | None = None  # what it became when it was read before
    authentication: Authentication = UNKNOWN  # what the sender's check came to, once there was one

    @property
    def id(self) -> int:
        """The journal id."""
        return self.claim.row_id


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """One outgoing mail, claimed for delivery."""

    claim: Claim
    cause: str
    kind: MailKind
    recipient: Recipient
    location: str
    sender_mailbox: str
    state: OutboxState
    run_at: datetime
    created_at: datetime
    lead: int | None = None
    cycle: int | None = None
    journal_id: int | None = None
    why: str = ""
    attempts: int = 0
    first_tried_at: datetime | None = None
    token: str | None = None
    message_id: str | None = None
    subject: str | None = None
    to_addresses: tuple[str, ...] = ()
    results: dict[str, str] = field(default_factory=dict)  # address -> Delivery of what is settled already
    raw: bytes | None = None
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> int:
        """The queue id."""
        return self.claim.row_id


@dataclass(frozen=True, slots=True)
class OutboxOrigin:
    """What an intent belongs to: its cause (unique with kind and recipient), location, lead and mail."""

    cause: str
    location: str
    sender_mailbox: str
    lead: int | None = None
    cycle: int | None = None
    journal_id: int | None = None
    vehicle_key: str = ""


@dataclass(frozen=True, slots=True)
class SentMail:
    """A mail of ours that somebody's mail refers to."""

    id: int
    lead: int | None
    customer_address: str | None


@dataclass(frozen=True, slots=True)
class RecentNotices:
    """How many notices went to one of our people within the last hour, and when the last one did."""

    count: int
    last_at: datetime
