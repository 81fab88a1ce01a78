"""Counts for the balance sheet. Only reads, and out of indexes where a table grows with every mail: a million leads
must not make an audit a matter of minutes."""

from typing import Any

from sqlalchemy import Select, exists, func, literal_column, not_, select

from leadmaild.model.balance import Counts, Difference, OpenLeads
from leadmaild.model.lead import Outcome
from leadmaild.storage.connection import AsyncConnection
from leadmaild.storage.schema import activity, content, journal, lead, notice_sent, outbox

# Literals: a bound parameter would hide from the planner that a partial index holds these rows.
_WAITS = journal.c.state == literal_column("'waiting'")
_IS_SENT = outbox.c.state == literal_column("'sent'")
_IS_SETTLED = journal.c.outcome.is_not(None)
_WITH_LEAD = (Outcome.LEAD, Outcome.JOINED, Outcome.MANUAL_REVIEW)
_EXAMPLES = 5


class BalanceStore:
    """Reads what must add up within one transaction, which must be one snapshot of the database."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def counts(self) -> Counts:
        """Everything that is counted, and the strays."""
        outcomes = await self._connection.execute(
            select(journal.c.outcome, func.count()).where(_IS_SETTLED).group_by(journal.c.outcome)
        )
        return Counts(
            accepted=await self._count(select(journal.c.id)),
            waiting=await self._count(select(journal.c.id).where(_WAITS)),
            outcomes={row[0]: row[1] for row in outcomes},
            open_leads=await self._open_leads(),
            mails_left=await self._count(select(outbox.c.id).where(_IS_SENT)),
            strays=tuple([found for check in _STRAYS if (found := await self._stray(*check)) is not None]),
        )

    async def _open_leads(self) -> tuple[OpenLeads, ...]:
        rows = await self._connection.execute(
            select(lead.c.location, lead.c.assignee, func.count(), func.min(lead.c.number))
            .where(lead.c.state == "open")
            .group_by(lead.c.location, lead.c.assignee)
            .order_by(lead.c.location, lead.c.assignee)
        )
        return tuple(OpenLeads(*row) for row in rows)

    async def _stray(self, check: str, what: str, rows: Select[Any]) -> Difference | None:
        count = await self._count(rows)
        if not count:
            return None
        examples = (await self._connection.execute(rows.limit(_EXAMPLES))).scalars().all()
        return Difference(check, what, count, tuple(examples))

    async def _count(self, rows: Select[Any]) -> int:
        counted = await self._connection.execute(rows.with_only_columns(func.count(), maintain_column_froms=True))
        return int(counted.scalar_one())


_STRAYS = (
    (
        "mail_in_journal",
        "mails kept without an entry in the journal",
        select(content.c.id).where(not_(exists().where(journal.c.content_id == content.c.id))),
    ),
    (
        "waiting_has_no_outcome",
        "mails that wait and have an outcome already",
        select(journal.c.id).where(_WAITS, func.coalesce(journal.c.outcome, "") != ""),  # by the index of what waits
    ),
    (
        "lead_of_mail",
        "mails that became a lead, of which there is none",
        select(journal.c.id).where(_IS_SETTLED, journal.c.outcome.in_(_WITH_LEAD), journal.c.lead.is_(None)),
    ),
    (
        "lead_of_mail_exists",
        "mails whose lead does not exist",
        select(journal.c.id).where(
            _IS_SETTLED, journal.c.lead.is_not(None), not_(exists().where(lead.c.number == journal.c.lead))
        ),
    ),
    (
        "sent_mail_has_instant",
        "mails that left without an instant",
        select(outbox.c.id).where(_IS_SENT, outbox.c.sent_at.is_(None)),
    ),
    (
        "sent_mail_has_message_id",
        "mails that left without a Message-ID",
        select(outbox.c.id).where(outbox.c.message_id.is_(None), _IS_SENT),
    ),
    (
        "mail_of_lead_in_outbox",
        "mails that left, by the activities of their lead, without a row in the queue",
        select(activity.c.lead).where(
            activity.c.outbox_id.is_not(None), not_(exists().where(outbox.c.id == activity.c.outbox_id))
        ),
    ),
    (
        "notice_in_outbox",
        "notices counted as sent without a row in the queue",
        select(notice_sent.c.message_id).where(not_(exists().where(outbox.c.message_id == notice_sent.c.message_id))),
    ),
)
