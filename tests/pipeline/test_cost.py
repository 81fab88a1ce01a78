"""What a mail costs the database, and whom a statement may hold up. SQLite, where the statements run in our thread."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from sqlalchemy import event

from tests.dealership import enquiry
from tests.pipeline.steps import Bench

pytestmark = pytest.mark.asyncio


@pytest.fixture
def database_setting() -> str:
    return "sqlite:///leadmaild.db"


@contextmanager
def statements_of(bench: Bench) -> Iterator[list[tuple[str, tuple]]]:
    """What is executed meanwhile, with parameters."""
    seen: list[tuple[str, tuple]] = []

    def note(_connection, _cursor, statement, parameters, _context, _many):
        seen.append((statement, parameters))

    engines = [bench.gateway.database._writer.sync_engine, bench.gateway.database._reader.sync_engine]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield seen
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)


async def test_twenty_enquiries_cost_few_statements_each(bench):
    for number in range(20):
        await bench.take(enquiry(number))
    with statements_of(bench) as seen:
        await bench.run()

    assert len(await bench.leads()) == 20
    assert len(seen) / 20 < 32


async def test_what_waits_is_found_through_an_index_however_much_is_done(bench, tmp_path):
    await bench.take(enquiry(1))
    with statements_of(bench) as seen:
        await bench.run()
        await bench.gateway.deliver.next_due()

    looking = [
        one
        for one in seen
        if ("state IN ('" in one[0] or "state = 'waiting'" in one[0]) and one[0].startswith("SELECT")
    ]
    assert len(looking) >= 3
    with closing(sqlite3.connect(tmp_path / "leadmaild.db")) as database:
        for statement, parameters in looking:
            plan = " ".join(row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {statement}", parameters))
            assert "ix_outbox_due" in plan or "ix_journal_waiting" in plan


async def test_waiting_for_the_lock_of_another_process_does_not_stop_the_loop(bench, tmp_path):
    with closing(sqlite3.connect(tmp_path / "leadmaild.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        reply = asyncio.create_task(bench.take(enquiry(1)))
        for _ in range(100):
            await asyncio.sleep(0.001)
        assert not reply.done()
        other.execute("ROLLBACK")
        assert (await reply).code == 250
