"""The balance sheet of an installation: accepted = sum of the outcomes, every open lead is somebody's, every mail that
left is in the queue (PF69)."""

from collections.abc import Iterator

from leadmaild.config.model import Settings
from leadmaild.distribution.pool import is_pool_user
from leadmaild.model.balance import Balance, Counts, Difference, OpenLeads
from leadmaild.model.lead import Outcome
from leadmaild.ports.stores import Database


async def balance_of(database: Database, settings: Settings) -> Balance:
    """Count everything in one snapshot of the database, which may be in use, and say what does not add up."""
    async with database.view() as tx:
        counts = await tx.balance.counts()
    return Balance(
        counts,
        in_pool=sum(group.count for group in counts.open_leads if _waits_in_pool(group, settings)),
        differences=(*_of_mails(counts), *_of_leads(counts, settings), *counts.strays),
    )


def _of_mails(counts: Counts) -> Iterator[Difference]:
    missing = counts.accepted - counts.waiting - sum(counts.outcomes.values())
    if missing:
        yield Difference("accepted_is_sum_of_outcomes", "mails accepted that neither wait nor have an outcome", missing)
    for outcome in sorted(counts.outcomes.keys() - set(Outcome)):
        yield Difference("known_outcome", f'mails with the outcome "{outcome}"', counts.outcomes[outcome])


def _of_leads(counts: Counts, settings: Settings) -> Iterator[Difference]:
    for group in counts.open_leads:
        user = settings.users.get(group.assignee)
        where = f"open leads of {group.location}"
        if not group.assignee:
            yield Difference("open_lead_has_assignee", f"{where} with nobody", group.count, (group.number,))
        elif user is None or not user.active:
            whom = f'with "{group.assignee}", who is gone from the settings'
            yield Difference("assignee_exists", f"{where} {whom}", group.count, (group.number,))


def _waits_in_pool(group: OpenLeads, settings: Settings) -> bool:
    location = settings.locations.get(group.location)
    return location is not None and is_pool_user(group.assignee, location)
