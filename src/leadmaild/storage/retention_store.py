"""What has been kept long enough (R180): asked by location and age, each through an index of its own. Only reads.

Three things keep what is old: a lead that is open, a mail nobody has settled (waiting, set aside), and a mail made of
it that has not left.
"""

from collections.abc import Collection
from dataclasses import dataclass
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

from leadmaild.model.privacy import Kept
from leadmaild.storage.claim import is_in
from leadmaild.storage.connection import AsyncConnection
from leadmaild.storage.outbox_store import WAITING
from leadmaild.storage.schema import activity, content, journal, lead, outbox

_WAITING = [str(state) for state in WAITING]
_IS_OPEN = lead.c.state == literal_column("'open'")


@dataclass(frozen=True, slots=True)
class _Kind:
    """Of one kind of row: the id, what its age counts from, which are kept (as the partial index has it), and of those
    that are old which are no longer needed."""

    id: Column[Any]
    at: Column[Any]
    kept: tuple[ColumnElement[bool], ...]
    unneeded: tuple[ColumnElement[bool], ...]

    @property
    def location(self) -> Column[Any]:
        return self.id.table.c.location


def _mails(of_lead: ColumnElement[bool]) -> _Kind:
    noted_on = select(activity.c.id).join(lead, lead.c.number == activity.c.lead)
    made_of_it = or_(
        exists().where(outbox.c.cause == literal("mail:") + cast(journal.c.id, String), is_in(outbox, _WAITING)),
        exists().where(outbox.c.lead == journal.c.lead, outbox.c.journal_id == journal.c.id, is_in(outbox, _WAITING)),
    )
    return _Kind(
        journal.c.id,
        journal.c.received_at,
        (journal.c.state == literal_column("'done'"), journal.c.released_at.is_(None)),
        (
            of_lead,
            ~exists().where(lead.c.number == journal.c.lead, _IS_OPEN),
            ~noted_on.where(activity.c.journal_id == journal.c.id, _IS_OPEN).exists(),
            ~made_of_it,
        ),
    )


_KINDS = {
    Kept.RAW_MAIL_WITHOUT_LEAD: _mails(journal.c.lead.is_(None)),
    Kept.RAW_MAIL: _mails(journal.c.lead.is_not(None)),
    Kept.SUPPRESSED_BODIES: _Kind(
        outbox.c.id,
        outbox.c.created_at,
        (outbox.c.state == literal_column("'suppressed'"), outbox.c.raw.is_not(None)),
        (~exists().where(lead.c.number == outbox.c.lead, _IS_OPEN),),
    ),
    Kept.CLOSED_LEADS: _Kind(
        lead.c.number,
        lead.c.closed_at,
        (lead.c.state == literal_column("'closed'"), lead.c.erased_at.is_(None)),
        (
            ~exists().where(outbox.c.lead == lead.c.number, is_in(outbox, _WAITING)),
            ~exists().where(journal.c.lead == lead.c.number, journal.c.state != "done"),
        ),
    ),
}


class RetentionStore:
    """Asks for what is old within one transaction or view."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def locations(self) -> tuple[str, ...]:
        """Every location something is kept of, also those that the settings have no longer, in order.

        Goes from one to the next through the indexes, as many questions as there are locations.
        """
        found: set[str] = set()
        for kind in _KINDS.values():
            latest = ""
            while True:
                after = select(func.min(kind.location)).where(kind.location > latest, *kind.kept)
                following: str | None = (await self._connection.execute(after)).scalar()
                if following is None:
                    break
                found.add(latest := following)
        return tuple(sorted(found))

    async def count(self, kept: Kept, location: str, before: datetime) -> int:
        """How many rows of the location are older than `before` (a UTC instant) and no longer needed."""
        kind = _KINDS[kept]
        counted = select(func.count()).select_from(kind.id.table)
        counted = counted.where(kind.location == location, kind.at < before, *kind.kept, *kind.unneeded)
        return (await self._connection.execute(counted)).scalar_one()

    async def old(
        self, kept: Kept, location: str, before: datetime, after: tuple[datetime, int] | None, limit: int
    ) -> tuple[tuple[datetime, int], ...]:
        """The oldest rows of the location beyond the place `after`, each as its place: instant and id.

        Nothing else is asked of them, so that it costs the same however many old rows are still needed.
        """
        kind = _KINDS[kept]
        oldest = select(kind.at, kind.id).where(kind.location == location, kind.at < before, *kind.kept)
        if after is not None:
            at, last = after
            oldest = oldest.where(kind.at >= at, or_(kind.at > at, kind.id > last))
        rows = await self._connection.execute(oldest.order_by(kind.at, kind.id).limit(limit))
        return tuple((at, row_id) for at, row_id in rows)

    async def unneeded(self, kept: Kept, ids: Collection[int]) -> frozenset[int]:
        """Those of these rows that are still kept and that nothing needs any longer."""
        kind = _KINDS[kept]
        found = await self._connection.execute(select(kind.id).where(kind.id.in_(ids), *kind.kept, *kind.unneeded))
        return frozenset(found.scalars())

    async def sizes(self, kept: Kept, ids: Collection[int]) -> dict[int, int]:
        """The bytes of these mails; of what is no mail, nothing."""
        if _KINDS[kept].id.table is not journal:
            return {}
        sized = select(journal.c.id, content.c.size).join(content, content.c.id == journal.c.content_id)
        rows = await self._connection.execute(sized.where(journal.c.id.in_(ids)))
        return {row.id: row.size for row in rows}

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
