"""Alarms that are not mail: at once, seldom, within bounds, and again if they could not be sent."""

import json
from datetime import timedelta

import pytest

from leadmaild.errors import Unavailable
from leadmaild.model.alarm import Alarm
from leadmaild.pipeline.alarm_line import MOST_KINDS, QUIET, RETRIES, TOO_OLD, AlarmLine
from tests.pipeline.steps import FakeClock

pytestmark = pytest.mark.asyncio


class Line:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.sent: list[dict] = []
        self.is_broken = False
        self.line = AlarmLine("webhook", self._send, self.clock, "gateway-1")

    async def _send(self, document: bytes) -> None:
        if self.is_broken:
            raise Unavailable("the webhook answered 503")
        self.sent.append(json.loads(document))

    def note(self, reason: str, times: int = 1, **fields: str | int) -> None:
        for _ in range(times):
            self.line.note(Alarm.of("alarm_raised", {"reason": reason, **fields}, self.clock.now()))

    async def after(self, span: timedelta = timedelta(0)) -> list[dict]:
        """What is sent once that time has gone by."""
        self.sent.clear()
        self.clock.advance(span)
        while await self.line.step():
            pass
        return self.sent


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.mark.rule("PF66")
async def test_an_alarm_leaves_at_once_with_ids_and_no_person(line):
    line.note("assigned_by_fallback", lead=100001, location="MUC", user="mueller", message_id="abc")
    (told,) = await line.after()
    assert told == {
        "event": "alarm_raised", "at": "2026-03-02T09:00:00+00:00", "machine": "gateway-1", "count": 1,
        "reason": "assigned_by_fallback", "location": "MUC", "lead": 100001,
    }  # fmt: skip


async def test_the_same_alarm_again_is_counted_and_told_a_quarter_of_an_hour_later(line):
    line.note("database_unavailable", where="intake")
    assert len(await line.after()) == 1
    line.note("database_unavailable", 300, where="deliver")
    line.note("database_unavailable", 100, where="intake")
    line.note("pool_broken")
    assert [told["reason"] for told in await line.after(timedelta(minutes=1))] == ["pool_broken"]
    (told,) = await line.after(QUIET)
    assert (told["reason"], told["count"]) == ("database_unavailable", 400)
    assert await line.after(2 * QUIET) == []


async def test_alarms_of_different_places_are_different_alarms(line):
    for code in ("MUC", "BER"):
        line.note("assigned_by_fallback", location=code)
    assert len(await line.after()) == 2


async def test_what_could_not_be_sent_is_sent_when_it_can_with_what_came_meanwhile(line):
    line.is_broken = True
    line.note("pool_broken")
    assert await line.after() == []
    assert await line.line.next_due() == line.clock.now() + RETRIES[0]
    line.note("pool_broken", 2)
    assert await line.after(RETRIES[0]) == []
    assert await line.line.next_due() == line.clock.now() + RETRIES[1]
    line.is_broken = False
    (told,) = await line.after(RETRIES[1])
    assert told["count"] == 3


async def test_it_is_given_up_after_a_day(line):
    line.is_broken = True
    line.note("pool_broken")
    await line.after()
    await line.after(TOO_OLD + timedelta(minutes=1))
    assert await line.line.next_due() is None


async def test_it_waits_a_quarter_of_an_hour_between_tries_in_the_long_run(line):
    line.is_broken = True
    line.note("pool_broken")
    for pause in (timedelta(0), *RETRIES, QUIET):
        await line.after(pause)
    assert await line.line.next_due() == line.clock.now() + QUIET


async def test_any_number_of_kinds_stays_bounded(line):
    for number in range(MOST_KINDS + 50):
        line.note(f"reason_{number}")
    told = await line.after()
    assert len(told) == MOST_KINDS + 1
    (rest,) = [one for one in told if one["reason"] == "more_alarms_see_the_log"]
    assert rest["count"] == 50


@pytest.mark.rule("SP-18")
async def test_a_clock_that_was_set_back_does_not_silence_an_alarm_for_years(line):
    line.clock.advance(timedelta(days=3650))
    line.note("pool_broken")
    await line.after()
    line.clock.advance(timedelta(days=-3650))
    line.note("pool_broken")
    assert len(await line.after(QUIET)) == 1
