"""Watchers made of `[[imap]]` settings, with their ledger in the database."""

from collections.abc import Sequence
from datetime import datetime

from leadmaild.config.process import ImapSettings
from leadmaild.inbound.imap_client import ImapAuth, ImapServer, ImapTls
from leadmaild.inbound.imap_watcher import FirstScan, MailboxWatcher, WatchedMailbox
from leadmaild.model.envelope import LedgerKey
from leadmaild.model.mailbox import KnownMessages, Opening
from leadmaild.ports import Clock, Dice, Door
from leadmaild.ports.stores import Database


class StoredLedger:
    """The ledger as rows; each call is a transaction of its own. Raises Unavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def opened(self, mailbox: str, uidvalidity: int, uidnext: int, now: datetime) -> Opening:
        """Return how it was at the first look, noting `uidnext` and `now` if this is the first."""
        async with self._database.transaction() as tx:
            opening = await tx.mailboxes.opened(mailbox, uidvalidity, uidnext, now)
            await tx.commit()
        return opening

    async def known(self, mailbox: str, uidvalidity: int, uids: Sequence[int]) -> KnownMessages:
        """Return which of `uids` are settled."""
        async with self._database.view() as tx:
            return await tx.mailboxes.known(mailbox, uidvalidity, uids)

    async def refuse(self, key: LedgerKey, now: datetime) -> None:
        """Note that this message is not taken, so that it is told once (PF14)."""
        async with self._database.transaction() as tx:
            await tx.mailboxes.refuse(key, now)
            await tx.commit()

    async def looked_through(self, mailbox: str, now: datetime) -> None:
        """Note that all there is in the mailbox was taken."""
        async with self._database.transaction() as tx:
            await tx.mailboxes.looked_through(mailbox, now)
            await tx.commit()

    async def lost(self, mailbox: str, problem: str, now: datetime) -> None:
        """Note why the mailbox is not reached."""
        async with self._database.transaction() as tx:
            await tx.mailboxes.lost(mailbox, problem, now)
            await tx.commit()


def server_of(mailbox: ImapSettings) -> ImapServer:
    """Where a mailbox is and how to get in."""
    return ImapServer(
        host=mailbox.host,
        user=mailbox.user,
        password=mailbox.password.reveal,
        port=mailbox.port,
        tls=ImapTls(mailbox.tls),
        auth=ImapAuth(mailbox.auth),
    )


def watcher_of(
    mailbox: ImapSettings, max_message_size: int, door: Door, database: Database, clock: Clock, dice: Dice
) -> MailboxWatcher:
    """The watcher of one mailbox; messages above `max_message_size` octets are left where they are."""
    watched = WatchedMailbox(
        name=mailbox.name,
        server=server_of(mailbox),
        deliver_to=mailbox.deliver_to,
        folder=mailbox.folder,
        processed_folder=mailbox.processed_folder,
        first_scan=FirstScan(mailbox.first_scan),
        max_age=mailbox.max_age,
        max_message_size=max_message_size,
    )
    return MailboxWatcher(watched, door, StoredLedger(database), clock, dice)
