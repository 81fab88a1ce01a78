"""accept: envelope and content into the journal, one entry per location addressed, then and only then 250.

Crash window: between the commit and the 250 the peer may not hear us and sends again; intake sees the duplicate.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta

from leadmaild.errors import Unavailable
from leadmaild.maillog import Event, log
from leadmaild.model.envelope import Envelope
from leadmaild.model.reply import STORAGE_FULL, TRY_AGAIN, UNKNOWN_MAILBOX, Reply
from leadmaild.model.work import AcceptedMail
from leadmaild.pipeline.directory import Directory
from leadmaild.pipeline.group_commit import GroupCommit
from leadmaild.pipeline.right_of_way import RightOfWay
from leadmaild.ports import Ids
from leadmaild.ports.stores import Database

# A peer hears 451 within 10 s, whatever the database does (SP-16).
PATIENCE = timedelta(seconds=8)


class Accept:
    """The one door by which mail comes in (port Door)."""

    def __init__(
        self,
        database: Database,
        directory: Callable[[], Directory],
        ids: Ids,
        wake_intake: Callable[[], None],
        has_space: Callable[[], bool] = lambda: True,
        right_of_way: RightOfWay | None = None,
    ) -> None:
        self._database = database
        self._directory = directory
        self._ids = ids
        self._wake_intake = wake_intake
        self._has_space = has_space
        self._right_of_way = right_of_way or RightOfWay()
        self._group: GroupCommit[AcceptedMail] = GroupCommit(self._write)

    @property
    def waiting(self) -> int:
        """How many mails wait for the next commit: who writes meanwhile lets them in soon."""
        return self._group.waiting

    def refusal_for(self, forward_path: str) -> Reply | None:
        """None if we take mail for this forward-path, else the 550 to give (SP-05)."""
        return self._directory().refusal_for(forward_path)

    async def accept(self, envelope: Envelope, content: bytes) -> Reply:
        """Put the mail into the journal; 250 only after the commit is on disk (SP-02), 4yz for any failure of ours.

        The commit runs in a task of its own, so a client that drops does not cancel it.
        """
        directory = self._directory()
        # One entry per location addressed, by the first of its addresses in the transaction.
        entries: dict[str, str] = {}
        for path in envelope.forward_paths:
            if (destination := directory.find(path)) is not None:
                entries.setdefault(destination.location, _as_accepted(path, destination.mailbox))
        if not entries:
            return UNKNOWN_MAILBOX  # settings were reloaded between RCPT and the end of DATA
        if not self._has_space():
            log(Event.MAIL_REFUSED, reason="storage_full", channel=str(envelope.channel))
            return STORAGE_FULL
        mail = AcceptedMail(self._ids.new(), envelope, content, tuple(entries.items()))
        try:
            with self._right_of_way.taken():
                async with asyncio.timeout(PATIENCE.total_seconds()):
                    await self._group.commit(mail)
        except TimeoutError:
            # It may be on disk yet: then the peer's next try ends as a duplicate, like any mail sent again.
            log(Event.MAIL_REFUSED, reason="database_too_slow", channel=str(envelope.channel))
            return TRY_AGAIN
        except Unavailable as failure:
            log(Event.MAIL_REFUSED, reason="database_unavailable", channel=str(envelope.channel), exc=failure)
            return TRY_AGAIN
        except Exception as failure:  # noqa: BLE001  # anything else is a bug of ours; the peer tries again (PF17)
            log(Event.BUG, where="accept", message_id=mail.message_id, exc=failure)
            return TRY_AGAIN
        for location in entries:
            log(Event.MAIL_ACCEPTED, message_id=mail.message_id, location=location, channel=str(envelope.channel),
                size=len(content))  # fmt: skip
        self._wake_intake()
        return Reply(250, "2.0.0", f"Ok: queued as {mail.message_id}")

    async def finish(self) -> None:
        """Return once every mail handed in is on disk or refused."""
        await self._group.finish()

    async def _write(self, mails: Sequence[AcceptedMail]) -> None:
        async with self._database.transaction() as tx:
            await tx.journal.add(mails)
            await tx.commit()


def _as_accepted(path: str, mailbox: str) -> str:
    # The token of a reply address must reach intake; for the rest the mailbox as configured is clearer to read.
    return path if "+" in path.partition("@")[0] else mailbox
