"""How each kind of thing goes whose time has come (R180): which rows go with it, inside one transaction."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from leadmaild.model.privacy import Kept
from leadmaild.ports.stores import Transaction


async def _mails_without_lead(tx: Transaction, ids: Sequence[int], now: datetime) -> None:
    await tx.erasure.release(ids, now, whole=True)
    await tx.erasure.bodies(await tx.persons.outgoing_of((), ids))


async def _mails_of_leads(tx: Transaction, ids: Sequence[int], now: datetime) -> None:
    await tx.erasure.release(ids, now, whole=False)
    made_of_them = await tx.persons.outgoing_of((), ids)
    await tx.erasure.bodies(await tx.erasure.carriers(made_of_them))


async def _suppressed_bodies(tx: Transaction, ids: Sequence[int], _now: datetime) -> None:
    await tx.erasure.bodies(ids)


async def _closed_leads(tx: Transaction, ids: Sequence[int], now: datetime) -> None:
    """The lead, its mails that no other lead needs, its outgoing mails; and its contact with the last of his leads."""
    leads = await tx.leads.by_numbers(ids)
    contacts = await tx.contacts.lock({lead.contact_id for lead in leads.values()})
    await tx.erasure.leads(ids, now)
    mails = await tx.retention.mails_of_erased(tuple(ids))
    await tx.erasure.outgoing(await tx.persons.outgoing_of(ids, mails), now)
    await tx.erasure.release(mails, now, whole=True)
    await tx.erasure.contacts(await tx.erasure.without_leads([contact.id for contact in contacts]), now)


OF: dict[Kept, Callable[[Transaction, Sequence[int], datetime], Awaitable[None]]] = {
    Kept.RAW_MAIL_WITHOUT_LEAD: _mails_without_lead,
    Kept.RAW_MAIL: _mails_of_leads,
    Kept.SUPPRESSED_BODIES: _suppressed_bodies,
    Kept.CLOSED_LEADS: _closed_leads,
}
