"""What a person does with mails taken in: have them read again, or discard one."""

from collections.abc import Sequence
from datetime import datetime

from leadmaild.errors import NotFound, Refused
from leadmaild.ports.stores import Database, Transaction


async def reprocess_mails(database: Database, journal_ids: Sequence[int], now: datetime) -> None:
    """Let intake take settled mails again, by today's rules and settings. All or none.

    A mail that made a lead brings that lead up to date: what today's reading finds is filled in, what a person has set
    stays, and it leaves manual review if nothing is left to look at. Nobody is told or answered again (PF59).
    Raises NotFound, or Refused for a mail that waits anyway or is not kept any more.
    """
    async with database.transaction() as tx:
        for journal_id in journal_ids:
            _outcome, is_kept = await _standing(tx, journal_id)
            if not is_kept:
                raise Refused(f"mail {journal_id} is not kept any more (retention); there is nothing to read")
            if not await tx.journal_changes.reprocess(journal_id, now):
                raise Refused(f"mail {journal_id} waits to be read anyway")
        await tx.commit()


async def discard_mail(database: Database, journal_id: int, why: str, now: datetime) -> None:
    """Let nothing come of a mail that waits or was set aside; `why` is kept. Raises NotFound, or Refused."""
    async with database.transaction() as tx:
        outcome, _is_kept = await _standing(tx, journal_id)
        if not await tx.journal_changes.discard(journal_id, why, now):
            state = "being read right now" if outcome == "waiting" else outcome
            raise Refused(f"mail {journal_id} is {state}; only one that waits or was set aside can be discarded")
        await tx.commit()


async def _standing(tx: Transaction, journal_id: int) -> tuple[str, bool]:
    standing = await tx.journal_changes.standing(journal_id)
    if standing is None:
        raise NotFound(f"there is no mail {journal_id} in the journal")
    return standing
