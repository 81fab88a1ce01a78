"""Claim, lease, token, heartbeat, settle: the one implementation for every table whose rows wait for work.

A worker claims rows for a lease; every change of a claimed row carries the token of that claim, so a worker that was
thought dead (and whose row was claimed anew) can change nothing any more: it gets LeaseLost and rolls back. A lease
that runs out *is* the rescue; there is no other. On PostgreSQL rows are claimed with FOR UPDATE SKIP LOCKED, so any
number of nodes may work; on SQLite the claim runs inside BEGIN IMMEDIATE.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import cache
from itertools import takewhile
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Table,
    Update,
    bindparam,
    func,
    literal,
    literal_column,
    or_,
    select,
    tuple_,
    update,
)

from leadmaild.errors import LeaseLost
from leadmaild.model.work import Claim
from leadmaild.storage.connection import AsyncConnection
from leadmaild.storage.types import Instant

LEASE = timedelta(seconds=60)
_MOST_DOUBLINGS = 4


async def claim(
    connection: AsyncConnection,
    table: Table,
    states: Sequence[str],
    *,
    now: datetime,
    owner: str,
    limit: int,
    lease: timedelta = LEASE,
    except_locations: Sequence[str] = (),
) -> Sequence[Row[Any]]:
    """Claim up to `limit` rows in one of `states` whose `run_at` has come, oldest first; return them whole.

    A row that was claimed before and not settled comes alone: if it is what brought a worker down, it must not take
    its neighbours into the next crash, nor to the cap on crashes (PF4).
    """
    waiting = (
        select(table.c.id, table.c.claims)
        .where(is_in(table, states), table.c.run_at <= now, is_free(connection, table, now))
        .order_by(table.c.run_at, table.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    if except_locations:
        waiting = waiting.where(table.c.location.not_in(except_locations))
    found = (await connection.execute(waiting)).all()
    ids = [row.id for row in takewhile(lambda row: not row.claims, found)] or [row.id for row in found[:1]]
    if not ids:
        return ()
    taken = (
        update(table)
        .where(table.c.id.in_(ids))
        .values(
            lease_owner=owner,
            lease_token=table.c.lease_token + 1,
            lease_until=lease_end(connection, now, lease * _patience(found[0].claims)),
            claims=table.c.claims + 1,
        )
        .returning(table)
    )
    rows = (await connection.execute(taken)).all()
    return sorted(rows, key=lambda row: (row.run_at, row.id))  # RETURNING promises no order


async def settle(connection: AsyncConnection, table: Table, held: Claim, **values: Any) -> None:
    """Change a claimed row and give up the lease. Raises LeaseLost if another worker has claimed it since."""
    await keep(connection, table, held, lease_owner=None, lease_until=None, **values)


async def keep(connection: AsyncConnection, table: Table, held: Claim, **values: Any) -> None:
    """Change a claimed row and keep the lease. Raises LeaseLost if another worker has claimed it since.

    `values` are plain values, no SQL: they go as parameters to a statement that is made once a table.
    """
    changed = await connection.execute(_of_held(table), {"held_id": held.row_id, "held_token": held.token, **values})
    if changed.rowcount == 0:
        raise LeaseLost(f"{table.name} {held.row_id}: claimed by another worker meanwhile")


@cache
def _of_held(table: Table) -> Update:
    return update(table).where(table.c.id == bindparam("held_id"), table.c.lease_token == bindparam("held_token"))


async def extend(
    connection: AsyncConnection, table: Table, held: Collection[Claim], now: datetime, lease: timedelta = LEASE
) -> frozenset[Claim]:
    """Heartbeat: push the end of these leases out; return the claims that are gone: settled, or another worker's."""
    mine = (
        select(table.c.id)
        .where(tuple_(table.c.id, table.c.lease_token).in_([(one.row_id, one.token) for one in held]))
        .where(table.c.lease_until.is_not(None))
        .order_by(table.c.id)  # the order in which others lock several rows
        .with_for_update()
    )
    kept = (
        update(table)
        .where(table.c.id.in_(mine))
        .values(lease_until=lease_end(connection, now, lease))
        .returning(table.c.id)
    )
    still_mine = set((await connection.execute(kept)).scalars())
    return frozenset(one for one in held if one.row_id not in still_mine)


def is_in(table: Table, states: Sequence[str]) -> ColumnElement[bool]:
    """The row is in one of `states`, written out as the partial index on waiting rows has it: behind a bound parameter
    the planner would not see that the index holds them, and a claim would cost what the whole table costs."""
    words: list[ColumnElement[str]] = [literal_column(f"'{state}'") for state in states]
    return table.c.state.in_(words) if len(words) > 1 else table.c.state == words[0]


def is_free(connection: AsyncConnection, table: Table, now: datetime) -> ColumnElement[bool]:
    """Nobody works on the row."""
    return or_(table.c.lease_until.is_(None), table.c.lease_until < lease_now(connection, now))


def _patience(claims: int) -> int:
    """How many leases a row waits after a crash over it: longer each time. Something else may bring us down again and
    again for a while, and a row that is in work each time would count as the culprit."""
    return 1 << min(claims, _MOST_DOUBLINGS)


def claim_of(row: Row[Any]) -> Claim:
    """The claim on a row that `claim` returned."""
    return Claim(row.id, row.lease_token, row.claims)


def lease_now(connection: AsyncConnection, now: datetime) -> ColumnElement[Any]:
    """The moment by which leases are judged."""
    # Several nodes must agree on when a lease ends: on PostgreSQL the database's clock decides, not a node's.
    if connection.dialect.name == "postgresql":
        return func.clock_timestamp()
    return literal(now, Instant)


def lease_end(connection: AsyncConnection, now: datetime, lease: timedelta) -> ColumnElement[Any]:
    """When a lease taken at `now` runs out."""
    if connection.dialect.name == "postgresql":
        return func.clock_timestamp() + literal(lease)
    return literal(now + lease, Instant)
