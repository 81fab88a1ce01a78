"""How many notices went to each of our people lately; nothing else is kept of them here."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from leadmaild.model.work import RecentNotices
from leadmaild.storage.connection import AsyncConnection
from leadmaild.storage.schema import notice_sent

_REMEMBERED = timedelta(hours=1)


class NoticeStore:
    """Counts notices within one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def recent(self, addresses: Collection[str], now: datetime) -> dict[str, RecentNotices]:
        """By case-folded address, how many notices went to it in the last hour and when the last one did."""
        sent = notice_sent.c
        statement = (
            select(sent.address, func.count(), func.max(sent.at))
            .where(sent.address.in_(addresses), sent.at > now - _REMEMBERED)
            .group_by(sent.address)
        )
        rows = await self._connection.execute(statement)
        return {address: RecentNotices(count, last_at) for address, count, last_at in rows}

    async def remember(self, addresses: Collection[str], message_id: str, now: datetime) -> None:
        """One notice leaves now to these case-folded addresses; what is older than an hour is forgotten."""
        if not addresses:
            return
        upsert = sqlite_insert if self._connection.dialect.name == "sqlite" else postgres_insert
        await self._connection.execute(
            delete(notice_sent).where(notice_sent.c.address.in_(addresses), notice_sent.c.at <= now - _REMEMBERED)
        )
        await self._connection.execute(
            upsert(notice_sent).on_conflict_do_nothing(),
            [{"address": address, "message_id": message_id, "at": now} for address in sorted(addresses)],
        )
