"""A location or user that a reload takes out of the settings while mail and leads of theirs are not over."""

import asyncio
from datetime import timedelta

import pytest

from leadmaild.cli.main import run
from leadmaild.commands.journal import reprocess_mails
from leadmaild.model.lead import TimerState
from leadmaild.reload import reload
from tests.dealership import MAILBOX, enquiry
from tests.pipeline.steps import MONDAY_10, outcomes

pytestmark = pytest.mark.asyncio

AUGSBURG = """
[[location]]
code = "AUG"
name = "Autohaus Beispiel Augsburg"
mailbox = "augsburg@dein.auto"
fallback_user = "leitung"
admin_user = "admin"
"""
POSTMASTER = "betrieb@gateway.example"


async def rewrite(bench, *changes: tuple[str, str]) -> None:
    path = bench.gateway.world.settings.path
    text = path.read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, "utf-8")
    assert await reload(bench.gateway)


RENAMED = (('code = "MUC"', 'code = "M1"'), ('locations = ["MUC"]', 'locations = ["M1"]'))
GONE = (*RENAMED, (f'mailbox = "{MAILBOX}"', 'mailbox = "neu@dein.auto"'))
BACK = tuple((new, old) for old, new in GONE)


@pytest.mark.rule("PF64")
async def test_mail_that_waits_while_its_location_gets_another_code_becomes_a_lead_there(bench):
    await bench.take(enquiry(1))
    await rewrite(bench, *RENAMED)
    await bench.run()

    assert outcomes(await bench.journal()) == ["lead"]
    (lead,) = await bench.leads()
    assert (lead.location, lead.received_location, lead.assignment_reason) == ("M1", "M1", "rolling")
    assert len(bench.transport.to("kunde1@kunden.example")) == 1


@pytest.mark.rule("PF69")
@pytest.mark.rule("R50")
async def test_mail_of_a_location_that_is_gone_is_kept_told_to_the_postmaster_and_read_once_it_is_back(open_dealership):
    bench = await open_dealership(more=AUGSBURG)
    await bench.take(enquiry(1))
    await rewrite(bench, *GONE)
    await bench.run()

    (entry,) = await bench.journal()
    assert (entry.outcome, entry.reason, entry.attempts) == ("set_aside", "location_gone", 1)
    (told,) = bench.transport.sent
    assert told.recipients == (POSTMASTER,)
    assert "location_gone" not in told.raw.decode("utf-8", "replace")
    assert await bench.leads() == []

    await rewrite(bench, *BACK)
    await reprocess_mails(bench.gateway.database, [entry.id], bench.clock.now())
    await bench.run()
    assert outcomes(await bench.journal()) == ["lead"]
    assert [lead.location for lead in await bench.leads()] == ["MUC"]


@pytest.mark.rule("PF66")
async def test_mail_that_cannot_leave_because_its_location_is_gone_raises_an_alarm_by_that_name(
    open_dealership, alarms
):
    bench = await open_dealership(more=AUGSBURG)
    await bench.take(enquiry(1))
    await bench.gateway.intake.step()
    await rewrite(bench, *GONE)
    await bench.run()

    assert {line.state for line in await bench.queue()} == {"failed"}
    assert {one["reason"] for one in alarms} == {"location_gone"}
    assert all("MUC is not in the settings" in one["problem"] for one in alarms)


@pytest.mark.rule("R29")
async def test_the_clock_of_a_location_that_was_gone_for_a_while_goes_on_once_it_is_back(open_dealership):
    bench = await open_dealership(more=AUGSBURG)
    await bench.take(enquiry(1))
    await bench.run()
    await rewrite(bench, *GONE)
    await bench.run_until(MONDAY_10 + timedelta(hours=3))  # stage 1 was at two hours
    (lead,) = await bench.leads()
    assert {t.kind: t.state for t in (await bench.lead(lead.number)).timers}["stage1"] is TimerState.PENDING

    await rewrite(bench, *BACK)
    await bench.run_until(MONDAY_10 + timedelta(hours=5))
    states = {t.kind: t.state for t in (await bench.lead(lead.number)).timers}
    assert (states["stage1"], states["stage2"]) == (TimerState.FIRED, TimerState.PENDING)
    assert [line.state for line in await bench.queue("stage1")] == ["sent"]


@pytest.mark.rule("PF69")
async def test_settings_without_any_location_let_mail_wait(bench):
    await bench.take(enquiry(1))
    text = bench.gateway.world.settings.path.read_text("utf-8")
    start, end = text.index("[[location]]"), text.index("[[user]]")
    await rewrite(bench, (text[start:end], ""), ('locations = ["MUC"]', ""), ('listen = ["127.0.0.1:0"]', ""))
    await bench.run()

    assert outcomes(await bench.journal()) == [None]


@pytest.mark.rule("R149")
async def test_settings_that_leave_leads_and_mail_behind_are_warned_of(bench, capsys):
    for number in (1, 2, 3):
        await bench.take(enquiry(number))
        if number < 3:
            await bench.run()
    assert await bench.gateway.left_behind() == ()

    await rewrite(bench, *GONE, ('username = "mueller"', 'username = "meier"'))
    told = [str(warning) for warning in await bench.gateway.left_behind()]
    assert told[0].startswith("location MUC: is not in the settings, but has 2 open leads, 1 mail to be read:")
    assert told[1].startswith("user mueller: is gone, but has open leads: they go to the fallback user")

    path = str(bench.gateway.world.settings.path)
    assert await asyncio.to_thread(run, ["-c", path, "check-config"]) == 0
    said = capsys.readouterr().out
    assert all(f"warning: {line}" in said for line in told)
