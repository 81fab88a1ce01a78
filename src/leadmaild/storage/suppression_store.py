"""The suppression list: addresses that get no automatic mail (AR-24), remembered by keyed hash alone (R181)."""

import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from leadmaild.model.privacy import Suppressed, SuppressionReason
from leadmaild.storage.connection import AsyncConnection
from leadmaild.storage.schema import suppression

_LISTED = select(suppression).where(suppression.c.digest.in_(bindparam("digests", expanding=True)))


class SuppressionStore:
    """Reads and writes the list within one transaction; `key` is the installation's (World.suppression_key)."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, address: str, key: bytes, reason: SuppressionReason, now: datetime) -> None:
        """Put an address on the list. One that is on it keeps its line, unless it is erased now: then that counts."""
        upsert = sqlite_insert if self._connection.dialect.name == "sqlite" else postgres_insert
        line = {"reason": str(reason), "since": now}
        added = upsert(suppression).values(digest=address_digest(address, key), **line)
        if reason is SuppressionReason.ERASED:
            added = added.on_conflict_do_update(index_elements=["digest"], set_=line)
        else:
            added = added.on_conflict_do_nothing()
        await self._connection.execute(added)

    async def standing(self, addresses: Iterable[str], key: bytes) -> dict[str, Suppressed]:
        """The lines of those of these addresses that are on the list, by the address as it was given."""
        digests = {address: address_digest(address, key) for address in addresses}
        if not digests:
            return {}
        found = await self._connection.execute(_LISTED, {"digests": sorted(set(digests.values()))})
        lines = {row.digest: Suppressed(row.digest, SuppressionReason(row.reason), row.since) for row in found}
        return {address: lines[digest] for address, digest in digests.items() if digest in lines}

    async def listed(self, limit: int | None = None) -> tuple[Suppressed, ...]:
        """The list, newest first."""
        rows = await self._connection.execute(
            select(suppression).order_by(suppression.c.since.desc(), suppression.c.digest).limit(limit)
        )
        return tuple(Suppressed(row.digest, SuppressionReason(row.reason), row.since) for row in rows)

    async def remove(self, address: str, key: bytes) -> bool:
        """Take an address off the list; whether it was on it."""
        gone = await self._connection.execute(
            delete(suppression).where(suppression.c.digest == address_digest(address, key))
        )
        return bool(gone.rowcount)


def address_digest(address: str, key: bytes) -> str:
    """The keyed hash by which an address is remembered without being kept (R181)."""
    return hmac.new(key, address.casefold().encode(), hashlib.sha256).hexdigest()
