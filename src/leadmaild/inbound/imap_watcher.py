"""Watches one mailbox: whatever lies there comes in by the same door as SMTP mail, once, and is then moved away.

UID SEARCH is the truth, IDLE only the hint to look again. What was taken is known by the ledger (mailbox, UIDVALIDITY,
UID), written in the commit of the mail itself; the message is moved after that commit. A crash between the two leaves
a message that the ledger knows: it is moved at the next look, not taken again (PF1, PF5, PF8, BI-75).
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from leadmaild.errors import Refused, Unavailable
from leadmaild.inbound.imap_client import ImapClient, ImapServer
from leadmaild.inbound.imap_syntax import Selected, Waiting, search_date
from leadmaild.maillog import Event, log
from leadmaild.model.envelope import Channel, Envelope, LedgerKey
from leadmaild.model.mailbox import KnownMessages, Opening
from leadmaild.model.reply import TOO_LARGE
from leadmaild.ports import Clock, Dice, Door

# IDLE is left and begun anew so often: a server that has gone silent is noticed at the next answer it does not give
# (BI-69 wants 90 s, with ANSWER_TIMEOUT); the customary 10 or 29 minutes would leave leads lying there.
LOOK_AGAIN = timedelta(minutes=1)
BATCH = 50  # messages between two moves (PF7)

_SHORTEST_PAUSE = timedelta(seconds=5)
_LONGEST_PAUSE = timedelta(minutes=10)
_PAUSE_AFTER_REFUSAL = timedelta(minutes=5)  # a server locks accounts that keep trying a wrong password (BI-72)


class FirstScan(StrEnum):
    """What becomes of the mail that lies there at the first look; neither gets an automatic mail (AR-20)."""

    LEADS = "leads"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class WatchedMailbox:
    """A mailbox and what is to be done with it: one `[[imap]]` block."""

    name: str
    server: ImapServer
    deliver_to: str
    folder: str = "INBOX"
    processed_folder: str = "Processed"
    first_scan: FirstScan = FirstScan.LEADS
    max_age: timedelta = timedelta(hours=48)
    max_message_size: int = 25 * 1024**2


class Ledger(Protocol):
    """What is remembered of watched mailboxes; Door.accept adds `Envelope.ledger_key` in the commit of the mail."""

    async def opened(self, mailbox: str, uidvalidity: int, uidnext: int, now: datetime) -> Opening:
        """Return how it was at the first look, noting `uidnext` and `now` if this is the first."""
        ...

    async def known(self, mailbox: str, uidvalidity: int, uids: Sequence[int]) -> KnownMessages:
        """Return which of `uids` are settled."""
        ...

    async def refuse(self, key: LedgerKey, now: datetime) -> None:
        """Note that this message is not taken, so that it is told once (PF14)."""
        ...

    async def looked_through(self, mailbox: str, now: datetime) -> None:
        """Note that all there is in the mailbox was taken."""
        ...

    async def lost(self, mailbox: str, problem: str, now: datetime) -> None:
        """Note why the mailbox is not reached."""
        ...


class MailboxWatcher:
    """The life of one watched mailbox; run one task for each: none of them can stop another (PF20)."""

    def __init__(
        self,
        mailbox: WatchedMailbox,
        door: Door,
        ledger: Ledger,
        clock: Clock,
        dice: Dice,
        connect: Callable[[ImapServer], Awaitable[ImapClient]] = ImapClient.connect,
    ) -> None:
        self.mailbox = mailbox
        self.last_success_at: datetime | None = None
        self.problem = ""  # why it is not connected; "" while it is
        self._door = door
        self._ledger = ledger
        self._clock = clock
        self._dice = dice
        self._connect = connect
        self._failures = 0
        self._alarmed_about = ""  # one alarm a refusal (BI-72), also where the server is unreachable in between
        self._cannot_move = False

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            try:
                await self._watch()
            except Refused as refusal:
                pause = self._lost(refusal, _PAUSE_AFTER_REFUSAL)
            except Unavailable as gone:
                pause = self._lost(gone, _SHORTEST_PAUSE)
            except Exception as bug:  # noqa: BLE001 - one mailbox's trouble, ours or not, must not end its watcher
                log(Event.BUG, exc=bug, where="imap_watcher", mailbox_name=self.mailbox.name)
                pause = self._lost(bug, _SHORTEST_PAUSE)
            with suppress(Unavailable):  # the log has said it; without a database no mail comes in either
                await self._ledger.lost(self.mailbox.name, self.problem, self._clock.now())
            await self._clock.sleep_until(self._clock.now() + pause)

    def _lost(self, error: Exception, shortest: timedelta) -> timedelta:
        """Note the failure and return how long to leave the server alone: twice as long each time, with jitter."""
        reason = str(error) if isinstance(error, Refused | Unavailable) else type(error).__name__
        if isinstance(error, Refused) and self._alarmed_about != reason:
            log(Event.ALARM_RAISED, mailbox_name=self.mailbox.name, reason=reason)
            self._alarmed_about = reason
        log(Event.MAILBOX_LOST, mailbox_name=self.mailbox.name, reason=reason, attempt=self._failures + 1)
        self.problem = reason
        pause = min(shortest * (1 << min(self._failures, 10)), _LONGEST_PAUSE)
        self._failures += 1
        return pause * self._dice.uniform(1.0, 1.5)

    async def _watch(self) -> None:
        client = await self._connect(self.mailbox.server)
        try:
            selected = await client.select(self.mailbox.folder)
            uidnext = selected.uidnext or max(await client.search("ALL"), default=0) + 1
            opening = await self._ledger.opened(self.mailbox.name, selected.uidvalidity, uidnext, self._clock.now())
            log(Event.MAILBOX_CONNECTED, mailbox_name=self.mailbox.name, count=selected.exists)
            self.problem = self._alarmed_about = ""
            while True:
                await self._take_all(client, selected, opening)
                self._failures = 0
                self.last_success_at = self._clock.now()
                await self._ledger.looked_through(self.mailbox.name, self.last_success_at)
                await client.idle(LOOK_AGAIN)
        finally:
            await client.close()

    # -- one look -----------------------------------------------------------------------------------------------------

    async def _take_all(self, client: ImapClient, selected: Selected, opening: Opening) -> None:
        """Take what is there and not yet known, oldest first, and move away what is taken."""
        uids = await client.search(*self._criteria(opening))
        for batch in _in_batches(uids):
            known = await self._ledger.known(self.mailbox.name, selected.uidvalidity, batch)
            done = set(known.taken)
            new = [uid for uid in batch if uid not in known.taken and uid not in known.refused]
            for message in await client.look_at(new) if new else ():
                if not self._is_skipped(message, opening) and await self._take(client, message, selected, opening):
                    done.add(message.uid)
            await self._move(client, done)

    def _criteria(self, opening: Opening) -> tuple[str, ...]:
        """What to search for: mail read or flagged by a person counts (PF5), mail thrown away does not."""
        if self.mailbox.first_scan is FirstScan.LEADS:
            return ("UNDELETED",)
        # Days in SEARCH have no zone: ask from the day before, and look at the time of each.
        since = search_date(opening.first_at - timedelta(days=1))
        return ("UNDELETED", "OR", f"UID {max(1, opening.first_uidnext)}:*", f"SINCE {since}")

    def _is_skipped(self, message: Waiting, opening: Opening) -> bool:
        # The time decides after a change of UIDVALIDITY: what came since we watch is taken though its UID is new (PF6).
        is_from_before = message.uid < opening.first_uidnext and message.internal_date < opening.first_at
        return self.mailbox.first_scan is FirstScan.SKIP and is_from_before

    async def _take(self, client: ImapClient, message: Waiting, selected: Selected, opening: Opening) -> bool:
        """Bring one message in and return whether it may be moved away. Raises Unavailable if the door is shut now."""
        key = LedgerKey(self.mailbox.name, selected.uidvalidity, message.uid)
        if message.size > self.mailbox.max_message_size:
            await self._refuse(key, TOO_LARGE.code, TOO_LARGE.text)
            return False
        content = await client.fetch(message)
        if content is None:  # somebody else took it away between SEARCH and FETCH (PF9)
            return False
        now = self._clock.now()
        was_there_before = message.uid < opening.first_uidnext or now - message.internal_date > self.mailbox.max_age
        envelope = Envelope(
            channel=Channel.IMAP,
            reverse_path=None,
            forward_paths=(self.mailbox.deliver_to,),
            received_at=now,
            peer=self.mailbox.name,
            is_first_scan=was_there_before,
            ledger_key=key,
        )
        reply = await self._door.accept(envelope, content)
        if reply.is_positive:
            return True
        if reply.code < 500:
            raise Unavailable(f"the mail could not be stored now ({reply.code})")
        await self._refuse(key, reply.code, reply.text)
        return False

    async def _refuse(self, key: LedgerKey, code: int, reason: str) -> None:
        """Leave the message where people find it, and say so once (PF14)."""
        await self._ledger.refuse(key, self._clock.now())
        log(Event.MAIL_REFUSED, mailbox_name=key.mailbox, code=code, reason=reason, channel=Channel.IMAP)
        log(Event.ALARM_RAISED, mailbox_name=key.mailbox, code=code, reason=reason)

    async def _move(self, client: ImapClient, uids: set[int]) -> None:
        if not uids:
            return
        try:
            await client.move(uids, self.mailbox.processed_folder)
            self._cannot_move = False
        except Refused as refusal:  # mail goes on coming in; the ledger keeps it from coming twice (PF8)
            if not self._cannot_move:
                log(Event.ALARM_RAISED, mailbox_name=self.mailbox.name, reason=str(refusal))
            self._cannot_move = True


def _in_batches(uids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(uids), BATCH):
        yield uids[start : start + BATCH]
