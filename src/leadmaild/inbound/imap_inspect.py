"""Looks into a mailbox before it is watched: what lies there, and how much of it looks like leads. Changes nothing: the
folder is opened by EXAMINE, mails are fetched by PEEK (PF1)."""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from leadmaild.inbound.imap_client import ImapClient
from leadmaild.inbound.imap_syntax import Waiting
from leadmaild.model.reading import Reading

_BATCH = 200  # messages whose size and date are asked for at once


@dataclass(slots=True)
class Inspection:
    """What was found so far. `mails` are all that would be taken in, `read` those that were looked into."""

    mails: int = 0
    oldest_at: datetime | None = None
    newest_at: datetime | None = None
    read: int = 0
    leads: int = 0
    too_large: int = 0
    classifications: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)  # of what looks like leads

    def note(self, reading: Reading) -> None:
        """Count one mail that was read."""
        self.read += 1
        self.classifications[str(reading.classification)] += 1
        if reading.verdicts.lead.value:
            self.leads += 1
            self.sources[reading.source or "none"] += 1


async def inspect(
    client: ImapClient,
    folder: str,
    read: Callable[[bytes], Awaitable[Reading]],
    *,
    largest: int,
    newest: int | None = None,
    told: Callable[[int, int], None] = lambda _done, _all: None,
) -> Inspection:
    """Look through `folder` (UIDs that are not marked as deleted), reading its `newest` mails, None = all.

    Mails above `largest` octets are counted and not fetched. `told` hears how many of how many were looked at. Raises
    Unavailable, or Refused if there is no such folder.
    """
    await client.select(folder, read_only=True)
    uids = await client.search("UNDELETED")
    found = Inspection()
    waiting = [message async for message in _looked_at(client, uids)]
    for message in waiting:
        found.mails += 1
        found.oldest_at = min(found.oldest_at or message.internal_date, message.internal_date)
        found.newest_at = max(found.newest_at or message.internal_date, message.internal_date)
    wanted = waiting if newest is None else waiting[max(0, len(waiting) - newest) :]
    for done, message in enumerate(wanted, start=1):
        if message.size > largest:
            found.too_large += 1
        elif (content := await client.fetch(message)) is not None:  # None: somebody took it away meanwhile (PF9)
            found.note(await read(content))
        told(done, len(wanted))
    return found


async def _looked_at(client: ImapClient, uids: Sequence[int]) -> AsyncIterator[Waiting]:
    for start in range(0, len(uids), _BATCH):
        for message in await client.look_at(uids[start : start + _BATCH]):
            yield message
