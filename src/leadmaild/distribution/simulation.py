"""What-if: how a number of leads would be distributed among the people as they stand (`distribution simulate`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from leadmaild.distribution.chain import Enquiry, assign, with_turn_taken
from leadmaild.model.lead import AssignmentReason
from leadmaild.model.location import Location
from leadmaild.model.snapshot import Roster
from leadmaild.model.trace import Trace


@dataclass(frozen=True, slots=True)
class Share:
    """What one user would get: how many leads, and the most that go to others in a row, before, between or after."""

    leads: int
    longest_gap: int


@dataclass(frozen=True, slots=True)
class Simulation:
    """Each user's share; `last_resorts` went to fallback user or administrator because nobody was entitled."""

    shares: dict[str, Share]
    last_resorts: int


def simulate(location: Location, roster: Roster, count: int, now: datetime) -> Simulation:
    """Give out `count` leads of unknown customers, who ask for nothing that a group waits for, one after another."""
    takers = []
    last_resorts = 0
    for _ in range(count):
        given = assign(Enquiry(), location, roster, now, Trace())
        roster = with_turn_taken(roster, given)
        takers.append(given.assignee)
        last_resorts += given.reason in (AssignmentReason.FALLBACK, AssignmentReason.ADMIN)
    return Simulation({name: _share(name, takers) for name in dict.fromkeys(takers)}, last_resorts)


def _share(name: str, takers: Sequence[str]) -> Share:
    places = [-1, *(place for place, taker in enumerate(takers) if taker == name), len(takers)]
    return Share(len(places) - 2, max(after - before - 1 for before, after in pairwise(places)))
