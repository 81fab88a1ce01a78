"""A week of 200 leads at three locations in fake time: nobody is told outside opening hours, every event once, the
supervisor exactly where nobody reacted; and restarts in between change nothing."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from leadmaild.commands.reactions import call_on_lead, close_lead, follow_up_lead
from leadmaild.storage import engine
from leadmaild.wiring import Outside, build
from tests.dealership import HOURS, enquiry, write_settings
from tests.pipeline.steps import Bench, EvenDice, FakeClock, SameProcessReader, open_bench

pytestmark = pytest.mark.asyncio

MONDAY = datetime(2026, 3, 23, tzinfo=UTC)  # the week in which the clock is put forward
END = MONDAY + timedelta(days=12)
STAGES = ("reminder", "stage1", "stage2")
FOLLOW_UPS = ("follow_up", "follow_up_stage2")

OTHERS = """
[[location]]
code = "AUG"
name = "Autohaus Beispiel Augsburg"
mailbox = "augsburg@dein.auto"
fallback_user = "aug-chef"
admin_user = "aug-chef"
  [location.hours]
  tue = ["08:00-12:00", "13:00-17:00"]
  wed = ["08:00-12:00", "13:00-17:00"]
  thu = ["08:00-12:00", "13:00-17:00"]
  sat = ["08:00-12:00"]
  [[location.day_off]]
  from = 2026-03-26
  until = 2026-03-27
  [location.escalation]
  stage1 = "90m"
  reminder = "1h"
  stage2 = "0m"
  stage2_follow_up = "2h"
[[location]]
code = "LIS"
name = "Stand Exemplo Lisboa"
timezone = "Europe/Lisbon"
language = "en"
mailbox = "lisboa@dein.auto"
fallback_user = "lis-chef"
admin_user = "lis-chef"
follow_up_within_hours = false
  [location.hours]
  mon = ["10:00-19:00"]
  tue = ["10:00-19:00"]
  wed = ["10:00-19:00"]
  thu = ["10:00-19:00"]
  fri = ["10:00-19:00"]
  [location.escalation]
  stage1 = "3h"
  reminder = "30m"
  stage2 = "1d"
  stage2_follow_up = "30m"
