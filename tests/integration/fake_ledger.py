"""The ledger of watched mailboxes in memory, and a door that writes into it in the commit of the mail."""

from dataclasses import dataclass, field
from datetime import datetime

from leadmaild.inbound.imap_watcher import KnownMessages, Opening
from leadmaild.model.envelope import Envelope, LedgerKey
from leadmaild.model.reply import Reply
from tests.integration.fake_door import FakeDoor


@dataclass
class FakeLedger:
    taken: set[LedgerKey] = field(default_factory=set)
    refused: set[LedgerKey] = field(default_factory=set)
    openings: dict[tuple[str, int], Opening] = field(default_factory=dict)
    looks: dict[str, datetime] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)

    async def opened(self, mailbox: str, uidvalidity: int, uidnext: int, now: datetime) -> Opening:
        earlier = [opening.first_at for (name, _), opening in self.openings.items() if name == mailbox]
        return self.openings.setdefault((mailbox, uidvalidity), Opening(uidnext, min(earlier, default=now)))

    async def known(self, mailbox: str, uidvalidity: int, uids) -> KnownMessages:
        return KnownMessages(
            self._of(self.taken, mailbox, uidvalidity, uids), self._of(self.refused, mailbox, uidvalidity, uids)
        )

    @staticmethod
    def _of(keys: set[LedgerKey], mailbox: str, uidvalidity: int, uids) -> frozenset[int]:
        return frozenset(uid for uid in uids if LedgerKey(mailbox, uidvalidity, uid) in keys)

    async def refuse(self, key: LedgerKey, now: datetime) -> None:
        self.refused.add(key)

    async def looked_through(self, mailbox: str, now: datetime) -> None:
        self.looks[mailbox] = now
        self.problems.pop(mailbox, None)

    async def lost(self, mailbox: str, problem: str, now: datetime) -> None:
        self.problems[mailbox] = problem


@dataclass
class LedgerDoor(FakeDoor):
    """A door whose accept records `Envelope.ledger_key` with the mail, as the real one does in one commit."""

    ledger: FakeLedger = field(default_factory=FakeLedger)

    async def accept(self, envelope: Envelope, content: bytes) -> Reply:
        assert envelope.ledger_key not in self.ledger.taken, "taken twice"
        reply = await super().accept(envelope, content)
        if reply.is_positive and envelope.ledger_key is not None:
            self.ledger.taken.add(envelope.ledger_key)
        return reply
