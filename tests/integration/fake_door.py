"""A Door that records, refuses by rule, answers by script, and takes its time when told to."""

import asyncio
from dataclasses import dataclass, field

from leadmaild.model.envelope import Envelope
from leadmaild.model.reply import NO_RELAY, UNKNOWN_MAILBOX, Reply

OUR_DOMAIN = "dealer.example"
TAKEN = Reply(250, "2.6.0", "Message accepted")


@dataclass
class FakeDoor:
    """Takes mail for `recipients`; `replies` are given first, an exception among them is raised."""

    recipients: frozenset[str] = frozenset(
        {f"sales@{OUR_DOMAIN}", f"info@{OUR_DOMAIN}", f"postmaster@{OUR_DOMAIN}", "postmaster"}
    )
    replies: list[Reply | Exception] = field(default_factory=list)
    accepts_any_of_ours: bool = False
    mails: list[tuple[Envelope, bytes]] = field(default_factory=list)
    entered: asyncio.Event = field(default_factory=asyncio.Event)
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    committed: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.opened.set()

    def refusal_for(self, forward_path: str) -> Reply | None:
        path = forward_path.lower()
        if path in self.recipients:
            return None
        is_ours = path.endswith("@" + OUR_DOMAIN)
        if self.accepts_any_of_ours and is_ours:
            return None
        return UNKNOWN_MAILBOX if is_ours else NO_RELAY

    async def accept(self, envelope: Envelope, content: bytes) -> Reply:
        """Wait until `opened`, then record and answer."""
        self.entered.set()
        await self.opened.wait()
        reply = self.replies.pop(0) if self.replies else TAKEN
        if isinstance(reply, Exception):
            raise reply
        if reply.is_positive:
            self.mails.append((envelope, content))
            self.committed.set()
        return reply
