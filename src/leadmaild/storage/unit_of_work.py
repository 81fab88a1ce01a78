"""The unit of work: one transaction with a store for each subject; rolled back unless committed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from datetime import timedelta

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from leadmaild.errors import Conflict, Unavailable
from leadmaild.storage.balance_store import BalanceStore
from leadmaild.storage.calendar_store import CalendarStore
from leadmaild.storage.claim import LEASE
from leadmaild.storage.connection import AsyncConnection
from leadmaild.storage.contact_store import ContactStore
from leadmaild.storage.engine import empty_log, is_sqlite, read_engine, write_engine
from leadmaild.storage.erasure_store import ErasureStore
from leadmaild.storage.future_store import FutureStore
from leadmaild.storage.installation_store import InstallationStore
from leadmaild.storage.journal_changes import JournalChanges
from leadmaild.storage.journal_store import JournalStore
from leadmaild.storage.lead_changes import LeadChanges
from leadmaild.storage.lead_store import LeadStore
from leadmaild.storage.listings import Listings
from leadmaild.storage.mailbox_store import MailboxStore
from leadmaild.storage.node_lease_store import NodeLeaseStore
from leadmaild.storage.notice_store import NoticeStore
from leadmaild.storage.outbox_store import OutboxStore
from leadmaild.storage.people_store import PeopleStore
from leadmaild.storage.person_documents import PersonDocuments
from leadmaild.storage.person_store import PersonStore
from leadmaild.storage.retention_store import RetentionStore
from leadmaild.storage.source_store import SourceStore
from leadmaild.storage.standing_store import StandingStore
from leadmaild.storage.stock_store import StockStore
from leadmaild.storage.suppression_store import SuppressionStore
from leadmaild.storage.timer_store import TimerStore


class Transaction:
    """The stores of one transaction. What was not committed when the block is left has not happened."""

    def __init__(self, connection: AsyncConnection, *, locks: bool, lease: timedelta = LEASE) -> None:
        self._connection = connection
        self.journal = JournalStore(connection, lease)
        self.calendar = CalendarStore(connection)
        self.journal_changes = JournalChanges(connection)
        self.contacts = ContactStore(connection, locks=locks)
        self.leads = LeadStore(connection)
        self.lead_changes = LeadChanges(connection)
        self.timers = TimerStore(connection)
        self.notices = NoticeStore(connection)
        self.outbox = OutboxStore(connection, lease)
        self.people = PeopleStore(connection, locks=locks)
        self.sources = SourceStore(connection)
        self.stock = StockStore(connection)
        self.mailboxes = MailboxStore(connection)
        self.node_leases = NodeLeaseStore(connection, lease)
        self.future = FutureStore(connection)
        self.installation = InstallationStore(connection)
        self.suppression = SuppressionStore(connection)
        self.persons = PersonStore(connection)
        self.person_documents = PersonDocuments(connection)
        self.erasure = ErasureStore(connection)
        self.retention = RetentionStore(connection)
        self.listings = Listings(connection)
        self.balance = BalanceStore(connection)
        self.standing = StandingStore(connection)

    async def commit(self) -> None:
        """Make everything durable; the last statement of every step."""
        await self._connection.commit()

    def translating(self) -> AbstractContextManager[None]:
        """What the database does to us inside comes out as Unavailable; whoever catches bugs must know it apart."""
        return _translated()

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """What happens inside is undone alone if it raises. Raises Conflict for a lost race on a unique key."""
        try:
            with _translated():
                async with self._connection.begin_nested():
                    yield
        except IntegrityError as lost:
            raise Conflict("another node wrote the same row first") from lost


class Database:
    """Opens transactions and read-only views on one database. Raises errors.Unavailable when it is not to be had.

    What a worker claims in a transaction is its own for `lease`.
    """

    def __init__(self, url: URL, lease: timedelta = LEASE) -> None:
        self._url = url
        self._lease = lease
        self._writer = write_engine(url)
        self._reader = read_engine(url)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """A transaction for writing; rolled back unless `commit` was called."""
        with _translated():
            async with self._writer.connect() as connection:
                await connection.begin()
                yield Transaction(connection, locks=not is_sqlite(self._url), lease=self._lease)

    @asynccontextmanager
    async def view(self) -> AsyncIterator[Transaction]:
        """The same stores for looking only, at one snapshot: takes no locks, cannot write."""
        with _translated():
            async with self._reader.connect() as connection:
                await connection.begin()
                yield Transaction(connection, locks=False)

    async def empty_log(self) -> bool:
        """Empty SQLite's write-ahead log, where pages as they were stay until they are written over (R181); False if
        that must wait for somebody who reads. PostgreSQL recycles its log by itself."""
        return not is_sqlite(self._url) or await asyncio.to_thread(empty_log, self._url)

    async def close(self) -> None:
        """Close all connections."""
        await self._writer.dispose()
        await self._reader.dispose()


class _translated(AbstractContextManager[None]):  # noqa: N801  # reads as a word at the with statement
    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, PoolTimeout):
            raise Unavailable("the database is busy") from error
        if isinstance(error, OperationalError):
            # The driver's first line names the cause and holds no row: locked, no such column, connection refused.
            raise Unavailable(f"the database is not available: {str(error.orig).splitlines()[0]}") from error
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            raise Unavailable("the connection to the database was lost") from error
