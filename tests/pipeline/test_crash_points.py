"""The daemon dies before or after every single commit of a mail's way, and around every send; the next life puts it
right: one lead a mail, nobody answered twice, everybody told (SP-01, PF53, K10)."""

import asyncio
import gc
import os
import re
from collections import Counter
from datetime import timedelta
from itertools import count

import pytest

from leadmaild.model.outgoing import Delivery, RecipientResult
from leadmaild.storage.sqlite_connection import OnLoopConnection
from leadmaild.storage.unit_of_work import Transaction
from tests.dealership import enquiry, write_settings
from tests.pipeline.steps import FakeClock, ScriptedTransport, open_bench, outcomes

pytestmark = pytest.mark.asyncio

_ARCHIVE = "archiv@autohaus-beispiel.example"
_SETTINGS = {
    "tables": f'[location.redirect]\n  general = ["{_ARCHIVE}"]\n',
    "escalation": 'stage1 = "2h"\n  reminder = "30m"',
}
_DEAD_FOR = timedelta(minutes=40)  # until the leases of the dead have run out
# Every point when proofs are asked for, some of them in every run.
_EVERY = 1 if os.environ.get("LEADMAILD_LONG") else 9
_UNTIL_STAGE1 = timedelta(hours=3)


class _Death(BaseException):
    """The end of the process: nothing in the daemon may catch it."""


class _Fate:
    """Lets the process die at the n-th point of one kind; 0 = it lives. A dead process commits and sends nothing."""

    def __init__(self) -> None:
        self.next_life()

    def next_life(self, kind: str = "", at: int = 0) -> None:
        self.kind, self.at, self.seen, self.death = kind, at, Counter(), asyncio.Event()

    def point(self, kind: str) -> None:
        self.seen[kind] += 1
        if kind == self.kind and self.seen[kind] == self.at:
            self.death.set()
        if self.death.is_set():
            raise _Death


@pytest.fixture
def fate(monkeypatch) -> _Fate:
    drawn, commit = _Fate(), Transaction.commit

    async def deadly_commit(self):
        drawn.point("before commit")
        await commit(self)
        drawn.point("after commit")

    monkeypatch.setattr(Transaction, "commit", deadly_commit)
    return drawn


async def _one_life(bench, mails) -> None:
    """Take what the peers still hold, and run until the seller is told of stage 1."""
    for mail in list(mails):
        if (await bench.take(mail, sender="kunde@kunden.example")).code == 250:
            mails.remove(mail)
    await bench.run_until(bench.clock.now() + _UNTIL_STAGE1)


@pytest.mark.rule("SP-01")
@pytest.mark.rule("SP-03")
@pytest.mark.rule("PF53")
@pytest.mark.rule("BI-79")
@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", ["before commit", "after commit", "before send", "after send"])
async def test_a_life_that_ends_at_any_point_leaves_nothing_lost_and_nothing_twice(sources, fate, tmp_path, kind):
    settings = write_settings(tmp_path, **_SETTINGS)
    for at in count(1, _EVERY):
        for file in tmp_path.glob("leadmaild.db*"):
            file.unlink()
        clock, transport = FakeClock(), ScriptedTransport()

        def answer(_mail, address, delivered=Delivery.DELIVERED):
            fate.point("after send")
            return RecipientResult(address, delivered, "250 ok")

        send = transport.send

        async def deadly_send(mail, send=send):
            fate.point("before send")
            return await send(mail)

        transport.answer, transport.send = answer, deadly_send
        mails = [enquiry(1), enquiry(2)]
        fate.next_life()
        bench = await open_bench(settings, sources, clock, transport=transport)
        fate.next_life(kind, at)
        if not await _dies(_one_life(bench, mails), fate):
            assert at > 3
            await bench.gateway.close()
            break
        fate.next_life()
        await _bury(bench)
        clock.advance(_DEAD_FOR)
        again = await open_bench(settings, sources, clock, transport=transport)
        await _one_life(again, mails)
        clock.advance(_DEAD_FOR)
        await again.run()
        await _assert_right(again, transport, f"{kind} {at}")
        await again.gateway.close()


async def _dies(life, fate) -> bool:
    """Whether death came; then everything that ran stops where it stood."""
    before = asyncio.all_tasks()
    living, dying = asyncio.ensure_future(life), asyncio.ensure_future(fate.death.wait())
    await asyncio.wait({living, dying}, return_when=asyncio.FIRST_COMPLETED)
    has_died = fate.death.is_set()
    if not has_died:
        await living
    for task in asyncio.all_tasks() - before:
        task.cancel()
    while left := asyncio.all_tasks() - before:
        await asyncio.gather(*left, return_exceptions=True)
    return has_died


async def _bury(bench) -> None:
    """What the kernel does with the files of a dead process: whatever it had open is closed, nothing is committed."""
    await bench.gateway.database.close()
    for held in [one for one in gc.get_objects() if isinstance(one, OnLoopConnection) and one._connection]:
        await held.close()


async def _assert_right(bench, transport, point: str) -> None:
    journal = await bench.journal()
    assert sorted(outcomes(journal)).count("lead") == 2, point
    assert set(outcomes(journal)) <= {"lead", "duplicate"}, point
    leads = await bench.leads()
    assert sorted(lead.contact.emails[0] for lead in leads) == ["kunde1@kunden.example", "kunde2@kunden.example"], point
    states = Counter((mail.kind, mail.state) for mail in await bench.queue())
    counts = Counter({kind: n for (kind, _), n in states.items() if kind != "reminder"})  # a stale one is dropped
    assert counts == {"redirect": 2, "autoresponse": 2, "new_lead": 2, "stage1": 2}, (point, states)
    assert {state for kind, state in states if kind not in ("autoresponse", "reminder")} == {"sent"}, (point, states)
    assert {state for kind, state in states if kind == "autoresponse"} <= {"sent", "in_doubt"}, (point, states)

    sent = Counter((mail.recipients[0], _message_id(mail.raw)) for mail in transport.sent)
    for number in (1, 2):
        assert sum(n for (to, _), n in sent.items() if to == f"kunde{number}@kunden.example") <= 1, point
    to_staff = [message_id for to, message_id in sent if "autohaus-beispiel" in to]
    assert 6 <= len(set(to_staff)) <= 8, (point, sent)  # copies carry one Message-ID


def _message_id(raw: bytes) -> str:
    found = re.search(rb"Message-ID:\s+<([^>]+)>", raw)
    assert found
    return found[1].decode()
