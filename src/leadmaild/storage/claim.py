"""Claim, lease, token, heartbeat, settle: the one implementation for every table whose rows wait for work.

A worker claims rows for a lease; every change of a claimed row carries the token of that claim, so a worker that was
thought dead (and whose row was claimed anew) can change nothing any more: it gets LeaseLost and rolls back. A lease
that runs out *is* the rescue; there is no other. On PostgreSQL rows are claimed with FOR UPDATE SKIP LOCKED, so any
number of nodes may work; on SQLite the claim runs inside BEGIN IMMEDIATE.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from sqlalchemy import ColumnElement, Row, Table, func, literal, null, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from leadmaild.errors import LeaseLost
from leadmaild.model.work import Claim
from leadmaild.storage.types import Instant

LEASE = timedelta(seconds=60)


async def claim(
    connection: AsyncConnection,
    table: Table,
    states: Sequence[str],
    *,
    now: datetime,
    owner: str,
    limit: int,
    lease: timedelta = LEASE,
) -> Sequence[Row[Any]]:
    """Claim up to `limit` rows in one of `states` whose `run_at` has come, oldest first; return them whole.

    A row that was claimed before and not settled comes alone: if it is what brought a worker down, it must not take
    its neighbours into the next crash, nor to the cap on crashes (PF4).
    """
    free = or_(table.c.lease_until.is_(None), table.c.lease_until < lease_now(connection, now))
    waiting = (
        select(table.c.id, table.c.claims)
        .where(table.c.state.in_(states), table.c.run_at <= now, free)
        .order_by(table.c.run_at, table.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
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
            lease_until=lease_end(connection, now, lease),
            claims=table.c.claims + 1,
        )
        .returning(table)
    )
    rows = (await connection.execute(taken)).all()
    return sorted(rows, key=lambda row: (row.run_at, row.id))  # RETURNING promises no order


async def settle(connection: AsyncConnection, table: Table, held: Claim, **values: Any) -> None:
    """Change a claimed row and give up the lease. Raises LeaseLost if another worker has claimed it since."""
    await _change(connection, table, held, lease_owner=null(), lease_until=null(), **values)


async def keep(connection: AsyncConnection, table: Table, held: Claim, **values: Any) -> None:
    """Change a claimed row and keep the lease. Raises LeaseLost if another worker has claimed it since."""
    await _change(connection, table, held, **values)


async def extend(
    connection: AsyncConnection, table: Table, held: Sequence[Claim], now: datetime, lease: timedelta = LEASE
) -> None:
    """Heartbeat: push the end of the leases out. Raises LeaseLost if one of them is gone."""
    for one in held:
        await _change(connection, table, one, lease_until=lease_end(connection, now, lease))


async def _change(connection: AsyncConnection, table: Table, held: Claim, **values: Any) -> None:
    statement = update(table).where(table.c.id == held.row_id, table.c.lease_token == held.token).values(**values)
    if (await connection.execute(statement)).rowcount == 0:
        raise LeaseLost(f"{table.name} {held.row_id}: claimed by another worker meanwhile")


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
