"""Who may be given a lead, and why others may not (R72, R74, R75, R77, R123).

Flags and absences are read at the instant of assignment, from the same snapshot as the turn (PF30).
"""

from datetime import datetime

from leadmaild.distribution.absence import is_absent
from leadmaild.model.decision import Candidate
from leadmaild.model.location import Location
from leadmaild.model.snapshot import Roster
from leadmaild.model.user import User


def receiver(user: User, location: Location, roster: Roster, now: datetime) -> Candidate:
    """Whether the user takes part in the rotation of new leads now (R72).

    A representative of an absent user is asked by his own flag only: standing in for somebody does not make him a
    receiver (R77). `receives_leads` without `assignable` counts as receiving (R75).
    """
    if (gone := _not_here(user, location)) is not None:
        return gone
    if not user.receives_leads:
        return Candidate(user.username, False, "does not receive leads")
    if is_absent(user.username, roster, now):
        return Candidate(user.username, False, "is absent")
    return Candidate(user.username, True, "receives leads and is present")


def by_hand(user: User, location: Location) -> Candidate:
    """Whether a lead may be put into this user's hands: given by a colleague or taken from the pool (R74, R123).

    Absence does not matter here: whoever assigns by hand sees it and decides.
    """
    if (gone := _not_here(user, location)) is not None:
        return gone
    if not user.assignable:
        return Candidate(user.username, False, "can not be assigned leads")
    return Candidate(user.username, True, "can be assigned leads")


def _not_here(user: User, location: Location) -> Candidate | None:
    if not user.active:
        return Candidate(user.username, False, "is switched off")
    if location.code not in user.locations:
        return Candidate(user.username, False, f"does not belong to {location.code}")
    return None
