"""The facts of a test mail (R109): what is known of a lead, else stand-ins; the same for the file and for the mail."""

from dataclasses import dataclass
from datetime import datetime

from leadmaild.commands.templates import TemplateTest, group_of
from leadmaild.config.model import Settings
from leadmaild.errors import NotFound
from leadmaild.model.contact import Contact
from leadmaild.model.decision import MailKind
from leadmaild.model.lead import Lead
from leadmaild.model.outgoing import MailFacts
from leadmaild.model.reading import Prospect
from leadmaild.model.vehicle import StockVehicle
from leadmaild.ports.stores import Transaction


@dataclass(frozen=True, slots=True)
class ShownLead:
    """A lead whose facts a test mail shows."""

    lead: Lead
    contact: Contact | None
    prospect: Prospect | None
    stock: StockVehicle | None


async def shown_lead(tx: Transaction, number: int) -> ShownLead:
    """Look the lead up. Raises NotFound."""
    lead = await tx.leads.by_number(number)
    if lead is None:
        raise NotFound(f"there is no lead {number}")
    return ShownLead(
        lead,
        await tx.contacts.by_id(lead.contact_id),
        await tx.leads.prospect(number),
        await tx.stock.by_number(lead.stock_number) if lead.stock_number else None,
    )


@dataclass(frozen=True, slots=True)
class Addressing:
    """What makes one mail of the facts."""

    message_id: str
    to: str
    reply_address: str
    sender_mailbox: str
    loop_mark: str


def preview_facts(
    settings: Settings, test: TemplateTest, shown: ShownLead | None, addressing: Addressing, now: datetime
) -> MailFacts:
    """The facts of the test mail; composing puts stand-ins where they are missing. Raises NotFound."""
    location = settings.location(test.location)
    lead, prospect = (shown.lead, shown.prospect) if shown else (None, None)
    group = group_of(settings, test)
    if group is None and lead is not None:
        group = next((g for g in settings.groups if (g.location, g.name) == (location.code, lead.group)), None)
    return MailFacts(
        kind=MailKind.TEMPLATE_TEST,
        location=location,
        now=now,
        message_id=addressing.message_id,
        to=(addressing.to,),
        reply_address=addressing.reply_address,
        loop_mark=addressing.loop_mark,
        hostname=settings.gateway.hostname,
        sender_mailbox=addressing.sender_mailbox,
        lead=lead,
        contact=shown.contact if shown else None,
        prospect=prospect,
        stock=shown.stock if shown else None,
        assignee=settings.users.get(lead.assignee) if lead else None,
        group=group,
        language=test.language or (prospect.language if prospect else None) or location.language,
    )
