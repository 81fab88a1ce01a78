"""Nobody's leads: whoever had them is gone from the settings (R149)."""

import pytest

from leadmaild.reload import reload
from tests.dealership import HOURS, MAILBOX, enquiry

LEITUNG, ADMIN = "leitung@autohaus-beispiel.example", "admin@autohaus-beispiel.example"


async def rewrite(bench, *changes):
    path = bench.gateway.world.settings.path
    text = path.read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, "utf-8")
    assert await reload(bench.gateway)
    while await bench.gateway.hand_over.step():
        pass
    await bench.run()


def gone(username):
    return (f'username = "{username}"', f'username = "{username}"\nactive = false')


@pytest.mark.rule("R149")
@pytest.mark.rule("R48")
@pytest.mark.asyncio
async def test_open_leads_of_a_user_who_is_gone_go_to_the_fallback_user_who_is_told_once(open_dealership):
    bench = await open_dealership()
    for number in range(1, 5):
        await bench.take(enquiry(number), MAILBOX)
    await bench.run()
    before = {lead.number: lead.assignee for lead in await bench.leads()}
    assert set(before.values()) == {"mueller", "schmidt"}
    assert not await bench.gateway.hand_over.step()  # everybody is there

    await rewrite(bench, gone("mueller"))
    orphans = {number for number, assignee in before.items() if assignee == "mueller"}
    for lead in await bench.leads():
        expected = ("leitung", "fallback") if lead.number in orphans else (before[lead.number], "rolling")
        assert (lead.assignee, lead.assignment_reason) == expected
    assert len(bench.transport.to(LEITUNG)) == len(orphans) == 2
    change = [a for a in (await bench.lead(min(orphans))).activities if a.kind == "assignee_change"][-1]
    assert change.details["was"] == "mueller"

    await rewrite(bench)
    assert len(bench.transport.to(LEITUNG)) == len(orphans)


@pytest.mark.rule("R149")
@pytest.mark.rule("R77")
@pytest.mark.asyncio
async def test_without_the_fallback_user_the_administrator_gets_them_and_closed_leads_stay(open_dealership):
    bench = await open_dealership()
    for number in (1, 2):
        await bench.take(enquiry(number), MAILBOX)
    await bench.run()
    first, _ = await bench.leads()
    async with bench.gateway.database.transaction() as tx:
        await tx.lead_changes.change(first.number, state="closed")
        await tx.commit()
    await rewrite(bench, gone("mueller"), gone("schmidt"), gone("leitung"))
    assert [lead.assignee for lead in await bench.leads()] == [first.assignee, "admin"]
    assert len(bench.transport.to(ADMIN)) == 1


@pytest.mark.rule("R18")
@pytest.mark.rule("R149")
@pytest.mark.asyncio
async def test_the_new_assignee_is_told_within_opening_hours(open_dealership):
    bench = await open_dealership(tables=HOURS)
    await bench.take(enquiry(1), MAILBOX)
    await bench.run()
    (lead,) = await bench.leads()
    bench.clock.advance(bench.clock.now().replace(hour=20) - bench.clock.now())
    await rewrite(bench, gone(lead.assignee))
    assert bench.transport.to(LEITUNG) == []
    held = [line for line in await bench.queue("new_lead") if line.state == "held"]
    assert [line.not_before.hour for line in held] == [8]  # 9:00 in Munich


@pytest.mark.rule("R149")
@pytest.mark.asyncio
async def test_where_nobody_is_left_the_lead_stays_and_the_others_are_handed_over_all_the_same(open_dealership):
    bench = await open_dealership()
    await bench.take(enquiry(1), MAILBOX)
    await bench.run()
    await rewrite(bench, *(gone(name) for name in ("mueller", "schmidt", "leitung", "admin")))
    (lead,) = await bench.leads()
    assert lead.assignee in ("mueller", "schmidt")
    assert not await bench.gateway.hand_over.step()
