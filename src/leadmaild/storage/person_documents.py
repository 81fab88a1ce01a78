"""Everything that is kept about one person, as documents for an export (R181, GDPR art. 15 and 20)."""

import base64
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Row, Select, select

from leadmaild.model.privacy import PersonRecords
from leadmaild.storage.connection import AsyncConnection
from leadmaild.storage.schema import activity, contact, contact_email, contact_phone, content, journal, lead, outbox
from leadmaild.storage.schema import timer as timers

# How a row is worked on says nothing of the person.
_WORK = {"claims", "lease_owner", "lease_token", "lease_until", "run_at", "token"}


class PersonDocuments:
    """Reads whole rows within one view."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def of(self, person: PersonRecords) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """Contacts, leads, mails in and out, each with all there is; instants are RFC 3339 in UTC, bytes base64."""
        emails = await self._owned(contact_email.c.contact_id, contact_email.c.address, person.contacts)
        phones = await self._owned(contact_phone.c.contact_id, contact_phone.c.number, person.contacts)
        activities = await self._rows(select(activity).where(activity.c.lead.in_(person.leads)).order_by(activity.c.at))
        ticks = await self._rows(select(timers).where(timers.c.lead.in_(person.leads)).order_by(timers.c.id))
        raw = content.c.raw.label("raw_base64")
        mails = select(journal, raw).join(content, content.c.id == journal.c.content_id)
        out = [column.label("raw_base64") if column.name == "raw" else column for column in outbox.c]
        return {
            "contacts": [
                row | {"emails": emails.get(row["id"], []), "phones": phones.get(row["id"], [])}
                for row in await self._rows(select(contact).where(contact.c.id.in_(person.contacts)))
            ],
            "leads": [
                row
                | {
                    "activities": [one for one in activities if one["lead"] == row["number"]],
                    "timers": [one for one in ticks if one["lead"] == row["number"]],
                }
                for row in await self._rows(select(lead).where(lead.c.number.in_(person.leads)).order_by(lead.c.number))
            ],
            "mails_in": await self._rows(mails.where(journal.c.id.in_(person.mails)).order_by(journal.c.id)),
            "mails_out": await self._rows(
                select(*out).where(outbox.c.id.in_(person.outgoing)).order_by(outbox.c.id)
            ),
        }  # fmt: skip

    async def _rows(self, statement: Select[Any]) -> list[dict[str, Any]]:
        return [_document(row) for row in await self._connection.execute(statement)]

    async def _owned(self, owner: Column[int], value: Column[str], ids: Collection[int]) -> dict[int, list[str]]:
        found: dict[int, list[str]] = {}
        statement = select(owner, value).where(owner.in_(ids)).order_by(value)
        for contact_id, text in await self._connection.execute(statement):
            found.setdefault(contact_id, []).append(text)
        return found


def _document(row: Row[Any]) -> dict[str, Any]:
    return {name: _plain(value) for name, value in row._mapping.items() if name not in _WORK}  # noqa: SLF001


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return value.isoformat() if isinstance(value, datetime) else value
