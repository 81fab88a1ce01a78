"""Days off set at run time: they move running timers and are undone the same way."""

from datetime import UTC, date, datetime, timedelta

import pytest

from leadmaild.commands.calendar import import_days_off, restore_day, take_out_day
from leadmaild.errors import Refused
from leadmaild.model.location import DayOff
from tests.dealership import HOURS, enquiry
from tests.pipeline.steps import FakeClock

pytestmark = pytest.mark.asyncio

MONDAY_17 = datetime(2026, 3, 2, 16, 30, tzinfo=UTC)  # half an hour before closing: stage 1 ends on Tuesday
TUESDAY = DayOff(date(2026, 3, 3), date(2026, 3, 3), "Inventur")


async def do(bench, command, *arguments):
    world = bench.gateway.world
    await command(bench.gateway.database, world.files, "MUC", *arguments, "dispo", bench.clock.now())
    await bench.gateway.days_watch.step()
    await bench.run()


async def due_at(bench):
    return (await bench.lead(100001)).due_at


@pytest.mark.rule("R10")
@pytest.mark.rule("R29")
@pytest.mark.rule("PF45")
async def test_an_imported_day_off_moves_running_timers_and_taking_it_out_moves_them_back(open_dealership):
    bench = await open_dealership(clock=FakeClock(MONDAY_17), tables=HOURS)
    await bench.take(enquiry(1))
    await bench.run()
    tuesday = datetime(2026, 3, 3, 9, 30, tzinfo=UTC)
    assert await due_at(bench) == tuesday
    await do(bench, import_days_off, [TUESDAY])
    assert await due_at(bench) == tuesday + timedelta(days=1)
    await do(bench, take_out_day, TUESDAY.first)
    assert await due_at(bench) == tuesday
    await do(bench, restore_day, TUESDAY.first)
    assert await due_at(bench) == tuesday + timedelta(days=1)


@pytest.mark.rule("PF51")
@pytest.mark.rule("R183")
async def test_an_import_replaces_the_one_before_and_leaves_taken_out_days_out(open_dealership):
    bench = await open_dealership(clock=FakeClock(MONDAY_17), tables=HOURS)
    await do(bench, import_days_off, [TUESDAY])
    await do(bench, take_out_day, TUESDAY.first)
    later = DayOff(date(2026, 4, 1), date(2026, 4, 2), "Umzug")
    await do(bench, import_days_off, [TUESDAY, later])

    hours = bench.gateway.world.settings.location("MUC").opening_hours
    assert (hours.days_off, hours.not_days_off) == ((TUESDAY, later), (TUESDAY.first,))
    async with bench.gateway.database.view() as tx:
        log = await tx.listings.settings_log()
    assert [(line.key, line.old, line.new) for line in reversed(log)] == [
        ("calendar: day_off", None, "2026-03-03 Inventur"),
        ("calendar: not_days_off", None, "2026-03-03"),
        ("calendar: day_off", None, "2026-04-01 to 2026-04-02 Umzug"),
    ]


async def test_only_a_day_off_can_be_taken_out_and_only_one_taken_out_restored(bench):
    with pytest.raises(Refused, match="no day off"):
        await do(bench, take_out_day, date(2026, 3, 5))
    with pytest.raises(Refused, match="not taken out"):
        await do(bench, restore_day, date(2026, 3, 5))


@pytest.mark.rule("R10")
async def test_days_set_before_a_restart_hold_after_it(open_dealership):
    bench = await open_dealership(clock=FakeClock(MONDAY_17), tables=HOURS)
    await do(bench, import_days_off, [TUESDAY])
    again = await open_dealership(clock=bench.clock, tables=HOURS)

    assert again.gateway.world.settings.location("MUC").opening_hours.days_off == (TUESDAY,)
