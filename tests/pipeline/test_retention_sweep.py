"""How retention sweeps (R180): in small batches, on one node at a time, by itself, off the disk, at a bounded cost."""

import asyncio
import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest
from sqlalchemy import text

from leadmaild.pipeline import retention
from leadmaild.pipeline.retention import BATCH, LEASE, sweep_all
from tests.dealership import enquiry
from tests.pipeline.a_person import ADDRESS, TRACES, of_frieda, traces_on_disk
from tests.pipeline.aging import DAY, clean, close, kept_mails, planned
from tests.pipeline.test_cost import statements_of

pytestmark = [pytest.mark.asyncio, pytest.mark.rule("R180")]


async def test_what_is_due_goes_in_small_batches_and_at_once_by_command(bench):
    for number in range(BATCH + 5):
        await bench.take(enquiry(number, to="autohaus-beispiel@dein.auto\r\nAuto-Submitted: auto-replied"))
    await bench.run()
    bench.clock.advance(31 * DAY)
    assert await planned(bench) == {"raw_mail_without_lead": BATCH + 5}
    assert await bench.gateway.retention.step()
    assert await planned(bench) == {"raw_mail_without_lead": 5}

    gone = await sweep_all(bench.gateway.database, bench.gateway.world.settings, bench.clock.now())
    assert [(str(span.kept), span.location, count) for span, count in gone] == [("raw_mail_without_lead", "MUC", 5)]
    assert await planned(bench) == {}


async def test_one_node_sweeps_at_a_time(open_dealership):
    one = await open_dealership()
    other = await open_dealership(clock=one.clock, node="other")
    for number in range(BATCH + 5):
        await one.take(enquiry(number, to="autohaus-beispiel@dein.auto\r\nAuto-Submitted: auto-replied"))
    await one.run()
    one.clock.advance(31 * DAY)

    assert await one.gateway.retention.step()
    assert not await other.gateway.retention.step()  # the first is at it
    assert (await kept_mails(one)).count(False) == BATCH
    await clean(one)
    assert not any(await kept_mails(one))
    async with one.gateway.database.transaction() as tx:
        assert await tx.node_leases.take(LEASE, "third", one.clock.now())  # given back at the end


async def test_a_node_that_falls_over_holds_nobody_up_for_long(open_dealership):
    bench = await open_dealership(outside={"lease": timedelta(seconds=1)})
    await bench.take(enquiry(1, to="autohaus-beispiel@dein.auto\r\nAuto-Submitted: auto-replied"))
    await bench.run()
    bench.clock.advance(31 * DAY)
    async with bench.gateway.database.transaction() as tx:
        assert await tx.node_leases.take(LEASE, "fallen", bench.clock.now() - DAY)
        await tx._connection.execute(text("UPDATE node_lease SET until = '2026-03-02 09:00:00+00:00'"))
        await tx.commit()
    await clean(bench)
    assert await kept_mails(bench) == [False]


async def test_what_is_still_needed_does_not_hide_what_may_go(bench, monkeypatch):
    """However many old rows must stay, each window looks at a bounded number and the next goes on behind them."""
    monkeypatch.setattr(retention, "WINDOW", 4)
    monkeypatch.setattr(retention, "BATCH", 2)
    for number in range(20):
        await bench.take(enquiry(number))
    await bench.run()
    for lead in (await bench.leads())[3::4]:
        await close(bench, lead.number)
    bench.clock.advance(100 * DAY)
    await clean(bench)
    assert [not kept for kept in await kept_mails(bench)] == [number % 4 == 3 for number in range(20)]


async def test_a_batch_of_large_mails_is_a_small_one(bench, monkeypatch):
    monkeypatch.setattr(retention, "BATCH_BYTES", 1000)
    for number in range(3):
        text = "Ich bin nicht da.\r\n" * 30
        await bench.take(enquiry(number, text=text, to="autohaus-beispiel@dein.auto\r\nAuto-Submitted: auto-replied"))
    await bench.run()
    bench.clock.advance(31 * DAY)
    await bench.gateway.retention.step()
    assert await kept_mails(bench) == [False, True, True]
    await clean(bench)
    assert not any(await kept_mails(bench))


async def test_the_daemon_does_it_by_itself_every_hour(bench):
    await bench.take(enquiry(1, to="autohaus-beispiel@dein.auto\r\nAuto-Submitted: auto-replied"))
    await bench.run()
    running = asyncio.create_task(bench.gateway.retention_worker.run())
    bench.clock.advance(30 * DAY)
    while await kept_mails(bench) == [True]:
        bench.clock.advance(timedelta(minutes=30))
        await asyncio.sleep(0)
    bench.gateway.retention_worker.stop()
    await running
    assert bench.gateway.retention_worker in bench.gateway.workers


@pytest.mark.rule("SP-25")
@pytest.mark.parametrize("database_setting", ["sqlite:///leadmaild.db"])
async def test_what_has_gone_is_gone_from_the_disk_as_well(bench, tmp_path):
    for number in range(30):
        await bench.take(of_frieda(number) if number % 5 == 3 else enquiry(number))
    await bench.run()
    for lead in await bench.leads():
        if lead.contact.email == ADDRESS:
            await close(bench, lead.number)
    assert traces_on_disk(tmp_path) == list(TRACES)
    bench.clock.advance(731 * DAY)
    await clean(bench)
    assert traces_on_disk(tmp_path) == []


@pytest.mark.parametrize("database_setting", ["sqlite:///leadmaild.db"])
async def test_looking_for_what_is_due_reads_no_table_from_end_to_end(bench, tmp_path):
    await bench.take(of_frieda(1))
    await bench.run()
    with statements_of(bench) as seen:
        await bench.gateway.retention.step()
    asked = [one for one in seen if one[0].startswith("SELECT")]
    assert len(asked) > 6
    with closing(sqlite3.connect(tmp_path / "leadmaild.db")) as database:
        for statement, parameters in asked:
            plan_of = " ".join(row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {statement}", parameters))
            assert "SCAN" not in plan_of, (statement, plan_of)
            assert "TEMP B-TREE" not in plan_of, (statement, plan_of)
