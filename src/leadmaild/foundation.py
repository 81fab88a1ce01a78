"""What every process of ours stands on: the database, the world its settings make, and the door by which mail comes in.

Light on purpose: a pipe from an MTA must not wait for what only the daemon needs.
"""

import json
import os
import secrets
import shutil
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from leadmaild.clock import RandomDice, RandomIds, SystemClock
from leadmaild.config.model import Settings
from leadmaild.pipeline.accept import Accept
from leadmaild.pipeline.disk_space import DiskSpace
from leadmaild.pipeline.world import World
from leadmaild.ports import Clock, Dice, Door, Ids, Reader, Transport
from leadmaild.resolver import Resolver
from leadmaild.storage.claim import LEASE
from leadmaild.storage.engine import database_url, is_sqlite
from leadmaild.storage.unit_of_work import Database, Transaction


@dataclass(slots=True)
class Outside:
    """What the gateway takes from outside; tests replace what they steer."""

    clock: Clock = field(default_factory=SystemClock)
    ids: Ids = field(default_factory=RandomIds)
    dice: Dice = field(default_factory=RandomDice)
    reader: Reader | None = None
    transports: Mapping[str, Transport] | None = None
    resolver: Resolver = field(default_factory=Resolver)
    lease: timedelta = LEASE
    node: str = field(default_factory=lambda: f"{machine_name()}:{os.getpid()}:{secrets.token_hex(4)}")


def machine_name() -> str:
    """The name of this machine, by which a node of several is told from the others."""
    return socket.gethostname()[:40]


def open_database(settings: Settings, lease: timedelta = LEASE) -> Database:
    """The database of the settings; nothing is connected yet."""
    return Database(database_url(settings.gateway.database, settings.path.parent), lease)


@asynccontextmanager
async def build_door(settings: Settings, outside: Outside | None = None) -> AsyncIterator[tuple[Door, Clock]]:
    """Only the door, for a mail that is handed in beside the daemon; closed at the end. Raises Unavailable."""
    outside = outside or Outside()
    database = open_database(settings)
    try:
        world = await load_world(settings, database, outside)
        yield (
            Accept(database, lambda: world.directory, outside.ids, lambda: None, disk_space(settings).has_room),
            outside.clock,
        )
    finally:
        await database.close()


async def load_world(settings: Settings, database: Database, outside: Outside) -> World:
    """The world these settings make; keys that are not configured are made once and kept in the database."""
    now = outside.clock.now()
    async with database.transaction() as tx:
        kept = await tx.installation.secret("token_key", outside.ids.key, now)
        known = await _learning(tx)
        learning = _now_learning(settings, known, now)
        if learning != known:
            await tx.installation.keep(_LEARNING, json.dumps(learning).encode(), now)
        days = await tx.calendar.days()
        await tx.commit()
    return World.of(settings, _token_keys(settings, kept), _since(learning), days)


async def view_world(settings: Settings, database: Database) -> World:
    """The same world for looking only: makes nothing (explain leaves the database as it is)."""
    async with database.view() as tx:
        kept = await tx.installation.value("token_key") or b"\0" * 32
        known = await _learning(tx)
        days = await tx.calendar.days()
    return World.of(settings, _token_keys(settings, kept), _since(_now_learning(settings, known)), days)


# Which locations are learning (AR-28): the span in seconds and when it began, by code.
_LEARNING = "learning"
_Learning = dict[str, tuple[float, str]]


async def _learning(tx: Transaction) -> _Learning:
    kept = await tx.installation.value(_LEARNING)
    return {code: (span, since) for code, (span, since) in json.loads(kept).items()} if kept else {}


def _now_learning(settings: Settings, known: _Learning, now: datetime | None = None) -> _Learning:
    """A span begins when it is first seen, and anew when it was off or is another; without `now` none begins."""
    learning: _Learning = {}
    for location in settings.locations.values():
        span = location.autoresponse.learning.total_seconds()
        if span and location.code in known and known[location.code][0] == span:
            learning[location.code] = known[location.code]
        elif span and now is not None:
            learning[location.code] = (span, now.isoformat())
    return learning


def _since(learning: _Learning) -> dict[str, datetime]:
    return {code: datetime.fromisoformat(since).astimezone(UTC) for code, (_, since) in learning.items()}


def _token_keys(settings: Settings, kept: bytes) -> tuple[bytes, ...]:
    configured = tuple(secret.reveal().encode() for secret in settings.gateway.token_keys)
    return (*configured, kept) if configured else (kept,)


def disk_space(settings: Settings) -> DiskSpace:
    """The room left where the database is; on PostgreSQL the database server watches its own disk."""
    url = database_url(settings.gateway.database, settings.path.parent)
    if not is_sqlite(url):
        return DiskSpace(lambda: None)
    folder = Path(url.database or ".").parent
    return DiskSpace(lambda: shutil.disk_usage(folder).free)
