"""`leadmaild audit`: what was taken in, what became of it and what left add up, or the difference is shown."""

import json

import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine, text

from leadmaild.cli.main import leadmaild
from leadmaild.commands.audit import balance_of
from leadmaild.commands.privacy import Wanted, erase_person
from leadmaild.storage.engine import database_url, sync_url
from tests.dealership import enquiry, write_settings

POOL = """
  [location.pool]
  user = "pool"
"""
POOL_USER = """
[[user]]
username = "pool"
locations = ["MUC"]
"""


async def audit_of(bench):
    return await balance_of(bench.gateway.database, bench.gateway.world.settings)


def change(bench, *statements: str) -> None:
    """Bring the database out of balance, past every store of ours."""
    settings = bench.gateway.world.settings
    engine = create_engine(sync_url(database_url(settings.gateway.database, settings.path.parent)))
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


async def with_some_mail(bench) -> None:
    for number in (1, 2, 3):
        await bench.take(enquiry(number))
    await bench.take(enquiry(3))
    await bench.run()
    await bench.take(enquiry(4))  # not read yet


@pytest.mark.asyncio
@pytest.mark.rule("PF69")
async def test_what_was_taken_in_is_what_became_of_it_and_what_waits(bench):
    await with_some_mail(bench)
    balance = await audit_of(bench)
    assert balance.differences == ()
    assert (balance.counts.accepted, balance.counts.waiting) == (5, 1)
    assert balance.counts.outcomes == {"lead": 3, "duplicate": 1}
    assert (balance.leads_open, balance.in_pool) == (3, 0)
    assert balance.counts.mails_left == len([line for line in await bench.queue() if line.state == "sent"]) > 0


@pytest.mark.asyncio
async def test_leads_in_the_pool_belong_to_nobody_and_that_is_in_order(open_dealership):
    bench = await open_dealership(tables=POOL, more=POOL_USER)
    for number in (1, 2, 3):  # the pool takes its turn with the two sellers (R70)
        await bench.take(enquiry(number))
    await bench.run()
    balance = await audit_of(bench)
    assert (balance.leads_open, balance.in_pool, balance.differences) == (3, 1, ())


@pytest.mark.asyncio
@pytest.mark.rule("PF69")
@pytest.mark.parametrize(
    ("check", "count", "statement"),
    [
        ("accepted_is_sum_of_outcomes", 1, "UPDATE journal SET state = 'done' WHERE outcome IS NULL"),
        ("known_outcome", 1, "UPDATE journal SET outcome = 'lost' WHERE id = 4"),
        ("waiting_has_no_outcome", 1, "UPDATE journal SET outcome = 'ignored' WHERE outcome IS NULL"),
        ("lead_of_mail", 1, "UPDATE journal SET lead = NULL WHERE id = 1"),
        ("lead_of_mail_exists", 1, "UPDATE journal SET lead = 7 WHERE id = 1"),
        ("mail_in_journal", 1, "DELETE FROM journal WHERE id = 5"),
        ("open_lead_has_assignee", 1, "UPDATE lead SET assignee = '' WHERE number = 100001"),
        ("assignee_exists", 3, "UPDATE lead SET assignee = 'nobody'"),
        ("sent_mail_has_instant", 1, "UPDATE outbox SET sent_at = NULL WHERE id = 1"),
        ("sent_mail_has_message_id", 1, "UPDATE outbox SET message_id = NULL WHERE id = 1"),
        ("mail_of_lead_in_outbox", 1, "DELETE FROM outbox WHERE id = 1"),
        ("notice_in_outbox", 3, "UPDATE outbox SET message_id = '<other@x.example>' WHERE kind = 'new_lead'"),
    ],
)
async def test_what_does_not_add_up_is_named_with_its_number(bench, check, count, statement):
    await with_some_mail(bench)
    change(bench, statement)
    differences = {one.check: one for one in (await audit_of(bench)).differences}
    assert differences[check].count == count


@pytest.mark.asyncio
@pytest.mark.rule("R181")
async def test_it_still_balances_after_somebody_was_erased(bench):
    await with_some_mail(bench)
    world = bench.gateway.world
    for wanted in ("kunde1@kunden.example", "kunde4@kunden.example"):
        await erase_person(
            bench.gateway.database, world.settings, Wanted.of(wanted), world.suppression_key, bench.clock.now()
        )
    balance = await audit_of(bench)
    assert balance.differences == ()
    assert balance.counts.accepted == 5
    await bench.run()
    assert (await audit_of(bench)).differences == ()


@pytest.mark.asyncio
async def test_it_counts_in_one_snapshot_while_mail_comes_in(bench):
    await with_some_mail(bench)
    async with bench.gateway.database.view() as tx:
        before = await tx.balance.counts()
        await bench.run()
        assert await tx.balance.counts() == before
    assert (await audit_of(bench)).counts.waiting == 0


def test_the_command_says_it_by_its_exit_status(tmp_path):
    path = write_settings(tmp_path)
    runner = CliRunner()
    assert runner.invoke(leadmaild, ["-c", str(path), "migrate"]).exit_code == 0
    result = runner.invoke(leadmaild, ["-c", str(path), "audit"])
    assert result.exit_code == 0
    assert "everything adds up" in result.output

    engine = create_engine(sync_url(database_url("sqlite:///leadmaild.db", tmp_path)))
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO content VALUES ('stray', 'x', 1, '2026-03-02 09:00:00.000000')"))
    engine.dispose()
    result = runner.invoke(leadmaild, ["-c", str(path), "audit", "--json"])
    assert result.exit_code == 1
    shown = json.loads(result.stdout)
    assert shown["balanced"] is False
    assert [one["examples"] for one in shown["differences"]] == [["stray"]]
    assert "mails kept without" in runner.invoke(leadmaild, ["-c", str(path), "audit"]).output
