"""Absences and flags set at run time take effect at the next lead and stand in the settings log."""

from datetime import timedelta

import pytest

from leadmaild.commands.people import end_absences, enter_absence, reset_flags, set_flags
from leadmaild.errors import NotFound, Refused
from leadmaild.model.user import Absence
from tests.dealership import enquiry
from tests.pipeline.steps import MONDAY_10

pytestmark = pytest.mark.asyncio
DAY = timedelta(days=1)


async def do(bench, command, *arguments):
    return await command(bench.gateway.database, bench.gateway.world.settings, *arguments, "dispo", bench.clock.now())


async def assignees(bench, *numbers):
    for number in numbers:
        await bench.take(enquiry(number))
        await bench.run()
    return [lead.assignee for lead in await bench.leads()][-len(numbers) :]


async def log_of(bench):
    async with bench.gateway.database.view() as tx:
        lines = await tx.listings.settings_log()
    return [(line.who, line.location, line.key, line.old, line.new) for line in reversed(lines)]


@pytest.mark.rule("R72")
@pytest.mark.rule("R145")
@pytest.mark.rule("R183")
async def test_who_is_absent_gets_no_leads_until_he_is_present(bench):
    absence = Absence("mueller", MONDAY_10 - DAY, MONDAY_10 + 7 * DAY, "schmidt")
    await do(bench, enter_absence, absence)
    assert await assignees(bench, 1, 2) == ["schmidt", "schmidt"]
    assert await do(bench, end_absences, "mueller") == 1
    assert await assignees(bench, 3) == ["mueller"]

    span = f"{absence.start.isoformat()} to {absence.end.isoformat()}, representative schmidt"
    assert await log_of(bench) == [
        ("dispo", "MUC", "user mueller: absence", None, span),
        ("dispo", "MUC", "user mueller: absence", span, None),
    ]


@pytest.mark.rule("R146")
async def test_notices_of_an_absent_assignee_go_to_his_representative_too(bench):
    await assignees(bench, 1)
    await do(bench, enter_absence, Absence("mueller", MONDAY_10, MONDAY_10 + DAY, "schmidt"))
    await bench.run_until(MONDAY_10 + timedelta(hours=3))

    (stage1,) = await bench.queue("stage1")
    assert stage1.to == ("mueller@autohaus-beispiel.example", "schmidt@autohaus-beispiel.example")


@pytest.mark.rule("R72")
@pytest.mark.rule("R183")
async def test_a_flag_set_at_run_time_holds_until_it_is_reset_or_the_file_changes(open_dealership):
    bench = await open_dealership()
    await do(bench, set_flags, "mueller", {"receives_leads": False})
    assert await assignees(bench, 1, 2) == ["schmidt", "schmidt"]
    await do(bench, reset_flags, "mueller")
    assert await assignees(bench, 3, 4) == ["schmidt", "mueller"]  # who joins again joins at the end (R76)
    await do(bench, set_flags, "leitung", {"receives_leads": True})

    assert [(key, old, new) for _who, _where, key, old, new in await log_of(bench)] == [
        ("user mueller: receives_leads", "yes", "no"),
        ("user mueller: receives_leads", "no", "yes"),
        ("user leitung: receives_leads", "no", "yes"),
    ]


@pytest.mark.rule("R145")
@pytest.mark.rule("R71")
@pytest.mark.parametrize(
    ("absence", "error", "words"),
    [
        (Absence("mueller", MONDAY_10 + DAY, MONDAY_10), Refused, "before it begins"),
        (Absence("mueller", MONDAY_10 - 2 * DAY, MONDAY_10 - DAY), Refused, "over"),
        (Absence("mueller", MONDAY_10, MONDAY_10 + DAY, "mueller"), Refused, "himself"),
        (Absence("niemand", MONDAY_10, MONDAY_10 + DAY), NotFound, "niemand"),
        (Absence("mueller", MONDAY_10, MONDAY_10 + DAY, "niemand"), NotFound, "niemand"),
    ],
)
async def test_absences_that_make_no_sense_are_refused(bench, absence, error, words):
    with pytest.raises(error, match=words):
        await do(bench, enter_absence, absence)
