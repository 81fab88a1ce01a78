"""Mails that leave: what composing may see, what a transport is handed, and what it answers."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from leadmaild.model.authentication import Signature
from leadmaild.model.contact import Contact
from leadmaild.model.decision import MailKind
from leadmaild.model.envelope import SenderVerdict
from leadmaild.model.lead import Lead
from leadmaild.model.location import Location
from leadmaild.model.reading import Prospect, Reading
from leadmaild.model.user import Group, User
from leadmaild.model.vehicle import StockVehicle


class OutboxState(StrEnum):
    """Where an outgoing mail stands (interface.md, `queue`)."""

    HELD = "held"  # its time has not come
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DEFERRED = "deferred"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"
    SUPPRESSED = "suppressed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class MailFacts:
    """Everything composing one mail may see. `to` are bare addresses; `to_user` is the user behind the first of them.

    `reply_address` is the location's `local+token@domain`: envelope sender and, for customer mail, Reply-To.
    `loop_mark` is the value of X-Leadmaild-Loop. `on_behalf_of` names the absent assignee when a representative is
    told (R146). `events` is filled for a digest: the facts of each notice merged into it (R28).
    """

    kind: MailKind
    location: Location
    now: datetime
    message_id: str
    to: tuple[str, ...]
    reply_address: str
    loop_mark: str
    hostname: str
    sender_mailbox: str  # the From address: the location's mailbox, or the mailbox that received the mail (R31)
    lead: Lead | None = None
    lead_url: str = ""
    contact_url: str = ""
    contact: Contact | None = None
    prospect: Prospect | None = None
    source_name: str = ""
    stock: StockVehicle | None = None
    assignee: User | None = None
    to_user: User | None = None
    on_behalf_of: User | None = None
    group: Group | None = None
    language: str = "de"
    due_at: datetime | None = None
    original: bytes | None = None  # the mail that came in, for redirects, notices and threading
    original_reading: Reading | None = None
    original_sender_verdict: SenderVerdict = SenderVerdict.UNAUTHENTICATED
    original_signatures: tuple[Signature, ...] = ()  # of its author's domain, verified as the mail came in
    original_received_at: datetime | None = None
    reason: str = ""
    text: str = ""  # the new words of the customer (customer_message), or of the seller (answer)
    attachment: str = ""  # answer: "expose" or a file
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    events: tuple["MailFacts", ...] = ()


@dataclass(frozen=True, slots=True)
class ComposedMail:
    """One mail ready to leave: RFC 5322 bytes with CRLF line ends, and what the queue shows of it.

    `notes` says what went wrong without stopping the mail (a PDF that could not be made: PF62).
    """

    message_id: str
    subject: str
    raw: bytes
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """What a transport is handed: envelope and content."""

    message_id: str
    reverse_path: str
    recipients: tuple[str, ...]
    raw: bytes


class Delivery(StrEnum):
    """What became of one recipient in one attempt. The same four words everywhere."""

    DELIVERED = "delivered"
    DEFERRED = "deferred"  # 4yz, no connection: try again
    REFUSED = "refused"  # 5yz: final (PF54)
    IN_DOUBT = "in_doubt"  # the connection was lost after the final dot (PF55)


_CODE = re.compile(r"[2-5]\d\d(?=[ -]|$)")


@dataclass(frozen=True, slots=True)
class RecipientResult:
    """The result for one recipient: the delivery, and the relay's reply as `code enhanced text`."""

    recipient: str
    delivery: Delivery
    reply: str = ""


@dataclass(frozen=True, slots=True)
class SendResult:
    """The result of one attempt, recipient by recipient."""

    recipients: tuple[RecipientResult, ...] = field(default_factory=tuple)

    @property
    def last_reply(self) -> str:
        """The reply worth showing: the first that is not a delivery, else the last one."""
        bad = [r.reply for r in self.recipients if r.delivery is not Delivery.DELIVERED]
        return (bad or [r.reply for r in self.recipients] or [""])[0]

    @property
    def last_code(self) -> str | None:
        """The three digits of that reply; None where no mail server spoke, and the words are ours."""
        found = _CODE.match(self.last_reply)
        return found[0] if found else None
