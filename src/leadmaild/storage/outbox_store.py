"""The outbox: every mail that leaves, from the intent to its end. Unique by (cause, kind, recipient) (PF59)."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.sql.dml import ReturningInsert

from leadmaild.model.decision import Intent, MailKind, Recipient, Role
from leadmaild.model.outgoing import ComposedMail, Delivery, OutboxState, SendResult
from leadmaild.model.snapshot import AnswerHistory
from leadmaild.model.work import Claim, OutboxItem, OutboxOrigin, SentMail
from leadmaild.storage.answer_history import ANSWER_HISTORY, SPANS
from leadmaild.storage.claim import LEASE, claim, claim_of, extend, is_free, is_in, keep, settle
from leadmaild.storage.connection import AsyncConnection
from leadmaild.storage.schema import outbox

WAITING = (OutboxState.HELD, OutboxState.QUEUED, OutboxState.DEFERRED, OutboxState.SENDING)


class OutboxStore:
    """Writes, claims and settles outgoing mails within one transaction."""

    def __init__(self, connection: AsyncConnection, lease: timedelta = LEASE) -> None:
        self._connection = connection
        self._lease = lease

    async def add(
        self, intent: Intent, origin: OutboxOrigin, now: datetime, details: dict[str, Any] | None = None
    ) -> int | None:
        """Write an intent; None if the same (cause, kind, recipient) stands there already."""
        to_customer, address = intent.recipient.role is Role.CUSTOMER, intent.recipient.address.casefold()
        row = {
            "cause": origin.cause,
            "kind": str(intent.kind),
            "recipient": intent.recipient.key,
            "location": origin.location,
            "sender_mailbox": origin.sender_mailbox,
            "lead": origin.lead,
            "cycle": origin.cycle,
            "journal_id": origin.journal_id,
            "vehicle_key": origin.vehicle_key,
            "customer_address": address if to_customer else None,
            "customer_domain": address.rpartition("@")[2] if to_customer else None,
            "why": intent.withheld_by or intent.why,
            "created_at": now,
            "run_at": intent.not_before,
            "state": _first_state(intent, now),
            "details": {"withheld_by": intent.withheld_by, **(details or {})},
        }
        added = await self._connection.execute(_add(self._connection.dialect.name), row)
        new_id: int | None = added.scalar_one_or_none()
        return new_id

    async def claim(
        self, now: datetime, owner: str, limit: int, except_locations: Sequence[str] = ()
    ) -> tuple[OutboxItem, ...]:
        """Claim mails whose time has come; one found `sending` was left there by a crash."""
        rows = await claim(
            self._connection, outbox, WAITING, now=now, owner=owner, limit=limit, lease=self._lease,
            except_locations=except_locations,
        )  # fmt: skip
        return tuple(item_of(row) for row in rows)

    async def extend(self, held: Collection[Claim], now: datetime) -> frozenset[Claim]:
        """Keep mails claimed for another lease; return the claims that are gone."""
        return await extend(self._connection, outbox, held, now, self._lease)

    async def put_back(self, held: Claim) -> None:
        """Give a claimed mail back as it is, to be taken at once. Raises LeaseLost."""
        await settle(self._connection, outbox, held, claims=0)

    async def next_run_at(self, now: datetime, except_locations: Sequence[str] = ()) -> datetime | None:
        """When the next waiting mail that nobody works on is due (a UTC instant)."""
        statement = (
            select(outbox.c.run_at)
            .where(is_in(outbox, WAITING), is_free(self._connection, outbox, now))
            .order_by(outbox.c.run_at)
            .limit(1)
        )
        if except_locations:
            statement = statement.where(outbox.c.location.not_in(except_locations))
        at: datetime | None = (await self._connection.execute(statement)).scalar()
        return at

    async def start_sending(
        self, item: OutboxItem, mail: ComposedMail, token: str, to_addresses: Sequence[str], now: datetime
    ) -> None:
        """Commit point before the send: bytes and Message-ID are fixed, the mail is `sending`. Raises LeaseLost."""
        await keep(
            self._connection,
            outbox,
            item.claim,
            state=OutboxState.SENDING,
            message_id=mail.message_id,
            subject=mail.subject,
            raw=mail.raw,
            token=token,
            to_addresses=list(to_addresses),
            attempts=item.attempts + 1,
            first_tried_at=item.first_tried_at or now,
        )

    async def settle(
        self,
        held: Claim,
        state: OutboxState,
        now: datetime,
        *,
        result: SendResult | None = None,
        is_first: bool = False,
        run_at: datetime | None = None,
        why: str | None = None,
        **values: Any,
    ) -> None:
        """Write what became of a mail; `is_first` = no attempt has had a result before. Raises LeaseLost."""
        if result is not None:
            fresh = {r.recipient: {"delivery": str(r.delivery), "reply": r.reply} for r in result.recipients}
            values["results"] = fresh if is_first else (await self._results(held)) | fresh
            values["last_reply"] = result.last_reply
        if run_at is not None:
            values["run_at"] = run_at
        if why is not None:
            values["why"] = why
        if state is OutboxState.SENT:
            values["sent_at"] = now
        if state in (OutboxState.DEFERRED, OutboxState.HELD):
            values["claims"] = 0  # it was worked on in good order: only crashes count towards the cap (PF4)
        await settle(self._connection, outbox, held, state=state, **values)

    async def _results(self, held: Claim) -> dict[str, Any]:
        """What became of the recipients served in earlier attempts."""
        found = await self._connection.execute(select(outbox.c.results).where(outbox.c.id == held.row_id))
        return found.scalar() or {}

    async def answer_history(
        self, address: str, location: str, vehicle_key: str, now: datetime, *, is_suppressed: bool
    ) -> AnswerHistory:
        """How many automatic answers bind a new one to `address` (R112, AR-16, AR-17, AR-18)."""
        normal = address.casefold()
        asked = {
            "address": normal,
            "domain": normal.rpartition("@")[2],
            "location": location,
            "vehicle_key": vehicle_key,
            **{name: now - span for name, span in SPANS.items()},
        }
        counted = (await self._connection.execute(ANSWER_HISTORY, asked)).one()
        return AnswerHistory(**counted._mapping, is_suppressed=is_suppressed)  # noqa: SLF001  # its public name

    async def find_sent(self, message_ids: Sequence[str], token: str | None) -> SentMail | None:
        """The outgoing mail with one of these Message-IDs or this reply token (PF25)."""
        wanted: ColumnElement[bool] = outbox.c.message_id.in_(message_ids)
        if token:
            wanted = wanted | (outbox.c.token == token)
        statement = select(outbox.c.id, outbox.c.lead, outbox.c.customer_address).where(wanted)
        row = (await self._connection.execute(statement.order_by(outbox.c.id.desc()).limit(1))).first()
        return None if row is None else SentMail(row.id, row.lead, row.customer_address)

    async def state_of(self, queue_id: int) -> OutboxState | None:
        """Where a mail stands; None if there is none of that id."""
        state = (await self._connection.execute(select(outbox.c.state).where(outbox.c.id == queue_id))).scalar()
        return None if state is None else OutboxState(state)

    async def requeue(self, queue_id: int, now: datetime) -> bool:
        """Queue a failed, deferred or doubtful mail again, as it is; False if it is in another state.

        Who has it already does not get it again.
        """
        results = (await self._connection.execute(select(outbox.c.results).where(outbox.c.id == queue_id))).scalar()
        served = {a: r for a, r in (results or {}).items() if r["delivery"] == Delivery.DELIVERED}
        again = (
            update(outbox)
            .where(
                outbox.c.id == queue_id,
                outbox.c.state.in_([OutboxState.FAILED, OutboxState.DEFERRED, OutboxState.IN_DOUBT]),
            )
            .values(state=OutboxState.QUEUED, run_at=now, claims=0, first_tried_at=None, results=served)
        )
        return bool((await self._connection.execute(again)).rowcount)

    async def cancel(self, queue_id: int, why: str) -> bool:
        """Cancel a mail that waits, or one in doubt; False if it is in another state or on its way."""
        gone = (
            update(outbox)
            .where(
                outbox.c.id == queue_id,
                outbox.c.state.in_([OutboxState.HELD, OutboxState.QUEUED, OutboxState.DEFERRED, OutboxState.IN_DOUBT]),
                or_(outbox.c.lease_until.is_(None), outbox.c.state == OutboxState.IN_DOUBT),
            )
            .values(state=OutboxState.CANCELLED, why=why)
        )
        return bool((await self._connection.execute(gone)).rowcount)


@cache
def _add(dialect: str) -> ReturningInsert[int]:
    """Made once: the row goes in as parameters."""
    upsert = sqlite_insert if dialect == "sqlite" else postgres_insert
    unique = ["cause", "kind", "recipient"]
    return upsert(outbox).on_conflict_do_nothing(index_elements=unique).returning(outbox.c.id)


def _first_state(intent: Intent, now: datetime) -> OutboxState:
    return OutboxState.HELD if intent.not_before > now else OutboxState.QUEUED


def recipient_of(key: str) -> Recipient:
    """The recipient role behind an outbox key."""
    role, _, address = key.partition(":")
    return Recipient(Role(role), address)


def item_of(row: Row[Any]) -> OutboxItem:
    """The outgoing mail of a row."""
    results = row.results or {}
    return OutboxItem(
        claim=claim_of(row),
        cause=row.cause,
        kind=MailKind(row.kind),
        recipient=recipient_of(row.recipient),
        location=row.location,
        sender_mailbox=row.sender_mailbox,
        state=OutboxState(row.state),
        run_at=row.run_at,
        created_at=row.created_at,
        lead=row.lead,
        cycle=row.cycle,
        journal_id=row.journal_id,
        why=row.why,
        attempts=row.attempts,
        first_tried_at=row.first_tried_at,
        token=row.token,
        message_id=row.message_id,
        subject=row.subject,
        to_addresses=tuple(row.to_addresses or ()),
        results={address: result["delivery"] for address, result in results.items()},
        raw=row.raw,
        details=row.details or {},
    )
