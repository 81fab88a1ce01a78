"""What people do to leads, as changes of rows: made by hand, given, taken, reacted to, closed, edited."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from leadmaild.errors import NotFound
from leadmaild.model.lead import ActivityKind, AssignmentReason, Lead, LeadState
from leadmaild.model.reading import Prospect
from leadmaild.storage.connection import AsyncConnection
from leadmaild.storage.documents import prospect_document, prospect_of
from leadmaild.storage.lead_store import LeadStore, lead_of
from leadmaild.storage.schema import activity, contact, lead


class LeadChanges:
    """Changes leads within one transaction; `lock` comes first, so that a person and the clock meet at the lead."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._leads = LeadStore(connection)

    async def lock(self, number: int) -> Lead:
        """The lead as it stands now, and nobody else changes it before this transaction ends. Raises NotFound.

        Its contact is locked first, as intake does it, so that the two cannot lock each other out.
        """
        owner = select(lead.c.contact_id).where(lead.c.number == number).scalar_subquery()
        await self._connection.execute(select(contact.c.id).where(contact.c.id == owner).with_for_update())
        await self._connection.execute(select(lead.c.number).where(lead.c.number == number).with_for_update())
        found = await self._leads.by_number(number)
        if found is None:
            raise NotFound(f"there is no lead {number}")
        return found

    async def create(self, values: Mapping[str, Any], now: datetime) -> int:
        """Make a lead by hand; return its number. Raises IntegrityError if its client key was used before (R88)."""
        made = insert(lead).values(
            received_location=values["location"],
            types=["other"],
            assignment_reason=AssignmentReason.MANUAL,
            state=LeadState.OPEN,
            needs_review=False,
            cycle=1,
            arrived_at=now,
            last_active_at=now,
            **values,
        )
        number: int = (await self._connection.execute(made.returning(lead.c.number))).scalar_one()
        return number

    async def by_client_key(self, key: str) -> int | None:
        """The number of the lead made with this client key."""
        found = await self._connection.execute(select(lead.c.number).where(lead.c.client_key == key))
        number: int | None = found.scalar()
        return number

    async def change(self, number: int, **values: Any) -> None:
        """Write columns of a lead."""
        await self._connection.execute(update(lead).where(lead.c.number == number).values(values))

    async def keep_prospect(self, number: int, prospect: Prospect) -> None:
        """Keep this as what was read for the lead."""
        await self.change(number, prospect=prospect_document(prospect))

    async def oldest_waiting(self, location: str, pool_user: str) -> Lead | None:
        """The open lead that has waited longest in a location's pool: earliest arrival, then lower number (R64)."""
        statement = (
            select(lead.c.number)
            .where(lead.c.assignee == pool_user, lead.c.state == LeadState.OPEN, lead.c.location == location)
            .order_by(lead.c.arrived_at, lead.c.number)
            .limit(1)
        )
        number = (await self._connection.execute(statement)).scalar()
        return None if number is None else await self._leads.by_number(number)

    async def assignees(self) -> tuple[str, ...]:
        """Everybody who has an open lead."""
        found = await self._connection.execute(select(lead.c.assignee).where(lead.c.state == LeadState.OPEN).distinct())
        return tuple(found.scalars())

    async def with_any_of(self, usernames: Sequence[str], after: int, limit: int) -> tuple[Lead, ...]:
        """Open leads of these users with numbers above `after`, locked."""
        statement = (
            select(lead)
            .where(lead.c.assignee.in_(usernames), lead.c.state == LeadState.OPEN, lead.c.number > after)
            .order_by(lead.c.number)
            .limit(limit)
            .with_for_update()
        )
        return tuple(lead_of(row, prospect_of(row.prospect)) for row in await self._connection.execute(statement))

    async def column(self, number: int, name: str) -> Any:
        """One column of a lead, for keeping its old value."""
        return (await self._connection.execute(select(lead.c[name]).where(lead.c.number == number))).scalar()

    async def last_mail_of_customer(self, number: int) -> int | None:
        """The journal id of the latest mail that came in on the lead: what an answer answers."""
        statement = (
            select(activity.c.journal_id)
            .where(
                activity.c.lead == number, activity.c.kind == ActivityKind.MAIL_IN, activity.c.journal_id.is_not(None)
            )
            .order_by(activity.c.at.desc(), activity.c.id.desc())
            .limit(1)
        )
        journal_id: int | None = (await self._connection.execute(statement)).scalar()
        return journal_id

    async def relink(self, contact_id: int, to: int) -> Sequence[int]:
        """Hang all leads of a contact below another; return their numbers."""
        moved = update(lead).where(lead.c.contact_id == contact_id).values(contact_id=to)
        return tuple((await self._connection.execute(moved.returning(lead.c.number))).scalars())
