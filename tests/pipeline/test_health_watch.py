"""The gateway looks at itself: figures of a real database, metrics, and alarms of what only gets older."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

import pytest
from sqlalchemy import event

from leadmaild.inbound.event_counts import EventCounts
from leadmaild.inbound.metrics_text import metrics_text
from leadmaild.maillog import Event, log, observed
from leadmaild.model.health import HealthStatus
from leadmaild.model.outgoing import Delivery, RecipientResult
from tests.dealership import enquiry
from tests.pipeline.steps import Bench

pytestmark = pytest.mark.asyncio


def nobody_answers(_mail, address) -> RecipientResult:
    return RecipientResult(address, Delivery.DEFERRED, "relay.example: no connection")


def busy(_mail, address) -> RecipientResult:
    return RecipientResult(address, Delivery.DEFERRED, "451 4.3.2 try again later")


async def bad(bench: Bench) -> dict[str, HealthStatus]:
    bench.clock.advance(timedelta(seconds=10))  # past what is still fresh
    health = await bench.gateway.health.look()
    return {check.name: check.status for check in health.checks if check.status is not HealthStatus.OK}


@pytest.mark.rule("PF67")
async def test_mail_that_waits_too_long_to_be_read_is_seen(bench):
    await bench.take(enquiry(1))
    assert await bad(bench) == {}
    bench.clock.advance(timedelta(minutes=6))
    assert await bad(bench) == {"intake": HealthStatus.DEGRADED}
    await bench.run()
    assert await bad(bench) == {}


@pytest.mark.rule("PF67")
async def test_a_relay_that_is_not_reached_is_seen_until_it_answers_again(bench):
    bench.transport.answer = nobody_answers
    await bench.take(enquiry(1))
    await bench.run()
    assert await bad(bench) == {}
    bench.clock.advance(timedelta(minutes=5))
    assert (await bad(bench))["mail_server"] is HealthStatus.DEGRADED
    bench.transport.answer = busy
    await bench.run_until(bench.clock.now() + timedelta(hours=1))
    assert "mail_server" not in await bad(bench)


async def test_one_look_serves_all_who_ask_within_seconds(bench):
    first = await bench.gateway.health.look()
    await bench.take(enquiry(1))
    assert await bench.gateway.health.look() is first
    bench.gateway.health.is_draining = True
    assert (await bench.gateway.health.look()).status is HealthStatus.FAILING


async def test_a_database_that_is_away_is_no_error_but_the_answer(bench, monkeypatch):
    def gone():
        from leadmaild.errors import Unavailable

        raise Unavailable("gone")

    monkeypatch.setattr(bench.gateway.database, "view", gone)
    assert await bad(bench) == {"database": HealthStatus.FAILING}


async def test_watched_mailboxes_are_known_by_their_rows(bench):
    now = bench.clock.now()
    async with bench.gateway.database.transaction() as tx:
        await tx.mailboxes.looked_through("muc", now)
        await tx.mailboxes.lost("muc", "no connection", now + timedelta(minutes=1))
        await tx.mailboxes.lost("muc", "certificate", now + timedelta(minutes=2))
        await tx.mailboxes.lost("new", "password", now)
        await tx.commit()
    async with bench.gateway.database.view() as tx:
        known = await tx.standing.mailboxes()
    assert (known["muc"].last_success_at, known["muc"].problem) == (now, "certificate")
    assert known["muc"].lost_at == now + timedelta(minutes=1)
    assert (known["new"].last_success_at, known["new"].lost_at) == (None, now)
    async with bench.gateway.database.transaction() as tx:
        await tx.mailboxes.looked_through("muc", now + timedelta(minutes=3))
        await tx.commit()
    async with bench.gateway.database.view() as tx:
        again = (await tx.standing.mailboxes())["muc"]
    assert (again.problem, again.lost_at) == ("", None)


@pytest.fixture
def said() -> Iterator[list[tuple[Event, dict]]]:
    lines: list[tuple[Event, dict]] = []
    with observed(lambda event, fields: lines.append((event, dict(fields)))):
        yield lines


async def test_what_has_become_bad_raises_one_alarm_until_it_is_well_again(bench, said):
    await bench.take(enquiry(1))
    for _ in range(3):
        bench.clock.advance(timedelta(minutes=6))
        await bench.gateway.health.step()
    await bench.run()
    bench.clock.advance(timedelta(minutes=1))
    await bench.gateway.health.step()
    await bench.take(enquiry(2))
    bench.clock.advance(timedelta(minutes=6))
    await bench.gateway.health.step()
    alarms = [fields for event, fields in said if event is Event.ALARM_RAISED]
    assert [alarm["reason"] for alarm in alarms] == ["health_intake", "health_intake"]


@pytest.mark.rule("R165", "PF64")
async def test_metrics_hold_figures_and_names_of_the_settings_only(bench, said):
    counts = EventCounts()
    with observed(counts.note):
        for number in (1, 2):
            await bench.take(enquiry(number))
        await bench.run()
        await bench.take(enquiry(3))
        log(Event.SOURCE_SILENT, source="mobile.de", location="MUC")
        log(Event.CONFIG_REJECTED, path="smtp.listen")
    text = metrics_text(await bench.gateway.health.look(), counts)
    assert 'leadmaild_events_total{event="mail_accepted"} 3.0\n' in text
    assert 'leadmaild_events_total{event="source_silent"} 1.0\n' in text
    assert 'leadmaild_events_total{event="config_rejected"} 1.0\n' in text
    assert 'leadmaild_events_total{event="bug"} 0.0\n' in text
    assert 'leadmaild_mails_total{outcome="lead"} 2.0\n' in text
    assert "leadmaild_journal_waiting 1.0\n" in text
    assert "leadmaild_leads_open 2.0\n" in text
    assert 'leadmaild_health{check="database",about=""} 0.0\n' in text
    assert "@" not in text
    assert "Nummer" not in text
    names = [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("database_setting", ["sqlite:///leadmaild.db"])
async def test_a_look_costs_what_waits_and_not_what_is_done(bench, tmp_path):
    seen: list[tuple[str, tuple]] = []
    engine = bench.gateway.database._reader.sync_engine

    def note(_connection, _cursor, statement, parameters, _context, _many):
        if statement.startswith("SELECT"):
            seen.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    await bench.gateway.health.look()
    event.remove(engine, "before_cursor_execute", note)
    assert len(seen) >= 8
    with closing(sqlite3.connect(tmp_path / "leadmaild.db")) as database:
        for statement, parameters in seen:
            plan = [row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)]
            whole = [step for step in plan if step.startswith("SCAN") and "INDEX ix_" not in step]
            assert not whole or "mailbox_watch" in statement, (statement, plan)
