"""The customers: they write through a portal, each once, and their mail server notes when the answer comes."""

import asyncio
import re
import time
from itertools import count

from tests.integration.sink import SinkMail

from benchmarks.load import on_the_wire
from benchmarks.mails import portal_mail

SIZE = 3_000
_NOBODY_WAITS_LONGER = 180
# The customer's own address or the portal's relay for him; each mail has a customer of its own.
_ANSWERED = re.compile(r"@kunde(\d+)\.example$|^buyer-([0-9a-f]+)@")


class Customers:
    """The sink as the customers' mail server: when the answer to each mail was accepted."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self.answered_at: dict[int, float] = {}
        self._wanted: set[int] = set()
        self._all_answered = asyncio.Event()

    def note(self, mail: SinkMail) -> None:
        for recipient in mail.recipients:
            if match := _ANSWERED.search(recipient):
                number = int(match[1]) if match[1] else int(match[2], 16)
                self.answered_at.setdefault(number, time.perf_counter())
                if self._wanted <= self.answered_at.keys():
                    self._all_answered.set()

    def enquiries(self, how_many: int) -> dict[int, bytes]:
        """New mails of new customers, by number."""
        numbers = [next(self._numbers) for _ in range(how_many)]
        self._wanted = set(numbers)
        self._all_answered.clear()
        return {number: on_the_wire(portal_mail(number, "job", SIZE)) for number in numbers}

    async def all_answered(self) -> None:
        async with asyncio.timeout(_NOBODY_WAITS_LONGER):
            await self._all_answered.wait()
