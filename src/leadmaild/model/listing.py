"""What lists and single views show of rows: values for people and scripts, made of several tables."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from leadmaild.model.contact import Contact
from leadmaild.model.lead import Timer
from leadmaild.model.reading import Prospect


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One mail taken in, as `journal list` shows it; `trace` and `evidence` are filled by `journal show`."""

    id: int
    message_id: str
    location: str
    mailbox: str
    received_at: datetime
    channel: str
    from_address: str | None
    subject: str | None
    outcome: str | None
    reason: str | None
    source: str | None
    lead: int | None
    attempts: int
    last_error: str | None = None
    sender_verdict: str = ""
    trace: tuple[Mapping[str, Any], ...] = ()
    evidence: tuple[str, ...] = ()  # what the verdict on the sender rests on


@dataclass(frozen=True, slots=True)
class ActivityLine:
    """One activity of a lead."""

    kind: str
    at: datetime
    by: str
    text: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LeadLine:
    """One lead, as `leads list` and `leads show` show it."""

    number: int
    location: str
    received_location: str
    source: str
    subject: str | None
    types: tuple[str, ...]
    contact: Contact
    prospect: Prospect | None
    stock_number: str | None
    assignee: str
    assignment_reason: str
    group: str
    state: str
    needs_review: bool
    arrived_at: datetime
    due_at: datetime | None
    due_kind: str | None
    cycle: int
    completion_reason: str | None
    closed_at: datetime | None
    previous_lead: int | None
    last_active_at: datetime
    timers: tuple[Timer, ...] = ()
    activities: tuple[ActivityLine, ...] = ()


@dataclass(frozen=True, slots=True)
class LeadFilter:
    """What `leads list` narrows by; None = any. `text` is searched in names, addresses and numbers (R121)."""

    location: str | None = None
    assignee: str | None = None
    state: str | None = None
    source: str | None = None
    text: str | None = None
    due_before: datetime | None = None
    due_from: datetime | None = None
    needs_review: bool | None = None
    contact_id: int | None = None


@dataclass(frozen=True, slots=True)
class QueueLine:
    """One outgoing mail, as `queue list` shows it; `raw` and `results` are filled by `queue show`."""

    id: int
    kind: str
    location: str
    lead: int | None
    journal_id: int | None
    recipient: str
    to: tuple[str, ...]
    state: str
    why: str
    created_at: datetime
    not_before: datetime
    sent_at: datetime | None
    attempts: int
    last_reply: str | None
    message_id: str | None
    subject: str | None
    results: Mapping[str, Any] = field(default_factory=dict)
    raw: bytes | None = None


@dataclass(frozen=True, slots=True)
class SettingLine:
    """One change in the settings log (R183)."""

    at: datetime
    who: str
    location: str
    key: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class LeftAt:
    """What is not over yet at one location: open leads, mails that wait to be read, mails that wait to leave."""

    leads: int
    mails: int
    queued: int


@dataclass(frozen=True, slots=True)
class Depths:
    """How much waits and how old it is (PF67): by state the count and the oldest instant."""

    journal: Mapping[str, tuple[int, datetime | None]]
    outbox: Mapping[str, tuple[int, datetime | None]]
    leads_open: int
    next_timer_at: datetime | None
    last_received_at: datetime | None
