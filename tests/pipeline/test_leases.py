"""Leases that are kept and relays that hang: no mail leaves twice because one took long, none waits for another's."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from leadmaild.clock import SystemClock
from leadmaild.commands.leads import assign_lead
from leadmaild.commands.reactions import call_on_lead
from leadmaild.model.outgoing import Delivery, OutgoingMail, RecipientResult, SendResult
from tests.dealership import enquiry
from tests.pipeline.steps import Bench, SameProcessReader, ScriptedTransport, outcomes

pytestmark = pytest.mark.asyncio

LEASE = timedelta(seconds=0.9)
SELLER, CUSTOMER = "mueller@autohaus-beispiel.example", "kunde1@kunden.example"


class SilentRelay(ScriptedTransport):
    """Takes mails and says nothing until it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.may_answer = asyncio.Event()

    async def send(self, mail: OutgoingMail) -> SendResult:
        self.sent.append(mail)
        await self.may_answer.wait()
        return SendResult(tuple(RecipientResult(to, Delivery.DELIVERED, "250 2.0.0 ok") for to in mail.recipients))


class SlowReader:
    """Reads when it is told to."""

    def __init__(self, reader) -> None:
        self._reader = reader
        self.may_read = asyncio.Event()

    async def read(self, raw, context):
        await self.may_read.wait()
        return await self._reader.read(raw, context)

    async def read_all(self, mails):
        return [await self.read(raw, context) for raw, context in mails]


async def until(fact: Callable[[], Awaitable[object]]) -> None:
    async with asyncio.timeout(30):
        while not await fact():  # noqa: ASYNC110
            await asyncio.sleep(0.02)  # a fact in a database tells nobody that it came true


async def waiting_of(bench: Bench) -> list:
    async with bench.gateway.database.view() as tx:
        return sorted((line.kind, line.state) for line in await tx.listings.queue())


async def leases_outlived(bench: Bench, table) -> None:
    """Return once every lease that stands now was pushed out twice."""
    from sqlalchemy import select

    async def ends() -> list:
        async with bench.gateway.database.view() as tx:
            found = await tx._connection.execute(select(table.c.lease_until).where(table.c.lease_until.is_not(None)))
            return list(found.scalars())

    await until(ends)
    for _ in range(2):
        before = await ends()

        async def is_later(before=before) -> bool:
            now = await ends()
            return bool(now) and min(now) > max(before)

        await until(is_later)


async def node(open_dealership, name: str, **outside) -> Bench:
    return await open_dealership(clock=SystemClock(), node=name, outside={"lease": LEASE} | outside)


@asynccontextmanager
async def two_nodes(open_dealership):
    """Node A with a silent relay, node B with one that takes everything, on one database."""
    a = await node(open_dealership, "a", transport=SilentRelay())
    b = await node(open_dealership, "b")
    yield a, b
    a.transport.may_answer.set()


async def both_on_their_way(a: Bench) -> None:
    await a.take(enquiry(1))
    await a.gateway.intake.step()
    assert await a.gateway.deliver.step()

    async def has_begun() -> bool:
        return len(a.transport.sent) == 2

    await until(has_begun)


def stop_the_heart(monkeypatch, bench: Bench) -> None:
    """The node hangs as a whole: it neither extends a lease nor notices that it lost one."""

    async def nothing(_tx, _held, _now):
        await asyncio.Event().wait()

    monkeypatch.setattr(bench.gateway.deliver._sending._heartbeat, "_extend", nothing)
    monkeypatch.setattr(bench.gateway.deliver._sending._heartbeat, "_lease", timedelta(days=1))


@pytest.mark.rule("PF55")
async def test_while_a_relay_keeps_silent_for_longer_than_the_lease_no_other_node_gets_the_mail(open_dealership):
    from leadmaild.storage.schema import outbox

    async with two_nodes(open_dealership) as (a, b):
        await both_on_their_way(a)
        await leases_outlived(a, outbox)

        assert not await b.gateway.deliver.step()
        a.transport.may_answer.set()
        await a.gateway.deliver.finish()
        assert await waiting_of(b) == [("autoresponse", "sent"), ("new_lead", "sent")]
        assert b.transport.sent == []
        assert not await b.gateway.deliver.step()


@pytest.mark.rule("SP-03")
@pytest.mark.rule("PF55")
async def test_a_dead_nodes_mail_goes_to_another_after_the_lease_and_the_zombie_changes_nothing(
    open_dealership, monkeypatch
):
    async with two_nodes(open_dealership) as (a, b):
        stop_the_heart(monkeypatch, a)
        await both_on_their_way(a)
        told = [mail.message_id for mail in a.transport.to(SELLER)]

        async def rescued() -> bool:
            await b.gateway.deliver.step()
            await b.gateway.deliver.finish()
            return await waiting_of(b) == [("autoresponse", "in_doubt"), ("new_lead", "sent")]

        await until(rescued)
        assert [mail.message_id for mail in b.transport.sent] == told  # the notice again, the answer not
        before = await b.lead(100001)
        a.transport.may_answer.set()
        await a.gateway.deliver.finish()
        assert await waiting_of(b) == [("autoresponse", "in_doubt"), ("new_lead", "sent")]
        assert (await b.lead(100001)).activities == before.activities


