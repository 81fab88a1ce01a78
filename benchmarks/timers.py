"""The clock with many open leads (T9), and the first page of the overdue ones (T14), on SQLite: what a tick costs must
follow what is due, not what is open."""

import asyncio
import shutil
import sqlite3
import statistics
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.dealership import write_settings
from tests.pipeline.steps import FakeClock, SameProcessReader, ScriptedTransport

from benchmarks.table import Section, spread
from leadmaild.foundation import Outside
from leadmaild.model.listing import LeadFilter
from leadmaild.pipeline.rearm import fingerprint
from leadmaild.settings_files import load_settings
from leadmaild.storage.engine import database_url
from leadmaild.storage.migrate import migrate
from leadmaild.wiring import Gateway, build

_SIZES = (10_000, 1_000_000)
_DUE = 100  # timers due in one tick
_EMPTY_TICKS = 200
_START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_STAGE1 = timedelta(hours=2)


def run(rounds: int, place: Path) -> list[Section]:
    """Measure both sizes in turn, `rounds` times."""
    folder = place / "timers"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        times = asyncio.run(_measure(rounds, folder))
    finally:
        shutil.rmtree(folder)
    few, many = (times[size] for size in _SIZES)
    rows = [
        [
            what,
            spread(few[what], 2),
            spread(many[what], 2),
            f"{statistics.median(many[what]) / statistics.median(few[what]):.2f}",
        ]
        for what in few
    ]
    return [
        Section(
            title="Clock: ticks and the overdue page with many open leads",
            settings=[
                f"one pending timer a lead; {rounds} rounds in turn; {_EMPTY_TICKS} empty ticks a round",
                f"a full tick derives, fires and commits {_DUE} timers with their intents and activities",
                "one process on SQLite, WAL, synchronous=FULL, the product's own step; all in ms",
            ],
            head=["what", *(f"{size:,} open leads" for size in _SIZES), "ratio"],
            rows=rows,
        )
    ]


async def _measure(rounds: int, folder: Path) -> dict[int, dict[str, list[float]]]:
    sides = {size: await _gateway(folder / str(size), size) for size in _SIZES}
    times: dict[int, dict[str, list[float]]] = {size: {} for size in _SIZES}
    try:
        for turn in range(-1, rounds):  # round -1 warms up and is not counted
            for size, (gateway, clock) in sides.items():
                clock.advance(timedelta(seconds=_DUE))
                for what, taken in (await _round(gateway, clock)).items():
                    if turn >= 0:
                        times[size].setdefault(what, []).append(taken)
    finally:
        for gateway, _clock in sides.values():
            await gateway.close()
    return times


async def _round(gateway: Gateway, clock: FakeClock) -> dict[str, float]:
    full = await _ms(gateway.escalate.step)
    empty = [await _ms(gateway.escalate.step) for _ in range(_EMPTY_TICKS)]

    async def page(**wanted: object) -> None:
        async with gateway.database.view() as tx:
            lines = await tx.listings.leads(LeadFilter(**wanted), limit=50)
        assert len(lines) == 50

    return {
        "empty tick": statistics.median(empty),
        f"tick with {_DUE} due": full,
        "50 of `leads list --due overdue`": await _ms(lambda: page(due_before=clock.now())),
        "50 of `leads list`": await _ms(page),
    }


async def _ms(work: Callable[[], Awaitable[object]]) -> float:
    started = time.perf_counter()
    await work()
    return (time.perf_counter() - started) * 1000


async def _gateway(folder: Path, size: int) -> tuple[Gateway, FakeClock]:
    """A gateway whose database holds `size` open leads, one second apart, whose stage 1 ends one second apart."""
    folder.mkdir()
    settings = load_settings(write_settings(folder, escalation='stage1 = "2h"'))
    migrate(database_url(settings.gateway.database, folder))
    _fill(folder / "leadmaild.db", size, fingerprint(settings.locations["MUC"]))
    clock = FakeClock(_START + _STAGE1 - timedelta(seconds=1))
    outside = Outside(clock=clock, reader=SameProcessReader(None), transports={"default": ScriptedTransport()})
    gateway = await build(settings, outside)
    return gateway, clock


def _fill(file: Path, size: int, made_by: bytes) -> None:
    """`made_by` tells that the timers are those of today's settings: there is nothing to recompute."""
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        counted = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ? - 1)"
        base, due = (f"strftime('%Y-%m-%d %H:%M:%S.000000', '{at:%Y-%m-%d %H:%M:%S}', i || ' seconds')"
                     for at in (_START, _START + _STAGE1))  # fmt: skip
        connection.execute(
            f"{counted} INSERT INTO contact (id, location, name, created_at) "
            f"SELECT i + 1, 'MUC', 'Kunde ' || i, {base} FROM n", (size,),
        )  # fmt: skip
        connection.execute(
            f"{counted} INSERT INTO lead (number, location, received_location, contact_id, source, types, assignee, "
            "assignment_reason, state, needs_review, cycle, arrived_at, last_active_at, due_at, due_kind) "
            f"SELECT 100001 + i, 'MUC', 'MUC', i + 1, 'phone', '[\"other\"]', 'mueller', 'rolling', 'open', 0, 1, "
            f"{base}, {base}, {due}, 'stage1' FROM n", (size,),
        )  # fmt: skip
        connection.execute(
            f"{counted} INSERT INTO timer (lead, location, cycle, kind, base_at, due_at, effective_at, send_at, state, "
            f"run_at) SELECT 100001 + i, 'MUC', 1, 'stage1', {base}, {due}, {due}, {due}, 'pending', {due} FROM n",
            (size,),
        )
        connection.execute(
            "INSERT INTO installation (key, value, set_at) VALUES ('timers:MUC', ?, '2026-03-02 09:00:00.000000')",
            (made_by,),
        )
        connection.execute("ANALYZE")
    connection.close()
