"""What the installation keeps about itself: keys made once, and the settings log."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from leadmaild.storage.connection import AsyncConnection
from leadmaild.storage.schema import installation, settings_log


class InstallationStore:
    """Reads and writes the installation's own rows within one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def secret(self, name: str, make: Callable[[], bytes], now: datetime) -> bytes:
        """The secret of that name, made once and kept; two nodes starting at once agree on one."""
        value = await self.value(name)
        if value is not None:
            return value
        upsert = sqlite_insert if self._connection.dialect.name == "sqlite" else postgres_insert
        await self._connection.execute(
            upsert(installation).values(key=name, value=make(), set_at=now).on_conflict_do_nothing()
        )
        value = await self.value(name)
        if value is None:
            raise RuntimeError("a key that was just written is not there")
        return value

    async def value(self, name: str) -> bytes | None:
        """The value kept under that name."""
        found = await self._connection.execute(select(installation.c.value).where(installation.c.key == name))
        value: bytes | None = found.scalar()
        return value

    async def keep(self, name: str, value: bytes, now: datetime) -> None:
        """Keep a value under that name in place of the one there."""
        upsert = sqlite_insert if self._connection.dialect.name == "sqlite" else postgres_insert
        fresh = upsert(installation).values(key=name, value=value, set_at=now)
        await self._connection.execute(
            fresh.on_conflict_do_update(index_elements=["key"], set_={"value": value, "set_at": now})
        )

    async def log_setting(
        self, who: str, location: str, key: str, old: str | None, new: str | None, at: datetime
    ) -> None:
        """Write a change into the settings log (R183); secrets come masked."""
        await self._connection.execute(
            insert(settings_log).values(at=at, who=who, location=location, key=key, old=old, new=new)
        )
