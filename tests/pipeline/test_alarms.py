"""Alarms that the steps raise about people who should have been told."""

from datetime import timedelta

import pytest

from leadmaild.model.outgoing import Delivery, RecipientResult
from leadmaild.model.user import Absence
from tests.dealership import enquiry

pytestmark = pytest.mark.asyncio


@pytest.mark.rule("PF34", "R146")
async def test_a_notice_that_reaches_only_an_absent_assignee_raises_an_alarm_once(bench, alarms):
    bench.transport.answer = lambda mail, address: _busy(address) if "mueller" in address else _taken(address)
    await bench.take(enquiry(1))
    await bench.run()
    assert (await bench.leads())[0].assignee == "mueller"
    now = bench.clock.now()
    async with bench.gateway.database.transaction() as tx:
        for user, other in (("mueller", "schmidt"), ("schmidt", "mueller")):
            await tx.people.add_absence(Absence(user, now, now + timedelta(days=7), other))
        await tx.commit()
    alarms.clear()
    await bench.run_until(now + timedelta(hours=2))  # the reminder leaves, is put off, is tried again
    (reminder,) = await bench.queue("reminder")
    assert reminder.attempts > 1
    of_reminder = [one for one in alarms if one.get("queue_id") == reminder.id]
    assert [(one["reason"], one["location"]) for one in of_reminder] == [("not_everybody_is_told", "MUC")]


@pytest.mark.rule("BI-61", "AR-17")
async def test_a_spent_budget_raises_an_alarm_that_says_so(open_dealership, alarms):
    bench = await open_dealership(tables="[location.autoresponse]\n  per_hour = 1")
    for number in (1, 2):
        await bench.take(enquiry(number))
    await bench.run()
    assert [(one["reason"], one["location"]) for one in alarms] == [("budget_exhausted", "MUC")]


def _busy(address):
    return RecipientResult(address, Delivery.DEFERRED, "451 4.3.2 later")


def _taken(address):
    return RecipientResult(address, Delivery.DELIVERED, "250 2.0.0 ok")
