"""The journal: mails taken in, one entry per location addressed."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Row, bindparam, insert, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.sql.dml import ReturningInsert

from leadmaild.model.address import ReversePath
from leadmaild.model.authentication import Authentication
from leadmaild.model.envelope import Channel, Envelope, SenderVerdict
from leadmaild.model.lead import Outcome
from leadmaild.model.reading import Reading
from leadmaild.model.trace import RuleTrace
from leadmaild.model.work import AcceptedMail, Claim, JournalEntry
from leadmaild.storage.claim import LEASE, claim, claim_of, extend, settle
from leadmaild.storage.connection import AsyncConnection
from leadmaild.storage.documents import (
    authentication_document,
    authentication_of,
    reading_document,
    reading_of,
    trace_document,
)
from leadmaild.storage.schema import content, content_seen, imap_ledger, journal
from leadmaild.storage.types import Instant

# The same content for the same location within this span is a duplicate (Q22).
DUPLICATE_SPAN = timedelta(days=30)

_WITH_CONTENT = (
    select(journal, content.c.raw)
    .join(content, content.c.id == journal.c.content_id)
    .where(journal.c.id == bindparam("journal_id"))
)


class JournalStore:
    """Writes and claims journal entries within one transaction."""

    def __init__(self, connection: AsyncConnection, lease: timedelta = LEASE) -> None:
        self._connection = connection
        self._lease = lease

    async def add(self, mails: Sequence[AcceptedMail]) -> None:
        """Store mails with their entries, waiting for intake. All or none."""
        await self._connection.execute(
            insert(content),
            [
                {
                    "id": m.message_id,
                    "raw": m.content,
                    "size": len(m.content),
                    "stored_at": m.envelope.received_at,
                }
                for m in mails
            ],
        )
        await self._connection.execute(insert(journal), [row for mail in mails for row in _entry_rows(mail)])
        ledger = [_ledger_row(m) for m in mails if m.envelope.ledger_key is not None]
        if ledger:
            await self._connection.execute(insert(imap_ledger), ledger)

    async def claim(self, now: datetime, owner: str, limit: int) -> tuple[JournalEntry, ...]:
        """Claim waiting entries, oldest first, with their content."""
        rows = await claim(self._connection, journal, ["waiting"], now=now, owner=owner, limit=limit, lease=self._lease)
        raw = await self._contents({row.content_id for row in rows})
        return tuple(_entry(row, raw.get(row.content_id) or b"") for row in rows)

    async def extend(self, held: Collection[Claim], now: datetime) -> frozenset[Claim]:
        """Keep entries claimed for another lease; return the claims that are gone."""
        return await extend(self._connection, journal, held, now, self._lease)

    async def _contents(self, ids: set[str]) -> dict[str, bytes | None]:
        if not ids:
            return {}
        found = await self._connection.execute(select(content.c.id, content.c.raw).where(content.c.id.in_(ids)))
        return {row.id: row.raw for row in found}

    async def first_with_content(self, entry: JournalEntry, content_key: str, now: datetime) -> int | None:
        """Claim this content for the entry; return the id of the entry that had it first, if one had (Q22).

        Two nodes that read two copies at once meet at the primary key: the second waits for the first's commit.
        """
        if not content_key:
            return None
        row = {"location": entry.location, "content_key": content_key, "journal_id": entry.id, "seen_at": now,
               "forgotten_before": now - DUPLICATE_SPAN}  # fmt: skip
        is_ours = (await self._connection.execute(_claim_content(self._connection.dialect.name), row)).scalar()
        if is_ours is not None:
            return None
        return await self.seen_with_content(entry.location, content_key, now)

    async def seen_with_content(self, location: str, content_key: str, now: datetime) -> int | None:
        """The id of the entry that brought this content to the location within the span, if any; writes nothing."""
        found = await self._connection.execute(
            select(content_seen.c.journal_id).where(
                content_seen.c.location == location,
                content_seen.c.content_key == content_key,
                content_seen.c.seen_at >= now - DUPLICATE_SPAN,
            )
        )
        return found.scalar()

    async def settle(
        self,
        held: Claim,
        outcome: Outcome,
        reason: str,
        now: datetime,
        *,
        reading: Reading | None = None,
        trace: tuple[RuleTrace, ...] = (),
        lead: int | None = None,
        authentication: Authentication | None = None,
    ) -> None:
        """Write the one outcome of an entry, and why. Raises LeaseLost.

        The lead of an earlier reading stays noted, whatever the mail is taken for today.
        """
        known: dict[str, Any] = {} if lead is None else {"lead": lead}
        if authentication is not None:
            known |= {
                "sender_verdict": str(authentication.verdict),
                "authentication": authentication_document(authentication),
            }
        if reading is not None:
            known |= {
                "source": reading.source,
                "content_key": reading.content_key,
                "header_message_id": reading.message_id,
                "from_address": reading.sender.email,
                "subject": reading.subject,
                "reading": reading_document(reading),
                "trace": trace_document(trace),
            }
        await settle(
            self._connection,
            journal,
            held,
            state="set_aside" if outcome is Outcome.SET_ASIDE else "done",
            outcome=outcome,
            reason=reason,
            settled_at=now,
            **known,
        )

    async def content_of(self, journal_id: int) -> JournalEntry | None:
        """The entry of that id as intake saw it, whatever became of it."""
        row = (await self._connection.execute(_WITH_CONTENT, {"journal_id": journal_id})).one_or_none()
        return None if row is None else _entry(row, row.raw or b"")

    async def readings_of(self, ids: Sequence[int]) -> dict[int, Reading]:
        """What was read of the mails of these entries, without the prospects."""
        if not ids:
            return {}
        rows = await self._connection.execute(select(journal.c.id, journal.c.reading).where(journal.c.id.in_(ids)))
        return {row.id: reading for row in rows if (reading := reading_of(row.reading)) is not None}

    async def put_back(self, held: Claim, run_at: datetime, error: str) -> None:
        """Give a claimed entry back to be tried again at `run_at`. Raises LeaseLost."""
        await settle(self._connection, journal, held, run_at=run_at, last_error=error[:500])


@cache
def _claim_content(dialect: str) -> ReturningInsert[int]:
    """Made once: the row goes in as parameters."""
    added = (sqlite_insert if dialect == "sqlite" else postgres_insert)(content_seen)
    # Older than the span, or our own earlier attempt: the place is ours.
    return added.on_conflict_do_update(
        index_elements=[content_seen.c.location, content_seen.c.content_key],
        set_={"journal_id": added.excluded.journal_id, "seen_at": added.excluded.seen_at},
        where=(content_seen.c.seen_at < bindparam("forgotten_before", type_=Instant))
        | (content_seen.c.journal_id == added.excluded.journal_id),
    ).returning(content_seen.c.journal_id)


def _entry_rows(mail: AcceptedMail) -> list[dict[str, Any]]:
    envelope = mail.envelope
    common = {
        "content_id": mail.message_id,
        "received_at": envelope.received_at,
        "run_at": envelope.received_at,
        "channel": str(envelope.channel),
        "reverse_path": None if envelope.reverse_path is None else envelope.reverse_path.address,
        "peer": envelope.peer,
        "helo": envelope.helo,
        "is_trusted_client": envelope.is_trusted_client,
        "sender_verdict": str(envelope.sender_verdict),
        "is_first_scan": envelope.is_first_scan,
    }
    return [{**common, "location": location, "mailbox": mailbox} for location, mailbox in mail.entries]


def _ledger_row(mail: AcceptedMail) -> dict[str, Any]:
    key = mail.envelope.ledger_key
    assert key is not None  # noqa: S101  # filtered by the caller
    return {
        "mailbox": key.mailbox,
        "uidvalidity": key.uidvalidity,
        "uid": key.uid,
        "taken_at": mail.envelope.received_at,
    }


def envelope_of(row: Row[Any]) -> Envelope:
    """The envelope of a journal row."""
    return Envelope(
        channel=Channel(row.channel),
        reverse_path=None if row.reverse_path is None else ReversePath(row.reverse_path),
        forward_paths=(row.mailbox,),
        received_at=row.received_at,
        peer=row.peer,
        helo=row.helo,
        is_trusted_client=row.is_trusted_client,
        sender_verdict=SenderVerdict(row.sender_verdict),
        is_first_scan=row.is_first_scan,
    )


def _entry(row: Row[Any], raw: bytes) -> JournalEntry:
    return JournalEntry(
        claim=claim_of(row),
        message_id=row.content_id,
        location=row.location,
        mailbox=row.mailbox,
        envelope=envelope_of(row),
        content=raw,
        lead=row.lead,
        authentication=authentication_of(row.authentication),
    )
