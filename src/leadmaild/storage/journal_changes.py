"""What people do with mails in the journal: have one read again, or say that nothing is to come of it."""

from datetime import datetime

from sqlalchemy import and_, null, or_, select, update

from leadmaild.model.lead import Outcome
from leadmaild.storage.connection import AsyncConnection
from leadmaild.storage.schema import content, journal


class JournalChanges:
    """Changes journal entries within one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def standing(self, journal_id: int) -> tuple[str, bool] | None:
        """Outcome ("waiting" while there is none) and whether the mail is kept for this entry, not only for another
        location it was addressed to; None: no such entry."""
        is_kept = and_(content.c.raw.is_not(None), journal.c.released_at.is_(None)).label("is_kept")
        found = await self._connection.execute(
            select(journal.c.outcome, is_kept)
            .join(content, content.c.id == journal.c.content_id)
            .where(journal.c.id == journal_id)
        )
        row = found.one_or_none()
        return None if row is None else (row.outcome or "waiting", bool(row.is_kept))

    async def reprocess(self, journal_id: int, now: datetime) -> bool:
        """Let intake take a settled entry again; False if it waits already."""
        again = (
            update(journal)
            .where(journal.c.id == journal_id, journal.c.state != "waiting")
            .values(state="waiting", outcome=null(), reason=null(), settled_at=null(), last_error=null(), run_at=now,
                    claims=0, lease_owner=null(), lease_until=null())
        )  # fmt: skip
        return bool((await self._connection.execute(again)).rowcount)

    async def discard(self, journal_id: int, why: str, now: datetime) -> bool:
        """Settle an entry that waits or was set aside as ignored; False if it is in work, or has become something."""
        is_free = or_(journal.c.lease_until.is_(None), journal.c.state == "set_aside")
        gone = (
            update(journal)
            .where(journal.c.id == journal_id, journal.c.state.in_(["waiting", "set_aside"]), is_free)
            .values(state="done", outcome=Outcome.IGNORED, reason=f"discarded: {why}", settled_at=now)
        )
        return bool((await self._connection.execute(gone)).rowcount)
