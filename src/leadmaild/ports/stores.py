"""The database as the steps see it: a transaction with one store a subject. storage/ meets these Protocols; what each
method promises is written there, once."""

from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Protocol

from leadmaild.ports.dealer_stores import CalendarStore, PeopleStore, StockStore
from leadmaild.ports.installation_stores import (
    BalanceStore,
    FutureStore,
    InstallationStore,
    NodeLeaseStore,
    StandingStore,
)
from leadmaild.ports.lead_stores import ContactStore, LeadChanges, LeadStore, TimerStore
from leadmaild.ports.mail_stores import (
    JournalChanges,
    JournalStore,
    MailboxStore,
    NoticeStore,
    OutboxStore,
    SourceStore,
)
from leadmaild.ports.privacy_stores import ErasureStore, PersonDocuments, PersonStore, RetentionStore, SuppressionStore


class Transaction(Protocol):
    """One transaction; what was not committed when the block is left has not happened."""

    @property
    def journal(self) -> JournalStore:
        """Mails taken in."""
        ...

    @property
    def calendar(self) -> CalendarStore:
        """Days off set at run time."""
        ...

    @property
    def journal_changes(self) -> JournalChanges:
        """What people do with mails taken in."""
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
    def lead_changes(self) -> LeadChanges:
        """What people do to leads."""
        ...

    @property
    def timers(self) -> TimerStore:
        """The clock's events."""
        ...

    @property
    def notices(self) -> NoticeStore:
        """How many notices our people had lately."""
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
    def sources(self) -> SourceStore:
        """What the sources of leads have sent."""
        ...

    @property
    def stock(self) -> StockStore:
        """Stock vehicles."""
        ...

    @property
    def mailboxes(self) -> MailboxStore:
        """Watched mailboxes."""
        ...

    @property
    def future(self) -> FutureStore:
        """What waits for a moment no right clock would have set."""
        ...

    @property
    def node_leases(self) -> NodeLeaseStore:
        """Work that one node does at a time."""
        ...

    @property
    def installation(self) -> InstallationStore:
        """What the installation keeps about itself."""
        ...

    @property
    def suppression(self) -> SuppressionStore:
        """Addresses that get no automatic mail."""
        ...

    @property
    def persons(self) -> PersonStore:
        """Where a person is named."""
        ...

    @property
    def person_documents(self) -> PersonDocuments:
        """What is kept about a person."""
        ...

    @property
    def erasure(self) -> ErasureStore:
        """Takes what is personal out of rows."""
        ...

    @property
    def retention(self) -> RetentionStore:
        """What has been kept long enough."""
        ...

    @property
    def balance(self) -> BalanceStore:
        """What must add up."""
        ...

    @property
    def standing(self) -> StandingStore:
        """What waits, and since when."""
        ...

    async def commit(self) -> None:
        """Make everything durable; the last statement of every step."""
        ...

    def translating(self) -> AbstractContextManager[None]:
        """What the database does to us inside comes out as Unavailable, apart from bugs of ours."""
        ...

    def savepoint(self) -> AbstractAsyncContextManager[None]:
        """What happens inside is undone alone if it raises. Raises Conflict for a lost race on a unique key."""
        ...


class Database(Protocol):
    """Opens transactions and views. Raises errors.Unavailable when the database is not to be had."""

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """A transaction for writing; rolled back unless committed."""
        ...

    async def empty_log(self) -> bool:
        """Have what was erased gone from the database's log as well; False if that must wait for somebody who reads."""
        ...

    def view(self) -> AbstractAsyncContextManager[Transaction]:
        """The same stores for looking only."""
        ...
