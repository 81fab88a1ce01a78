"""The vectors of rules.md through the whole line: mail in, clock on, each notice at its exact minute."""

from datetime import datetime, timedelta

import pytest

from tests.dealership import HOURS, enquiry, write_settings
from tests.pipeline.steps import FakeClock, open_bench
from tests.unit.escalation.build import instant, local
from tests.unit.escalation.test_timers import VECTORS


@pytest.mark.asyncio
@pytest.mark.rule("R13")
@pytest.mark.rule("R14")
@pytest.mark.rule("R15")
@pytest.mark.rule("R18")
@pytest.mark.rule("R20")
@pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS.keys())
async def test_vector_through_the_line(tmp_path, sources, vector):
    arrival, minutes, days_off, *expected = vector
    stage1, reminder, stage2 = minutes
    free = "".join(f"\n  [[location.day_off]]\n  from = {d.first}\n  until = {d.until}\n" for d in days_off)
    path = write_settings(
        tmp_path,
        tables=HOURS + free,
        escalation=f'stage1 = "{stage1}m"\n  reminder = "{reminder}m"\n  stage2 = "{stage2}m"',
    )
    bench = await open_bench(path, sources, FakeClock(instant(arrival)))
    try:
        await bench.take(enquiry(1))
        await bench.run_until(instant(arrival) + timedelta(days=7))
        told = {mail.kind: local(mail.sent_at) for mail in await bench.queue("reminder", "stage1", "stage2")}
    finally:
        await bench.gateway.close()

    kinds = ("reminder", "stage1", "stage2")
    assert told == {kind: moments[-1] for kind, moments in zip(kinds, expected, strict=True) if moments is not None}


@pytest.mark.asyncio
@pytest.mark.rule("R12")
async def test_a_follow_up_across_the_change_of_the_clocks_comes_at_its_local_time(tmp_path, sources):
    from leadmaild.commands.reactions import follow_up_lead

    bench = await open_bench(
        write_settings(tmp_path, location="follow_up_within_hours = false"),
        sources,
        FakeClock(instant("2026-03-27 10:00")),
    )
    try:
        await bench.take(enquiry(1))
        await bench.run()
        sunday: datetime = instant("2026-03-29 14:00")
        settings = bench.gateway.world.settings
        await follow_up_lead(bench.gateway.database, settings, 100001, sunday, "mueller", bench.clock.now())
        await bench.run_until(sunday + timedelta(hours=1))
        (told,) = await bench.queue("follow_up")
    finally:
        await bench.gateway.close()

    assert local(told.sent_at) == "2026-03-29 14:00"
