"""The machine on a workbench: real database, fake clock, scripted transport; each step is called by hand."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from leadmaild.authentication.dkim_signatures import verify
from leadmaild.clock import RandomIds
from leadmaild.foundation import Outside
from leadmaild.model.address import ReversePath
from leadmaild.model.envelope import Channel, Envelope
from leadmaild.model.outgoing import Delivery, OutgoingMail, RecipientResult, SendResult
from leadmaild.model.reading import Reading
from leadmaild.model.reply import Reply
from leadmaild.reading.context import ReadingContext
from leadmaild.reading.definitions import SourceSet
from leadmaild.reading.read import read
from leadmaild.settings_files import load_settings
from leadmaild.storage.engine import database_url
from leadmaild.storage.migrate import migrate
from leadmaild.wiring import Gateway, build
from tests.dealership import MAILBOX

MONDAY_10 = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # 10:00 in Munich


class FakeClock:
    """Time stands still until the test moves it."""

    def __init__(self, now: datetime = MONDAY_10) -> None:
        self._now = now
        self._moved = asyncio.Event()

    def now(self) -> datetime:
        return self._now

    def advance(self, span: timedelta) -> None:
        self._now += span
        self._moved.set()
        self._moved = asyncio.Event()

    async def sleep_until(self, when: datetime) -> None:
        while self._now < when:
            await self._moved.wait()


class EvenDice:
    """Always the middle."""

    def uniform(self, low: float, high: float) -> float:
        return (low + high) / 2


Answer = Callable[[OutgoingMail, str], RecipientResult]


@dataclass
class ScriptedTransport:
    """Keeps what it is given and answers by script; takes everything unless told otherwise."""

    sent: list[OutgoingMail] = field(default_factory=list)
    answer: Answer = lambda _mail, address: RecipientResult(address, Delivery.DELIVERED, "250 2.0.0 ok")

    async def send(self, mail: OutgoingMail) -> SendResult:
        self.sent.append(mail)
        return SendResult(tuple(self.answer(mail, address) for address in mail.recipients))

    async def close(self) -> None:
        pass

    def to(self, address: str) -> list[OutgoingMail]:
        return [mail for mail in self.sent if address in mail.recipients]


class SameProcessReader:
    """Reads here and now; the worker process has tests of its own."""

    def __init__(self, sources: SourceSet) -> None:
        self._sources = sources

    async def read(self, raw: bytes, context: ReadingContext) -> Reading:
        return read(raw, context, self._sources)

    async def read_all(self, mails: Sequence[tuple[bytes, ReadingContext]]) -> list[Reading]:
        return [await self.read(raw, context) for raw, context in mails]

    async def verify(self, raw, author_domain, keys):
        return verify(raw, author_domain, keys)


@dataclass
class Bench:
    """One gateway taken apart."""

    gateway: Gateway
    clock: FakeClock
    transport: ScriptedTransport

    async def take(self, content: bytes, *to: str, sender: str | None = "absender@kunden.example", **more) -> Reply:
        """Hand one mail in by SMTP from a trusted network."""
        envelope = Envelope(
            Channel.SMTP,
            None if sender is None else ReversePath(sender),
            to or (MAILBOX,),
            self.clock.now(),
            **more,
        )
        return await self.gateway.accept.accept(envelope, content)

    async def run(self) -> None:
        """Run intake, escalate and deliver until none of them finds anything to do now."""
        gateway = self.gateway
        while await gateway.intake.step() or await gateway.escalate.step() or await gateway.deliver.step():
            await gateway.deliver.finish()

    async def run_until(self, moment: datetime) -> None:
        """Let time pass to `moment`, stopping wherever a timer or a mail is due on the way."""
        await self.run()
        while self.clock.now() < moment:
            dues = [await self.gateway.escalate.next_due(), await self.gateway.deliver.next_due()]
            stop = min([due for due in dues if due is not None and due > self.clock.now()] + [moment])
            self.clock.advance(min(stop, moment) - self.clock.now())
            await self.run()

    async def journal(self):
        async with self.gateway.database.view() as tx:
            return sorted(await tx.listings.journal(), key=lambda line: line.id)

    async def leads(self):
        from leadmaild.model.listing import LeadFilter

        async with self.gateway.database.view() as tx:
            return sorted(await tx.listings.leads(LeadFilter()), key=lambda line: line.number)

    async def lead(self, number: int):
        async with self.gateway.database.view() as tx:
            return await tx.listings.lead(number)

    async def queue(self, *kinds: str):
        async with self.gateway.database.view() as tx:
            lines = sorted(await tx.listings.queue(), key=lambda line: line.id)
        return [line for line in lines if not kinds or line.kind in kinds]


async def open_bench(
    settings: Path,
    sources: SourceSet,
    clock: FakeClock | None = None,
    *,
    reader=None,
    transport: ScriptedTransport | None = None,
    **outside,
) -> Bench:
    """Put a gateway on the bench, its database migrated."""
    chosen = load_settings(settings)
    await asyncio.to_thread(migrate, database_url(chosen.gateway.database, chosen.path.parent))
    clock, transport = clock or FakeClock(), transport or ScriptedTransport()
    steered = {
        "clock": clock,
        "ids": RandomIds(),
        "dice": EvenDice(),
        "reader": reader or SameProcessReader(sources),
        "transports": {"default": transport},
        "node": "bench",
    }
    return Bench(await build(chosen, Outside(**steered | outside)), clock, transport)


def outcomes(lines: Sequence) -> list[str | None]:
    return [line.outcome for line in lines]
