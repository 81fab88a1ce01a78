"""Takes what is personal out of rows and leaves the rows: counts per source, time and reason stay (R180, R181).

What is written over with nothing is overwritten on the disk as well: SQLite runs with secure_delete.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, String, Table, case, delete, exists, null, select, update

from leadmaild.model.decision import MailKind
from leadmaild.model.lead import ActivityKind, LeadState, Outcome, TimerState
from leadmaild.model.outgoing import OutboxState
from leadmaild.storage.connection import AsyncConnection
from leadmaild.storage.outbox_store import WAITING
from leadmaild.storage.schema import activity, contact, contact_email, contact_phone, content, journal, lead, outbox
from leadmaild.storage.schema import timer as timers

ERASED = "erased"
_WHY = "erased (R180, R181)"


def _emptied(table: Table, *stays: str) -> dict[str, Any]:
    """Values that empty every column of a table but those that stay: a column that is added is emptied unless it is
    named here."""
    values: dict[str, Any] = {}
    for column in table.c:
        if column.name in stays:
            continue
        if not column.nullable and not isinstance(column.type, String | Boolean):
            raise TypeError(f"say whether {column} stays when {table.name} is erased")
        is_flag = isinstance(column.type, Boolean)
        values[column.name] = null() if column.nullable else (False if is_flag else "")
    return values


_WORK = ("run_at", "claims", "lease_owner", "lease_token", "lease_until")
_NO_CONTACT = _emptied(contact, "id", "location", "created_at", "merged_into", "erased_at")
_NO_LEAD = _emptied(
    lead, "number", "location", "received_location", "contact_id", "source", "source_provider", "types", "stock_number",
    "vehicle_key", "assignee", "assignment_reason", "group_name", "state", "cycle", "arrived_at", "last_active_at",
    "reacted_at", "completion_reason", "closed_at", "previous_lead", "journal_id", "erased_at",
)  # fmt: skip
_NO_MAIL = _emptied(
    journal, "id", "content_id", "location", "mailbox", "received_at", "channel", "is_trusted_client", "sender_verdict",
    "is_first_scan", "state", "outcome", "reason", "source", "lead", "settled_at", "released_at", *_WORK,
)  # fmt: skip
_NO_OUTGOING = _emptied(
    outbox, "id", "cause", "kind", "recipient", "location", "sender_mailbox", "lead", "cycle", "journal_id", "why",
    "created_at", "state", "attempts", "first_tried_at", "sent_at", "token", "message_id", "to_addresses", *_WORK,
)  # fmt: skip
_FREE = {"lease_owner": None, "lease_until": None}

# Activities whose details are our own words: who got the lead, what the clock did, what it was closed for.
_TELLS_NOTHING = [
    str(kind)
    for kind in (ActivityKind.ASSIGNEE_CHANGE, ActivityKind.ESCALATION, ActivityKind.CLOSE, ActivityKind.REOPEN,
                 ActivityKind.MERGE, ActivityKind.AUTORESPONDER, ActivityKind.MAIL_OUT)
]  # fmt: skip
# Mails that carry the original, or are made of it.
_CARRIERS = [
    str(kind)
    for kind in (MailKind.REDIRECT, MailKind.UNASSIGNED_NOTICE, MailKind.TRADE_IN_CC, MailKind.NEW_LEAD,
                 MailKind.NEW_POOL_LEAD)
]  # fmt: skip


class ErasureStore:
    """Empties rows within one transaction. Whoever works on a row at that moment loses it: his lease is gone."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def contacts(self, ids: Collection[int], now: datetime) -> None:
        """Empty contacts; their addresses and numbers are gone, and find nobody any more."""
        for owned in (contact_email, contact_phone):
            await self._connection.execute(delete(owned).where(owned.c.contact_id.in_(ids)))
        await self._connection.execute(
            update(contact).where(contact.c.id.in_(ids)).values(**_NO_CONTACT, erased_at=now)
        )

    async def without_leads(self, contact_ids: Collection[int]) -> tuple[int, ...]:
        """Those of these contacts, with what was merged into them, that have no lead left which is not erased."""
        has_lead = exists().where(lead.c.contact_id == contact.c.id, lead.c.erased_at.is_(None))
        found = await self._connection.execute(select(contact.c.id).where(contact.c.id.in_(contact_ids), ~has_lead))
        empty = set(found.scalars())
        more = empty
        while more:
            merged = await self._connection.execute(select(contact.c.id).where(contact.c.merged_into.in_(more)))
            more = set(merged.scalars()) - empty
            empty |= more
        return tuple(sorted(empty))

    async def leads(self, numbers: Collection[int], now: datetime) -> tuple[int, ...]:
        """Empty leads and end what runs on them; return those that were open and are closed now."""
        is_open = lead.c.state == LeadState.OPEN
        closed = update(lead).where(lead.c.number.in_(numbers), is_open)
        closed = closed.values(state=str(LeadState.CLOSED), closed_at=now, completion_reason=ERASED)
        were_open = (await self._connection.execute(closed.returning(lead.c.number))).scalars().all()
        await self._connection.execute(
            update(lead)
            .where(lead.c.number.in_(numbers))
            .values(**_NO_LEAD, vehicle_key=lead.c.stock_number, erased_at=now)
        )
        await self._connection.execute(
            update(timers)
            .where(timers.c.lead.in_(numbers), timers.c.state == TimerState.PENDING)
            .values(state=str(TimerState.CANCELLED), why=_WHY)
        )
        of_leads = activity.c.lead.in_(numbers)
        is_ours = activity.c.kind.in_(_TELLS_NOTHING)
        await self._connection.execute(
            update(activity).where(of_leads, activity.c.kind != ActivityKind.ESCALATION).values(text="")
        )
        await self._connection.execute(update(activity).where(of_leads, ~is_ours).values(details=null()))
        return tuple(sorted(were_open))

    async def mails(self, ids: Collection[int], now: datetime) -> None:
        """Empty mails taken in, bytes and all, whatever becomes of copies; one that waits is settled as ignored."""
        await self._connection.execute(
            update(journal)
            .where(journal.c.id.in_(ids), journal.c.state != "done")
            .values(state="done", outcome=str(Outcome.IGNORED), reason=_WHY, settled_at=now,
                    lease_token=journal.c.lease_token + 1, **_FREE)
        )  # fmt: skip
        of_mails = select(journal.c.content_id).where(journal.c.id.in_(ids))
        await self._connection.execute(
            update(content).where(content.c.id.in_(of_mails), content.c.raw.is_not(None)).values(raw=None)
        )
        await self._connection.execute(
            update(activity).where(activity.c.journal_id.in_(ids)).values(text="", details=null())
        )
        await self._empty_entries(ids, now)

    async def release(self, ids: Collection[int], now: datetime, *, whole: bool) -> None:
        """These entries need their mail no longer: its bytes go with the last of them, and so does what was sent on.

        `whole`: nothing else of the entry is needed either.
        """
        if whole:
            await self._empty_entries(ids, now)
        else:
            await self._connection.execute(update(journal).where(journal.c.id.in_(ids)).values(released_at=now))
        mine = select(journal.c.content_id).where(journal.c.id.in_(ids))
        is_needed = exists().where(journal.c.content_id == content.c.id, journal.c.released_at.is_(None))
        await self._connection.execute(
            update(content).where(content.c.id.in_(mine), content.c.raw.is_not(None), ~is_needed).values(raw=None)
        )

    async def carriers(self, ids: Collection[int]) -> tuple[int, ...]:
        """Those of these outgoing mails that carry the original and have come to their end."""
        found = await self._connection.execute(
            select(outbox.c.id).where(
                outbox.c.id.in_(ids), outbox.c.kind.in_(_CARRIERS), outbox.c.state.not_in([str(s) for s in WAITING])
            )
        )
        return tuple(found.scalars())

    async def bodies(self, ids: Collection[int]) -> None:
        """Take the content out of outgoing mails that have come to their end; whom they went to, and when, stays."""
        await self._connection.execute(
            update(outbox).where(outbox.c.id.in_(ids)).values(raw=None, subject=None, details=null())
        )

    async def outgoing(self, ids: Collection[int], now: datetime) -> None:
        """Empty outgoing mails. What has not left does not leave any more; what is on its way is let go of, and what
        becomes of it is not written down. Notices that went in one digest with them are composed anew without them."""
        waits = outbox.c.state.in_([str(state) for state in (*WAITING, OutboxState.IN_DOUBT)])
        shared = (
            select(outbox.c.message_id).where(outbox.c.id.in_(ids), outbox.c.message_id.is_not(None)).scalar_subquery()
        )
        of_others = await self._connection.execute(
            select(outbox.c.id).where(outbox.c.message_id.in_(shared), outbox.c.id.not_in(ids))
        )
        others = tuple(of_others.scalars())
        await self._connection.execute(
            update(outbox)
            .where(outbox.c.id.in_(others), waits)
            .values(state=str(OutboxState.QUEUED), run_at=now, claims=0, message_id=None, to_addresses=null(),
                    lease_token=outbox.c.lease_token + 1, **_FREE)
        )  # fmt: skip
        await self._connection.execute(update(outbox).where(outbox.c.id.in_(others)).values(raw=None, subject=None))
        await self._connection.execute(
            update(outbox)
            .where(outbox.c.id.in_(ids), waits)
            .values(state=str(OutboxState.CANCELLED), lease_token=outbox.c.lease_token + 1, **_FREE)
        )
        to_customer = outbox.c.recipient.startswith("customer:", autoescape=True)
        await self._connection.execute(
            update(outbox)
            .where(outbox.c.id.in_(ids))
            .values(**_NO_OUTGOING, why=_WHY,
                    recipient=case((to_customer, "customer"), else_=outbox.c.recipient),
                    to_addresses=case((to_customer, null()), else_=outbox.c.to_addresses))
        )  # fmt: skip

    async def _empty_entries(self, ids: Collection[int], now: datetime) -> None:
        was_discarded = journal.c.reason.startswith("discarded:", autoescape=True)
        await self._connection.execute(
            update(journal)
            .where(journal.c.id.in_(ids))
            .values(**_NO_MAIL, released_at=now,
                    reason=case((was_discarded, "discarded"), else_=journal.c.reason))
        )  # fmt: skip
