"""What the sources of leads have sent, told from the journal and the leads; every question is answered by an index."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select

from leadmaild.model.reading import Prospect
from leadmaild.storage.connection import AsyncConnection
from leadmaild.storage.documents import prospect_of
from leadmaild.storage.schema import journal, lead


class SourceStore:
    """Looks at sources within one transaction; writes nothing."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def seen(self) -> tuple[str, ...]:
        """Every source that mail ever came from, in order.

        Goes from one to the next through the index: a DISTINCT would read every mail there is.
        """
        found: list[str] = []
        latest = ""
        while True:
            after = select(func.min(journal.c.source)).where(journal.c.source > latest)
            following: str | None = (await self._connection.execute(after)).scalar()
            if following is None:
                return tuple(found)
            found.append(latest := following)

    async def last_mails(self, source: str, locations: Collection[str]) -> dict[str, datetime]:
        """When the source's last mail to each of these locations came; without those that it never sent any to."""
        found: dict[str, datetime] = {}
        for location in locations:
            at = select(func.max(journal.c.received_at)).where(
                journal.c.source == source, journal.c.location == location
            )
            if (last := (await self._connection.execute(at)).scalar()) is not None:
                found[location] = last
        return found

    async def count_since(self, source: str, location: str, since: datetime) -> int:
        """How many mails the source sent to a location since then."""
        counted = (
            select(func.count())
            .select_from(journal)
            .where(journal.c.source == source, journal.c.location == location, journal.c.received_at >= since)
        )
        return (await self._connection.execute(counted)).scalar_one()

    async def prospects(self, source: str, limit: int) -> tuple[Prospect, ...]:
        """What was read for the source's leads, newest first; leads made by hand are not among them."""
        statement = (
            select(lead.c.prospect)
            .where(lead.c.source == source, lead.c.journal_id.is_not(None))
            .order_by(lead.c.number.desc())
            .limit(limit)
        )
        read = (prospect_of(document) for document in (await self._connection.execute(statement)).scalars())
        return tuple(prospect for prospect in read if prospect is not None)
