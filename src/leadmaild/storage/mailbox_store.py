"""Watched mailboxes: when each was first opened, and which of its messages are settled (PF5, PF6, PF14)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Table, func, literal, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from leadmaild.model.envelope import LedgerKey
from leadmaild.model.mailbox import KnownMessages, Opening
from leadmaild.storage.connection import AsyncConnection
from leadmaild.storage.schema import imap_ledger, imap_opening, mailbox_watch
from leadmaild.storage.types import Instant


class MailboxStore:
    """Reads and writes the ledger within one transaction; the journal adds what it takes (JournalStore.add)."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def opened(self, mailbox: str, uidvalidity: int, uidnext: int, now: datetime) -> Opening:
        """How it was at the first look under this UIDVALIDITY, noting `uidnext` and `now` if this is it."""
        await self._add(imap_opening, mailbox=mailbox, uidvalidity=uidvalidity, first_uidnext=uidnext, first_at=now)
        rows = await self._connection.execute(select(imap_opening).where(imap_opening.c.mailbox == mailbox))
        openings = rows.all()
        first_uidnext = next(row.first_uidnext for row in openings if row.uidvalidity == uidvalidity)
        return Opening(first_uidnext, min(row.first_at for row in openings))

    async def known(self, mailbox: str, uidvalidity: int, uids: Sequence[int]) -> KnownMessages:
        """Which of `uids` are settled."""
        rows = await self._connection.execute(
            select(imap_ledger.c.uid, imap_ledger.c.is_refused).where(
                imap_ledger.c.mailbox == mailbox,
                imap_ledger.c.uidvalidity == uidvalidity,
                imap_ledger.c.uid.in_(uids),
            )
        )
        settled = rows.all()
        return KnownMessages(
            taken=frozenset(row.uid for row in settled if not row.is_refused),
            refused=frozenset(row.uid for row in settled if row.is_refused),
        )

    async def refuse(self, key: LedgerKey, now: datetime) -> None:
        """Note that this message is not taken."""
        await self._add(
            imap_ledger,
            mailbox=key.mailbox, uidvalidity=key.uidvalidity, uid=key.uid, taken_at=now, is_refused=True,
        )  # fmt: skip

    async def looked_through(self, mailbox: str, now: datetime) -> None:
        """Note that all there is in the mailbox was taken at `now`."""
        await self._note(mailbox, last_success_at=now, problem="", lost_at=None)

    async def lost(self, mailbox: str, problem: str, now: datetime) -> None:
        """Note why the mailbox is not reached; `now` counts unless it was lost before."""
        lost_at = func.coalesce(mailbox_watch.c.lost_at, literal(now, Instant))
        await self._note(mailbox, {"problem": problem, "lost_at": lost_at}, problem=problem, lost_at=now)

    async def count(self) -> int:
        """How many messages are settled, of all mailboxes."""
        return (await self._connection.execute(select(func.count()).select_from(imap_ledger))).scalar_one()

    async def _note(self, mailbox: str, again: dict[str, Any] | None = None, **values: Any) -> None:
        upsert: Any = sqlite_insert if self._connection.dialect.name == "sqlite" else postgres_insert
        first = upsert(mailbox_watch).values(mailbox=mailbox, **values)
        await self._connection.execute(first.on_conflict_do_update(index_elements=["mailbox"], set_=again or values))

    async def _add(self, table: Table, **values: Any) -> None:
        upsert = sqlite_insert if self._connection.dialect.name == "sqlite" else postgres_insert
        await self._connection.execute(upsert(table).values(values).on_conflict_do_nothing())
