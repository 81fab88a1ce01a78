"""Sources that fall silent or are no longer read as before: told of once, and shown by `sources list`."""

import asyncio
import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from leadmaild.cli.main import run
from leadmaild.pipeline import source_watch
from leadmaild.pipeline.source_watch import SourceWatch
from leadmaild.reading.definition_reader import read_definition
from tests.dealership import enquiry
from tests.pipeline.portal import DEFINITION, mail_of_portal
from tests.pipeline.steps import FakeClock, SameProcessReader
from tests.pipeline.test_cost import statements_of

pytestmark = [pytest.mark.asyncio, pytest.mark.rule("R165")]

DAY = timedelta(days=1)
EVERY_SO_OFTEN = timedelta(hours=6)


@pytest.fixture
def told(monkeypatch) -> list[tuple[str, ...]]:
    """What the watch has logged: event, source, location, field, reason."""
    lines: list[tuple[str, ...]] = []

    def note(event, **fields):
        lines.append((str(event), fields["source"], fields["location"], fields["path"], fields["reason"]))

    monkeypatch.setattr(source_watch, "log", note)
    return lines


@pytest.fixture
def knows_portal(sources):
    return {"reader": SameProcessReader(sources.overridden_by([read_definition(DEFINITION)]))}


async def look_often(bench, span: timedelta) -> None:
    for _ in range(span // EVERY_SO_OFTEN):
        bench.clock.advance(EVERY_SO_OFTEN)
        await bench.gateway.source_watch.step()


async def test_a_source_that_falls_silent_is_told_of_once_until_it_has_sent_again(open_dealership, knows_portal, told):
    bench = await open_dealership(outside=knows_portal)
    await bench.take(mail_of_portal(1))
    await bench.run()
    await look_often(bench, 7 * DAY - EVERY_SO_OFTEN)
    assert told == []

    silent = ("source_silent", "boersenlead", "MUC", "", "no_mail_any_more")
    await look_often(bench, 3 * DAY)
    assert told == [silent]

    await bench.take(mail_of_portal(2))
    await bench.run()
    await look_often(bench, 6 * DAY)
    assert told == [silent]
    await look_often(bench, 2 * DAY)
    assert told == [silent, silent]


async def test_the_location_says_how_long_a_source_may_be_silent(open_dealership, knows_portal, told):
    tables = '[[location.source]]\nid = "boersenlead"\nsilence_warning = "2d"\n'
    bench = await open_dealership(outside=knows_portal, tables=tables)
    await bench.take(mail_of_portal(1))
    await bench.take(enquiry(2))
    await bench.run()
    await look_often(bench, 3 * DAY)
    assert [line[:3] for line in told] == [("source_silent", "boersenlead", "MUC")]


async def test_a_field_that_is_no_longer_found_is_told_of_once(open_dealership, knows_portal, told):
    bench = await open_dealership(outside=knows_portal)
    for number in range(30):
        await bench.take(mail_of_portal(number))
    await bench.run()
    await bench.gateway.source_watch.step()
    for number in range(30, 70):
        await bench.take(mail_of_portal(number, phone="Rufnummer neu"))
    await bench.run()
    await look_often(bench, DAY)
    assert told == [("source_drifted", "boersenlead", "", "contact.phone", "fill_rate_from_100%_to_20%")]


async def test_what_one_node_has_told_no_other_tells_again(open_dealership, knows_portal, told):
    clock = FakeClock()
    one = await open_dealership(outside=knows_portal, clock=clock)
    other = await open_dealership(outside=knows_portal, clock=clock, node="other")
    await one.take(mail_of_portal(1))
    await one.run()
    clock.advance(8 * DAY)
    async with one.gateway.database.transaction() as tx:
        assert await tx.node_leases.take("source_watch", "third", clock.now())
        await tx.commit()
    await one.gateway.source_watch.step()
    assert told == []  # a third node is at it

    async with one.gateway.database.transaction() as tx:
        await tx.node_leases.give_back("source_watch", "third")
        await tx.commit()
    await other.gateway.source_watch.step()
    await one.gateway.source_watch.step()
    assert len(told) == 1


@pytest.mark.parametrize("database_setting", ["sqlite:///leadmaild.db"])
async def test_looking_reads_no_table_from_end_to_end(open_dealership, knows_portal, tmp_path):
    bench = await open_dealership(outside=knows_portal)
    await bench.take(mail_of_portal(1))
    await bench.run()
    watch = SourceWatch(bench.gateway.database, lambda: bench.gateway.world, bench.clock, "bench")
    with statements_of(bench) as seen:
        await watch.step()
    asked = [one for one in seen if " journal" in one[0] or " lead" in one[0]]
    assert len(asked) >= 4
    with closing(sqlite3.connect(tmp_path / "leadmaild.db")) as database:
        for statement, parameters in asked:
            plan = " ".join(row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {statement}", parameters))
            assert "SCAN" not in plan, plan
            assert "TEMP B-TREE" not in plan, plan


async def test_the_list_shows_what_each_source_sent_and_how_much_of_it_was_found(
    open_dealership, knows_portal, tmp_path, capsys
):
    clock = FakeClock(datetime.now(UTC) - 9 * DAY)  # the command looks by the machine's clock
    bench = await open_dealership(outside=knows_portal, clock=clock)
    await bench.take(mail_of_portal(1))
    await bench.take(mail_of_portal(2, phone="Rufnummer neu"))
    clock.advance(5 * DAY)
    await bench.take(enquiry(3))
    await bench.run()

    rows = await _listed(capsys, tmp_path)
    portal, plain, unheard = rows["boersenlead"], rows["direct_email"], rows["mobile.de"]
    assert (portal["mails_30d"], portal["days_since"], portal["silent"]) == (2, 9, True)
    assert (portal["silent_at"], portal["drifted"]) == (["MUC"], False)
    assert portal["fill_rates"]["contact.phone"] == {"now": 0.5, "before": None, "drifted": False}
    assert portal["fill_rates"]["contact.email"]["now"] == 1
    assert (plain["mails_30d"], plain["days_since"], plain["silent"], plain["origin"]) == (1, 4, False, None)
    assert (unheard["mails_30d"], unheard["last_mail_at"], unheard["origin"]) == (0, None, "packaged")

    await _list(tmp_path)
    shown = capsys.readouterr().out
    assert next(line for line in shown.splitlines() if line.startswith("boersenlead")).split()[4] == "MUC"


async def _list(folder, *arguments: str) -> None:
    # A thread of its own: the command has its own event loop.
    assert await asyncio.to_thread(run, ["-c", str(folder / "leadmaild.toml"), "sources", "list", *arguments]) == 0


async def _listed(capsys, folder) -> dict[str, dict]:
    await _list(folder, "--json")
    return {row["id"]: row for row in json.loads(capsys.readouterr().out)}
