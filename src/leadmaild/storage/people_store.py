"""The people side: absences, flags set at run time, and whose turn it is."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert

from leadmaild.model.snapshot import Roster, TurnKey
from leadmaild.model.user import Absence, Group, User
from leadmaild.storage.connection import AsyncConnection
from leadmaild.storage.schema import absence, rotation, user_setting

# Made once: what they ask for goes in as parameters.
_TURNS = select(rotation).where(rotation.c.location.in_(bindparam("locations", expanding=True)))
# Always in the same order, so that two nodes cannot lock each other out.
_TURNS_LOCKED = _TURNS.order_by(rotation.c.location, rotation.c.group_name).with_for_update()
_MOVE_TURN = update(rotation).where(rotation.c.location == bindparam("of"), rotation.c.group_name == bindparam("group"))


class PeopleStore:
    """Reads and writes the run-time state of users within one transaction."""

    def __init__(self, connection: AsyncConnection, *, locks: bool) -> None:
        self._connection = connection
        self._locks = locks
        self._flags: dict[tuple[str, str], tuple[bool, bool]] | None = None  # read once a transaction
        self._absences: tuple[Absence, ...] | None = None

    async def roster(
        self, users: Mapping[str, User], groups: Sequence[Group], locations: Sequence[str], now: datetime
    ) -> Roster:
        """The people as they stand now: the files' users overlaid with run-time flags, absences that are not over,
        and the turns of `locations`, locked on PostgreSQL so that no two leads get the same turn (R76, PF30)."""
        return Roster(
            users=await self.users(users),
            absences=await self.absences(now),
            groups=tuple(groups),
            turns=await self._turns(locations, groups, now),
        )

    async def users(self, users: Mapping[str, User]) -> dict[str, User]:
        """The files' users with the flags set at run time; a flag whose file value has changed since is void (R72)."""
        if self._flags is None:
            rows = await self._connection.execute(select(user_setting))
            self._flags = {(r.username, r.key): (r.value, r.file_value) for r in rows}
        flags = self._flags
        return {name: _overlaid(user, flags) for name, user in users.items()} if flags else dict(users)

    async def absences(self, now: datetime) -> tuple[Absence, ...]:
        """Absences that end after `now`."""
        if self._absences is None:
            rows = await self._connection.execute(
                select(absence).where(absence.c.end_at > now).order_by(absence.c.start_at)
            )
            self._absences = tuple(Absence(r.username, r.start_at, r.end_at, r.representative) for r in rows)
        return tuple(one for one in self._absences if one.end > now)

    async def add_absence(self, one: Absence) -> None:
        """Enter an absence."""
        self._absences = None
        await self._connection.execute(
            insert(absence).values(
                username=one.username, start_at=one.start, end_at=one.end, representative=one.representative
            )
        )

    async def end_absences(self, username: str, now: datetime) -> tuple[Absence, ...]:
        """End a user's running absences at `now` and take back planned ones; return them as they were."""
        self._absences = None
        mine = (absence.c.username == username, absence.c.end_at > now)
        rows = (await self._connection.execute(select(absence).where(*mine).order_by(absence.c.start_at))).all()
        await self._connection.execute(delete(absence).where(*mine, absence.c.start_at >= now))
        await self._connection.execute(update(absence).where(*mine).values(end_at=now))
        return tuple(Absence(r.username, r.start_at, r.end_at, r.representative) for r in rows)

    async def flags_set(self) -> dict[tuple[str, str], bool]:
        """The flags set at run time, by (user, key), whether or not they are still in force (R72)."""
        rows = await self._connection.execute(select(user_setting))
        return {(row.username, row.key): row.value for row in rows}

    async def set_flag(self, username: str, key: str, value: bool, *, file_value: bool, now: datetime) -> None:
        """Set a flag over the file's value, which is kept beside it: when that changes, the flag is void (R72)."""
        self._flags = None
        await self._connection.execute(
            delete(user_setting).where(user_setting.c.username == username, user_setting.c.key == key)
        )
        await self._connection.execute(
            insert(user_setting).values(username=username, key=key, value=value, file_value=file_value, set_at=now)
        )

    async def reset_flags(self, username: str) -> None:
        """Forget what was set at run time for a user."""
        self._flags = None
        await self._connection.execute(delete(user_setting).where(user_setting.c.username == username))

    async def _turns(
        self, locations: Sequence[str], groups: Sequence[Group], now: datetime
    ) -> dict[TurnKey, tuple[str, ...]]:
        if not locations:
            return {}
        if self._locks:
            await self._make_rows(locations, groups, now)
        rows = await self._connection.execute(_TURNS_LOCKED if self._locks else _TURNS, {"locations": list(locations)})
        return {TurnKey(r.location, r.group_name): tuple(r.members) for r in rows}

    async def lock_turns(self, locations: Sequence[str], groups: Sequence[Group], now: datetime) -> None:
        """Hold the turns of these locations until the end of the transaction; on SQLite the one writer holds all."""
        if self._locks and locations:
            await self._turns(locations, groups, now)

    async def _make_rows(self, locations: Sequence[str], groups: Sequence[Group], now: datetime) -> None:
        keys = [(code, "") for code in locations] + [(g.location, g.name) for g in groups if g.location in locations]
        statement = postgres_insert(rotation).on_conflict_do_nothing()
        await self._connection.execute(
            statement,
            [{"location": code, "group_name": name, "members": [], "moved_at": now} for code, name in sorted(keys)],
        )

    async def move_turn(self, key: TurnKey, members: Sequence[str], now: datetime) -> None:
        """Write the new order of a rotation; only when a lead was really given (R76)."""
        moved = await self._connection.execute(
            _MOVE_TURN, {"of": key.location, "group": key.group, "members": list(members), "moved_at": now}
        )
        if moved.rowcount == 0:
            await self._connection.execute(
                insert(rotation).values(
                    location=key.location, group_name=key.group, members=list(members), moved_at=now
                )
            )


def _overlaid(user: User, now_set: Mapping[tuple[str, str], tuple[bool, bool]]) -> User:
    flags: dict[str, Any] = {}
    for key in ("receives_leads", "assignable"):
        value, file_value = now_set.get((user.username, key), (None, None))
        if value is not None and file_value == getattr(user, key):
            flags[key] = value
    return replace(user, **flags) if flags else user
