"""The database as the steps see it: a transaction with one store a subject. storage/ meets these Protocols; what each
method promises is written there, once."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, Protocol

from leadmaild.model.contact import Contact
from leadmaild.model.decision import Intent, JoinLead, MailKind, OpenLead
from leadmaild.model.lead import ActivityKind, ArmedTimer, Lead, Outcome, Timer
from leadmaild.model.outgoing import ComposedMail, OutboxState, SendResult
from leadmaild.model.reading import Person, Prospect, Reading, VehicleText
from leadmaild.model.snapshot import AnswerHistory, Roster, TurnKey
from leadmaild.model.trace import RuleTrace
from leadmaild.model.user import Group, User
from leadmaild.model.vehicle import StockVehicle
from leadmaild.model.work import AcceptedMail, Claim, JournalEntry, OutboxItem, OutboxOrigin, SentMail


class JournalStore(Protocol):
    """storage.journal_store"""

    async def add(self, mails: Sequence[AcceptedMail]) -> None: ...
    async def claim(self, now: datetime, owner: str, limit: int) -> tuple[JournalEntry, ...]: ...
    async def first_with_content(self, entry: JournalEntry, content_key: str, now: datetime) -> int | None: ...
    async def seen_with_content(self, location: str, content_key: str, now: datetime) -> int | None: ...
    async def settle(
        self,
        held: Claim,
        outcome: Outcome,
        reason: str,
        now: datetime,
        *,
        reading: Reading | None = None,
        trace: tuple[RuleTrace, ...] = (),
        lead: int | None = None,
    ) -> None: ...
    async def reading_of(self, journal_id: int) -> Reading | None: ...
    async def put_back(self, held: Claim, run_at: datetime, error: str) -> None: ...
    async def content_of(self, journal_id: int) -> JournalEntry | None: ...


class ContactStore(Protocol):
    """storage.contact_store"""

    async def by_id(self, contact_id: int) -> Contact | None: ...
    async def find(self, location: str, email: str | None, phones: Iterable[str]) -> Contact | None: ...
    async def create(
        self, location: str, person: Person, *, verified: bool, language: str | None, now: datetime
    ) -> int: ...
    async def complete(self, contact_id: int, location: str, person: Person) -> None: ...
    async def note_latest_user(self, contact_id: int, username: str) -> None: ...


class LeadStore(Protocol):
    """storage.lead_store"""

    async def by_number(self, number: int) -> Lead | None: ...
    async def by_numbers(self, numbers: Sequence[int]) -> dict[int, Lead]: ...
    async def prospect(self, number: int) -> Prospect | None: ...
    async def open_of(self, contact_id: int) -> tuple[Lead, ...]: ...
    async def last_closed_of(self, contact_id: int) -> Lead | None: ...
    async def of_conversation(self, prospect: Prospect) -> tuple[Lead, ...]: ...
    async def open(
        self,
        step: OpenLead,
        contact_id: int,
        journal_id: int,
        subject: str,
        *,
        needs_review: bool,
        arrived_at: datetime,
    ) -> int: ...
    async def join(self, step: JoinLead, journal_id: int, now: datetime) -> None: ...
    async def record(
        self,
        number: int,
        kind: ActivityKind,
        at: datetime,
        *,
        by: str = "",
        text: str = "",
        journal_id: int | None = None,
        outbox_id: int | None = None,
        details: dict[str, Any] | None = None,
    ) -> None: ...
    async def record_sent(self, item: OutboxItem, now: datetime) -> None: ...
    async def timers_of(self, number: int) -> tuple[Timer, ...]: ...


class TimerStore(Protocol):
    """storage.timer_store"""

    async def due(self, now: datetime, limit: int) -> tuple[ArmedTimer, ...]: ...
    async def next_at(self) -> datetime | None: ...
    async def of_leads(self, numbers: Sequence[int]) -> tuple[ArmedTimer, ...]: ...
    async def arm(self, number: int, location: str, cycle: int, base_at: datetime, timers: Sequence[Timer]) -> None: ...
    async def put(self, timer_id: int, now_is: Timer) -> None: ...
    async def try_later(self, timer_id: int, run_at: datetime) -> None: ...
    async def end_cycles(self, number: int, now: datetime, why: str) -> None: ...
    async def end_follow_ups(self, number: int, why: str) -> None: ...
    async def end_all(self, number: int, why: str) -> None: ...
    async def refresh_due(self, numbers: Sequence[int]) -> None: ...
    async def with_open_targets(self, location: str, after: int, limit: int) -> tuple[int, ...]: ...


class OutboxStore(Protocol):
    """storage.outbox_store"""

    async def add(
        self, intent: Intent, origin: OutboxOrigin, now: datetime, details: dict[str, Any] | None = None
    ) -> int | None: ...
    async def claim(self, now: datetime, owner: str, limit: int) -> tuple[OutboxItem, ...]: ...
    async def next_run_at(self) -> datetime | None: ...
    async def start_sending(
        self, held: Claim, mail: ComposedMail, token: str, to_addresses: Sequence[str], now: datetime
    ) -> None: ...
    async def settle(
        self,
        held: Claim,
        state: OutboxState,
        now: datetime,
        *,
        result: SendResult | None = None,
        run_at: datetime | None = None,
        why: str | None = None,
        **values: Any,
    ) -> None: ...
    async def answer_history(
        self, address: str, location: str, vehicle_key: str, now: datetime, *, is_suppressed: bool
    ) -> AnswerHistory: ...
    async def find_sent(self, message_ids: Sequence[str], token: str | None) -> SentMail | None: ...
    async def state_of(self, queue_id: int) -> OutboxState | None: ...
    async def requeue(self, queue_id: int, now: datetime) -> bool: ...
    async def cancel(self, queue_id: int, why: str) -> bool: ...
    async def cancel_of_lead(self, number: int, kinds: Sequence[MailKind], why: str) -> None: ...


class PeopleStore(Protocol):
    """storage.people_store"""

    async def roster(
        self, users: Mapping[str, User], groups: Sequence[Group], locations: Sequence[str], now: datetime
    ) -> Roster: ...
    async def lock_turns(self, locations: Sequence[str], groups: Sequence[Group], now: datetime) -> None: ...
    async def move_turn(self, key: TurnKey, members: Sequence[str], now: datetime) -> None: ...


class StockStore(Protocol):
    """storage.stock_store"""

    async def match(self, text: VehicleText) -> tuple[StockVehicle | None, int]: ...
    async def by_number(self, internal_number: str) -> StockVehicle | None: ...


class InstallationStore(Protocol):
    """storage.installation_store"""

    async def secret(self, name: str, make: Callable[[], bytes], now: datetime) -> bytes: ...
    async def value(self, name: str) -> bytes | None: ...
    async def keep(self, name: str, value: bytes, now: datetime) -> None: ...
    async def suppress(self, address: str, key: bytes, reason: str, now: datetime) -> None: ...
    async def is_suppressed(self, address: str, key: bytes) -> bool: ...


class Transaction(Protocol):
    """One transaction; what was not committed when the block is left has not happened."""

    @property
    def journal(self) -> JournalStore:
        """Mails taken in."""
        ...

    @property
    def contacts(self) -> ContactStore:
        """Customers."""
        ...

    @property
    def leads(self) -> LeadStore:
        """Leads with their activities and timers."""
        ...

    @property
    def timers(self) -> TimerStore:
        """The clock's events."""
        ...

    @property
    def outbox(self) -> OutboxStore:
        """Mails that leave."""
        ...

    @property
    def people(self) -> PeopleStore:
        """Run-time state of users."""
        ...

    @property
    def stock(self) -> StockStore:
        """Stock vehicles."""
        ...

    @property
    def installation(self) -> InstallationStore:
        """What the installation keeps about itself."""
        ...

    async def commit(self) -> None:
        """Make everything durable; the last statement of every step."""
        ...

    def savepoint(self) -> AbstractAsyncContextManager[None]:
        """What happens inside is undone alone if it raises. Raises Conflict for a lost race on a unique key."""
        ...


class Database(Protocol):
    """Opens transactions and views. Raises errors.Unavailable when the database is not to be had."""

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """A transaction for writing; rolled back unless committed."""
        ...

    def view(self) -> AbstractAsyncContextManager[Transaction]:
        """The same stores for looking only."""
        ...
