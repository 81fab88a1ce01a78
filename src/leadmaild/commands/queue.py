"""What a person does with outgoing mail: send it again, or keep it from leaving."""

from collections.abc import Sequence
from datetime import datetime

from leadmaild.errors import NotFound, Refused
from leadmaild.ports.stores import Database


async def retry_mails(database: Database, queue_ids: Sequence[int], now: datetime) -> None:
    """Queue failed, deferred or doubtful mails again; bytes and Message-ID stay, so a receiver can tell a copy.

    All or none. Raises NotFound, or Refused for a mail that was sent, suppressed or cancelled, or is on its way.
    """
    async with database.transaction() as tx:
        for queue_id in queue_ids:
            state = await tx.outbox.state_of(queue_id)
            if state is None:
                raise NotFound(f"there is no mail {queue_id} in the queue")
            if not await tx.outbox.requeue(queue_id, now):
                raise Refused(f"mail {queue_id} is {state}; only failed, deferred and in_doubt mails can be sent again")
        await tx.commit()


async def cancel_mail(database: Database, queue_id: int, why: str) -> None:
    """Keep a waiting mail from leaving; `why` is kept. Raises NotFound, or Refused if it does not wait any more."""
    async with database.transaction() as tx:
        state = await tx.outbox.state_of(queue_id)
        if state is None:
            raise NotFound(f"there is no mail {queue_id} in the queue")
        if not await tx.outbox.cancel(queue_id, why):
            raise Refused(f"mail {queue_id} is {state}; only a mail that waits can be cancelled")
        await tx.commit()
