"""The pool: leads that wait for a seller to take them (R62-R71)."""

from collections.abc import Iterable
from datetime import datetime

from leadmaild.distribution import eligible
from leadmaild.model.decision import Candidate
from leadmaild.model.lead import Lead, LeadState
from leadmaild.model.location import Location
from leadmaild.model.snapshot import Roster
from leadmaild.model.user import User


def pool_user(location: Location, roster: Roster) -> User | None:
    """The pool account if the location has one that exists and is active (R71)."""
    return roster.user(location.pool.user) if location.pool else None


def is_pool_user(username: str, location: Location) -> bool:
    """Whether this account stands for "nobody yet" at the location."""
    return location.pool is not None and location.pool.user == username


def member(user: User, location: Location, roster: Roster, now: datetime) -> Candidate:
    """Whether the user takes turns where a pool exists: the pool account always does, its absence is ignored (R71);
    sellers who receive leads all the same roll with it (R70)."""
    if is_pool_user(user.username, location) and user.active:
        return Candidate(user.username, True, "is the pool account")
    return eligible.receiver(user, location, roster, now)


def claim(lead: Lead, by: User, location: Location, open_leads: Iterable[Lead]) -> Candidate:
    """Whether `by` may take this lead out of the pool (R63, R64, R67).

    `open_leads` are the location's leads as they stand in the transaction of the claim. Where only the oldest may be
    taken, that is the earliest arrival, on a tie the lower number. The option binds taking, not giving by hand (R64).
    """
    permitted = eligible.by_hand(by, location)
    if not permitted.eligible:
        return permitted
    if lead.state is not LeadState.OPEN or not is_pool_user(lead.assignee, location):
        return Candidate(by.username, False, f"lead {lead.number} is not in the pool any more")
    oldest = oldest_waiting(location, open_leads)
    if location.pool and location.pool.oldest_only and oldest is not None and _age(oldest) < _age(lead):
        return Candidate(by.username, False, f"only the oldest lead may be taken, that is {oldest.number}")
    return Candidate(by.username, True, "may take leads from the pool")


def oldest_waiting(location: Location, leads: Iterable[Lead]) -> Lead | None:
    """The open lead that has waited longest in the location's pool (R64); a lead given back keeps its age (Q26)."""
    waiting = (
        lead
        for lead in leads
        if lead.location == location.code and lead.state is LeadState.OPEN and is_pool_user(lead.assignee, location)
    )
    return min(waiting, key=_age, default=None)


def _age(lead: Lead) -> tuple[datetime, int]:
    return lead.arrived_at, lead.number
