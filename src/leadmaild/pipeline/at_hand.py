"""What a batch of mails that leave is about, loaded together: a query for all costs what one for each mail does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from leadmaild.model.contact import Contact
from leadmaild.model.lead import Lead
from leadmaild.model.reading import Prospect, Reading
from leadmaild.model.snapshot import Roster
from leadmaild.model.work import OutboxItem
from leadmaild.pipeline.world import World
from leadmaild.ports.stores import Transaction


@dataclass(frozen=True, slots=True)
class AtHand:
    """The people, the leads by number with what was read for each, their contacts by id, and what was read of the
    mails that caused it all, by journal id."""

    roster: Roster
    leads: Mapping[int, Lead]
    prospects: Mapping[int, Prospect]
    contacts: Mapping[int, Contact]
    readings: Mapping[int, Reading]


async def load_at_hand(tx: Transaction, items: Sequence[OutboxItem], world: World, now: datetime) -> AtHand:
    """What these mails are about, as it stands in this transaction."""
    settings = world.settings
    leads = await tx.leads.with_prospects(sorted({item.lead for item in items if item.lead is not None}))
    return AtHand(
        roster=await tx.people.roster(settings.users, settings.groups, (), now),
        leads={number: lead for number, (lead, _) in leads.items()},
        prospects={number: prospect for number, (_, prospect) in leads.items() if prospect is not None},
        contacts=await tx.contacts.by_ids(sorted({lead.contact_id for lead, _ in leads.values()})),
        readings=await tx.journal.readings_of(sorted({item.journal_id for item in items if item.journal_id})),
    )