"""


def _user(name: str, code: str, chef: str, receives: bool) -> str:
    return (
        f'\n[[user]]\nusername = "{name}"\nemail = "{name}@autohaus-beispiel.example"\nlocations = ["{code}"]\n'
        f'supervisor = "{chef}"\nassignable = true\nreceives_leads = {str(receives).lower()}\n'
    )


SETTINGS = OTHERS + "".join(
    _user(name, code, chef, name != chef)
    for code, chef, sellers in (("AUG", "aug-chef", ("aug-1", "aug-2")), ("LIS", "lis-chef", ("lis-1", "lis-2")))
    for name in (chef, *sellers)
)
OPEN = {
    "MUC": ("Europe/Berlin", {**dict.fromkeys(range(5), ((9, 18),)), 5: ((9, 13),)}, ()),
    "AUG": (
        "Europe/Berlin",
        {**dict.fromkeys((1, 2, 3), ((8, 12), (13, 17))), 5: ((8, 12),)},
        (date(2026, 3, 26), date(2026, 3, 27)),
    ),
    "LIS": ("Europe/Lisbon", dict.fromkeys(range(5), ((10, 19),)), ()),
}
MAILBOXES = {"MUC": "autohaus-beispiel@dein.auto", "AUG": "augsburg@dein.auto", "LIS": "lisboa@dein.auto"}


@dataclass(frozen=True)
class Happening:
    at: datetime
    number: int  # of the lead, in the order of arrival
    what: str
    where: str = ""


def happenings(seed: int) -> list[Happening]:
    """200 arrivals within the week; half of the leads are reacted to some time later."""
    dice = random.Random(seed)
    arrivals = sorted(MONDAY + timedelta(seconds=dice.randrange(7 * 86_400)) for _ in range(200))
    story = []
    for number, at in enumerate(arrivals, start=1):
        story.append(Happening(at, number, "arrives", dice.choice(list(MAILBOXES))))
        if dice.random() < 0.55:
            later = at + timedelta(seconds=dice.randrange(60, 3 * 86_400))
            story.append(Happening(later, number, dice.choice(["call", "close", "follow_up"])))
    return sorted(story, key=lambda happening: happening.at)


class Week:
    """Plays the story on a bench; `restarts` builds the gateway anew every simulated hour."""

    def __init__(self, bench: Bench, sources, *, restarts: bool) -> None:
        self.bench = bench
        self.sources = sources
        self.restarts = restarts
        self.restart_at = MONDAY

    async def play(self, story: list[Happening]) -> list[tuple]:
        for happening in story:
            await self._until(happening.at)
            await self._let_happen(happening)
        await self._until(END)
        lines = await self.bench.queue()
        return sorted((line.lead, line.kind, line.to, line.state, line.sent_at) for line in lines)

    async def _until(self, moment: datetime) -> None:
        """Let time pass, stopping wherever something is due on the way."""
        clock = self.bench.clock
        while clock.now() < moment:
            stop = min(await self._work() or moment, moment)
            if self.restarts and stop >= self.restart_at < MONDAY + timedelta(days=7):
                stop, self.restart_at = max(self.restart_at, clock.now()), self.restart_at + timedelta(hours=1)
                await self._restart()
            clock.advance(stop - clock.now())
        await self._work()

    async def _work(self) -> datetime | None:
        """Do what is due; return when the next thing is."""
        while True:
            gateway, now = self.bench.gateway, self.bench.clock.now()
            timer_at, mail_at = await gateway.escalate.next_due(), await gateway.deliver.next_due()
            if timer_at is not None and timer_at <= now:
                await gateway.escalate.step()
            elif mail_at is not None and mail_at <= now:
                await gateway.deliver.step()
                await gateway.deliver.finish()
            else:
                return min([at for at in (timer_at, mail_at) if at is not None], default=None)

    async def _restart(self) -> None:
        old = self.bench.gateway
        outside = Outside(
            clock=self.bench.clock,
            dice=EvenDice(),
            reader=SameProcessReader(self.sources),
            transports={"default": self.bench.transport},
        )
        self.bench.gateway = await build(old.world.files, outside)
        await old.close()
        await self.bench.gateway.escalate.step()

    async def _let_happen(self, happening: Happening) -> None:
        bench, lead = self.bench, 100_000 + happening.number
        gateway, now = bench.gateway, bench.clock.now()
        if happening.what == "arrives":
            await bench.take(enquiry(happening.number), MAILBOXES[happening.where])
            await gateway.intake.step()
        else:
            command, arguments = {
                "call": (call_on_lead, ("erreicht",)),
                "close": (close_lead, ("sold",)),
                "follow_up": (follow_up_lead, (now + timedelta(hours=20, minutes=13),)),
            }[happening.what]
            await command(gateway.database, gateway.world.settings, lead, *arguments, "admin", now)
        await self._work()


async def opened(folder, sources) -> Bench:
    folder.mkdir()
    return await open_bench(write_settings(folder, tables=HOURS, more=SETTINGS), sources, FakeClock(MONDAY))


def _without_waiting_for_the_disk(connection, *, writes, _whole=engine.set_pragmas) -> None:
    """No power fails in this test."""
    _whole(connection, writes=writes)
    connection.execute("PRAGMA synchronous = OFF")


def is_open(code: str, at: datetime) -> bool:
    zone, week, days_off = OPEN[code]
    local = at.astimezone(ZoneInfo(zone))
    windows = week.get(local.weekday(), ())
    return local.date() not in days_off and any(time(a) <= local.time() < time(b) for a, b in windows)


@pytest.mark.timeout(300)
@pytest.mark.rule("R18")
@pytest.mark.rule("R19")
@pytest.mark.rule("R26")
@pytest.mark.rule("R59")
@pytest.mark.rule("R113")
@pytest.mark.rule("R147")
@pytest.mark.rule("PF47")
@pytest.mark.rule("PF48")
async def test_a_week_of_200_leads_with_and_without_a_restart_every_hour(tmp_path, sources, monkeypatch):
    monkeypatch.setattr(engine, "set_pragmas", _without_waiting_for_the_disk)
    bench, other = await opened(tmp_path / "one", sources), await opened(tmp_path / "two", sources)
    try:
        mails, again = await asyncio.gather(
            Week(bench, sources, restarts=False).play(happenings(seed=7)),
            Week(other, sources, restarts=True).play(happenings(seed=7)),
        )
        leads = {lead.number: lead for lead in await bench.leads()}
        assert len(leads) == 200
        _nobody_is_told_outside_opening_hours(mails, leads)
        counted = Counter((lead, kind) for lead, kind, *_rest in mails if kind in STAGES)
        assert set(counted.values()) == {1}
        await _the_supervisor_is_told_exactly_where_nobody_reacted(bench, mails, leads)
        assert again == mails
    finally:
        await bench.gateway.close()
        await other.gateway.close()


def _nobody_is_told_outside_opening_hours(mails, leads) -> None:
    sent = [mail for mail in mails if mail[3] == "sent"]
    told = Counter(kind for _lead, kind, *_rest in sent)
    assert min(told[kind] for kind in (*STAGES, *FOLLOW_UPS, "new_lead")) > 5  # the week is worth looking at
    at_any_hour = 0
    for number, kind, _to, _state, sent_at in sent:
        code = leads[number].location
        if kind in FOLLOW_UPS and code == "LIS":  # R59; no day off there
            at_any_hour += not is_open(code, sent_at)
        elif kind != "autoresponse":  # R113
            assert is_open(code, sent_at), (number, kind, sent_at)
    assert at_any_hour > 0


async def _the_supervisor_is_told_exactly_where_nobody_reacted(bench, mails, leads) -> None:
    told = {(lead, kind): to for lead, kind, to, state, _at in mails if state == "sent"}
    supervisors = {"MUC": "leitung", "AUG": "aug-chef", "LIS": "lis-chef"}
    async with bench.gateway.database.view() as tx:
        timers = await tx.timers.of_leads(sorted(leads))
        facts = await tx.leads.by_numbers(sorted(leads))
    stage2 = {armed.lead: armed.timer for armed in timers if armed.timer.kind == "stage2"}
    for number, lead in leads.items():
        activities = (await bench.lead(number)).activities
        reactions = [a.at for a in activities if a.kind in ("call", "close", "follow_up")]
        assert bool(reactions) == (facts[number].reacted_at is not None)
        in_time = bool(reactions) and min(reactions) <= stage2[number].send_at
        expected = None if in_time else (f"{supervisors[lead.location]}@autohaus-beispiel.example",)
        assert told.get((number, "stage2")) == expected, number
