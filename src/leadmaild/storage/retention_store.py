"""What has been kept long enough (R180): asked by location and age, each through an index of its own. Only reads.

Three things keep what is old: a lead that is open, a mail nobody has settled (waiting, set aside), and a mail made of
it that has not left.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    String,
    and_,
    cast,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from leadmaild.model.privacy import Kept
from leadmaild.storage.claim import is_in
from leadmaild.storage.outbox_store import WAITING
from leadmaild.storage.schema import activity, content, journal, lead, outbox

_WAITING = [str(state) for state in WAITING]
_IS_OPEN = lead.c.state == literal_column("'open'")

# Of each: the id, and what its age counts from. The conditions are written as the partial indexes have them.
_ROWS: dict[Kept, tuple[Column[Any], Column[Any], tuple[ColumnElement[bool], ...]]] = {}


def _mails(*conditions: ColumnElement[bool]) -> tuple[Column[Any], Column[Any], tuple[ColumnElement[bool], ...]]:
    noted_on_open = (
        select(activity.c.id).join(lead, lead.c.number == activity.c.lead).where(activity.c.journal_id == journal.c.id)
    )
    made_of_it = or_(
        exists().where(outbox.c.cause == literal("mail:") + cast(journal.c.id, String), is_in(outbox, _WAITING)),
        exists().where(outbox.c.lead == journal.c.lead, outbox.c.journal_id == journal.c.id, is_in(outbox, _WAITING)),
    )
    return (
        journal.c.id,
        journal.c.received_at,
        (
            journal.c.state == literal_column("'done'"),
            journal.c.released_at.is_(None),
            *conditions,
            ~exists().where(lead.c.number == journal.c.lead, _IS_OPEN),
            ~noted_on_open.where(_IS_OPEN).exists(),
            ~made_of_it,
        ),
    )


_ROWS[Kept.RAW_MAIL_WITHOUT_LEAD] = _mails(journal.c.lead.is_(None))
_ROWS[Kept.RAW_MAIL] = _mails(journal.c.lead.is_not(None))
_ROWS[Kept.SUPPRESSED_BODIES] = (
    outbox.c.id,
    outbox.c.created_at,
    (
        outbox.c.state == literal_column("'suppressed'"),
        outbox.c.raw.is_not(None),
        ~exists().where(lead.c.number == outbox.c.lead, _IS_OPEN),
    ),
)
_ROWS[Kept.CLOSED_LEADS] = (
    lead.c.number,
    lead.c.closed_at,
    (
        lead.c.state == literal_column("'closed'"),
        lead.c.erased_at.is_(None),
        ~exists().where(outbox.c.lead == lead.c.number, is_in(outbox, _WAITING)),
        ~exists().where(journal.c.lead == lead.c.number, journal.c.state != "done"),
    ),
)


class RetentionStore:
    """Asks for what is old within one transaction or view."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def locations(self) -> tuple[str, ...]:
        """Every location something is kept of, also those that the settings have no longer, in order.

        Goes from one to the next through the indexes, as many questions as there are locations.
        """
        kept = (_ROWS[Kept.RAW_MAIL][0].table.c.location, *_ROWS[Kept.RAW_MAIL][2][:2])
        places = (
            kept,
            (outbox.c.location, *_ROWS[Kept.SUPPRESSED_BODIES][2][:2]),
            (lead.c.location, *_ROWS[Kept.CLOSED_LEADS][2][:2]),
        )
        found: set[str] = set()
        for column, *conditions in places:
            latest = ""
            while True:
                after = select(func.min(column)).where(column > latest, *conditions)
                following: str | None = (await self._connection.execute(after)).scalar()
                if following is None:
                    break
                found.add(latest := following)
        return tuple(sorted(found))

    async def count(self, kept: Kept, location: str, before: datetime) -> int:
        """How many rows of the location are older than `before` (a UTC instant) and no longer needed."""
        identity, at, conditions = _ROWS[kept]
        counted = select(func.count()).select_from(identity.table)
        counted = counted.where(identity.table.c.location == location, at < before, *conditions)
        return (await self._connection.execute(counted)).scalar_one()

    async def due(self, kept: Kept, location: str, before: datetime, limit: int, size: int) -> tuple[int, ...]:
        """The ids of the oldest of them: at most `limit`, and of mails with no more than `size` bytes (but one)."""
        identity, at, conditions = _ROWS[kept]
        table = identity.table
        oldest = select(identity.label("id")).where(table.c.location == location, at < before, *conditions)
        oldest = oldest.order_by(at).limit(limit)
        if table is not journal:
            return tuple((await self._connection.execute(oldest)).scalars())
        sized = oldest.add_columns(content.c.size).join(content, content.c.id == journal.c.content_id)
        chosen: list[int] = []
        for row in (await self._connection.execute(sized)).all():
            size -= row.size
            if chosen and size < 0:
                break
            chosen.append(row.id)
        return tuple(chosen)

    async def mails_of_erased(self, leads: tuple[int, ...]) -> tuple[int, ...]:
        """The settled mails of these erased leads that no lead with anything left in it needs."""
        of_leads = or_(
            journal.c.lead.in_(leads),
            journal.c.id.in_(
                select(activity.c.journal_id).where(activity.c.lead.in_(leads), activity.c.journal_id.is_not(None))
            ),
        )
        is_whole = and_(lead.c.number == activity.c.lead, lead.c.erased_at.is_(None))
        needed = select(activity.c.id).join(lead, is_whole).where(activity.c.journal_id == journal.c.id)
        found = await self._connection.execute(
            select(journal.c.id).where(
                of_leads,
                journal.c.state == "done",
                ~needed.exists(),
                ~exists().where(lead.c.number == journal.c.lead, lead.c.erased_at.is_(None)),
            )
        )
        return tuple(found.scalars())
