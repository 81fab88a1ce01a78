"""Work that only one node may do at a time: whoever holds the lease does it; one that runs out goes to the next."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, or_
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from leadmaild.storage.claim import lease_end, lease_now
from leadmaild.storage.connection import AsyncConnection
from leadmaild.storage.schema import node_lease


class NodeLeaseStore:
    """Takes and gives back leases within one transaction."""

    def __init__(self, connection: AsyncConnection, lease: timedelta) -> None:
        self._connection = connection
        self._lease = lease

    async def take(self, name: str, owner: str, now: datetime) -> bool:
        """Take the lease `name`, or hold it for longer; False if another node has it."""
        upsert: Any = sqlite_insert if self._connection.dialect.name == "sqlite" else postgres_insert
        until = lease_end(self._connection, now, self._lease)
        statement = upsert(node_lease).values(name=name, owner=owner, until=until)
        statement = statement.on_conflict_do_update(
            index_elements=["name"],
            set_={"owner": owner, "until": until},
            where=or_(node_lease.c.owner == owner, node_lease.c.until < lease_now(self._connection, now)),
        )
        return (await self._connection.execute(statement.returning(node_lease.c.name))).first() is not None

    async def give_back(self, name: str, owner: str) -> None:
        """Let another node have it at once."""
        await self._connection.execute(delete(node_lease).where(node_lease.c.name == name, node_lease.c.owner == owner))