async def test_a_node_that_cannot_keep_its_lease_stops_sending(open_dealership, monkeypatch):
    async with two_nodes(open_dealership) as (a, _b):

        async def all_gone(_tx, held, _now):
            return frozenset(held)

        monkeypatch.setattr(a.gateway.deliver._sending._heartbeat, "_extend", all_gone)
        await both_on_their_way(a)

        await a.gateway.deliver.finish()  # the relay never answered

        assert await waiting_of(a) == [("autoresponse", "sending"), ("new_lead", "sending")]


async def test_a_drain_is_bounded_and_what_hangs_is_left_to_the_end_of_its_lease(open_dealership):
    async with two_nodes(open_dealership) as (a, _b):
        await both_on_their_way(a)

        await a.gateway.deliver._sending.finish(timedelta(seconds=0.1))

        assert await waiting_of(a) == [("autoresponse", "sending"), ("new_lead", "sending")]


@pytest.mark.rule("SP-12")
async def test_while_reading_takes_longer_than_the_lease_no_other_node_gets_the_mail(open_dealership, sources):
    from leadmaild.storage.schema import journal

    reader = SlowReader(SameProcessReader(sources))
    a, b = await node(open_dealership, "a", reader=reader), await node(open_dealership, "b")
    await a.take(enquiry(1))
    step = asyncio.create_task(a.gateway.intake.step())
    await leases_outlived(a, journal)

    assert not await b.gateway.intake.step()
    reader.may_read.set()
    assert await step
    assert outcomes(await b.journal()) == ["lead"]


TWO_SERVERS = 'transport = "files"\nfiles = "outgoing"\n\n[[outbound]]\nname = "other"\ntransport = "files"'
NO_BUDGET = "[location.autoresponse]\n  per_hour = 0\n  per_day = 0\n"
SECOND_LOCATION = """
[[location]]
code = "NUE"
name = "Autohaus Beispiel Nürnberg"
mailbox = "nuernberg@dein.auto"
mailserver = "other"
admin_user = "admin"
"""


def of_another_domain(number: int) -> bytes:
    """The limits on automatic mail to one domain are not what is asked here."""
    return enquiry(number, **{"from": f"Kunde Nummer{number} <kunde@k{number}.example>"})


@pytest.mark.rule("R52")
async def test_a_hung_mail_server_holds_up_its_own_mails_only(open_dealership):
    silent, other = SilentRelay(), ScriptedTransport()
    bench = await open_dealership(
        outside={"transports": {"default": silent, "other": other}},
        outbound=TWO_SERVERS,
        more=SECOND_LOCATION,
        tables=NO_BUDGET,
    )
    deliver, intake = bench.gateway.deliver, bench.gateway.intake
    for number in range(60):
        await bench.take(of_another_domain(number), sender=f"kunde@k{number}.example")
    while await intake.step() or await deliver.step():
        pass
    hanging = len(silent.sent)
    assert 40 <= hanging < 80  # the rest waits, unclaimed
    assert await deliver.next_due() is None

    await bench.take(of_another_domain(100), "nuernberg@dein.auto")
    while await intake.step() or await deliver.step():
        pass

    async def other_has_its_mails() -> bool:
        return bool(other.sent)

    await until(other_has_its_mails)
    assert [mail.recipients for mail in other.sent] == [("admin@autohaus-beispiel.example",)]
    assert len(silent.sent) == hanging
    silent.may_answer.set()
    await deliver.finish()
    await bench.run()
    assert not {mail.state for mail in await bench.queue()} & {"queued", "sending"}
    assert len(silent.sent) > hanging


@pytest.mark.rule("R25")
async def test_what_people_do_between_the_looking_up_and_the_commit_before_the_send_counts(bench, monkeypatch):
    settings, database, deliver = bench.gateway.world.settings, bench.gateway.database, bench.gateway.deliver
    compose = deliver._compose

    async def meanwhile(parcel):
        monkeypatch.setattr(deliver, "_compose", compose)
        await call_on_lead(database, settings, 100001, "Probefahrt", "mueller", bench.clock.now())
        await assign_lead(database, settings, 100001, "schmidt", "leitung", bench.clock.now())
        return await compose(parcel)

    monkeypatch.setattr(deliver, "_compose", meanwhile)
    await bench.take(enquiry(1))
    await bench.run()

    assert bench.transport.to(SELLER) == []  # the notice follows the lead to its new assignee
    assert len(bench.transport.to(CUSTOMER)) <= 1
    assert {mail.state for mail in await bench.queue()} <= {"sent", "cancelled"}


@pytest.mark.rule("PF3")
async def test_a_mail_that_cannot_be_looked_up_waits_and_the_others_leave(bench, monkeypatch):
    from leadmaild.pipeline import deliver

    whole = deliver.look_up

    async def breaks_on_notices(tx, item, *rest):
        if item.kind == "new_lead":
            raise RuntimeError("poison")
        return await whole(tx, item, *rest)

    monkeypatch.setattr(deliver, "look_up", breaks_on_notices)
    await bench.take(enquiry(1))
    await bench.run()
    assert await waiting_of(bench) == [("autoresponse", "sent"), ("new_lead", "deferred")]

    monkeypatch.setattr(deliver, "look_up", whole)
    bench.clock.advance(timedelta(minutes=5))
    await bench.run()
    assert await waiting_of(bench) == [("autoresponse", "sent"), ("new_lead", "sent")]
