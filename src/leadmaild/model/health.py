"""How the gateway is doing: what was found (facts), what follows from it (checks), and the worst of that."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class HealthStatus(StrEnum):
    """Better to worse. `failing` means that no mail can be taken in now; senders keep it and come again."""

    OK = "ok"
    DEGRADED = "degraded"
    FAILING = "failing"

    @property
    def level(self) -> int:
        """0 is ok; more is worse."""
        return list(HealthStatus).index(self)


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """Outgoing mails of one state: how many, the oldest by its making, and the one due first."""

    count: int
    oldest_at: datetime
    first_due_at: datetime


@dataclass(frozen=True, slots=True)
class MailboxStanding:
    """When a watched mailbox was last looked through, and why it cannot be reached since `lost_at`; "" = it can."""

    last_success_at: datetime | None = None
    problem: str = ""
    lost_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What the database says of work that waits. Instants are UTC; None: there is none."""

    mails_waiting: int
    oldest_waiting_at: datetime | None
    set_aside: int
    queue: Mapping[str, QueueDepth]
    in_doubt: int
    failed: int
    leads_open: int
    next_timer_at: datetime | None
    last_received_at: datetime | None
    mailboxes: Mapping[str, MailboxStanding]


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a judgement of the gateway's health may see.

    `standing` None: the database is not to be had. `free_bytes` None: the disk is not ours to watch. `unreachable`:
    mail servers that could not be reached, since when. `mailboxes`: the names of those that are watched.
    """

    started_at: datetime
    standing: Standing | None
    free_bytes: int | None = None
    least_bytes: int = 0
    unreachable: Mapping[str, datetime] = field(default_factory=dict)
    mailboxes: tuple[str, ...] = ()
    has_rejected_settings: bool = False
    is_draining: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at; `about` names the mailbox or mail server where there are several. `why` names nobody."""

    name: str
    status: HealthStatus
    why: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """The gateway at one instant."""

    at: datetime
    facts: Facts
    checks: tuple[Check, ...]

    @property
    def status(self) -> HealthStatus:
        """The worst of the checks."""
        return max((check.status for check in self.checks), key=lambda status: status.level, default=HealthStatus.OK)
