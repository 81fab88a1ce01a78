"""The balance sheet: what was taken in, what became of it, what left, and whatever does not add up (PF69)."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OpenLeads:
    """Open leads of one location with one assignee; `number` is the oldest of them."""

    location: str
    assignee: str
    count: int
    number: int


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that does not add up: how many of what, and a few of them by id, lead number or Message-ID."""

    check: str
    what: str
    count: int
    examples: tuple[int | str, ...] = ()


@dataclass(frozen=True, slots=True)
class Counts:
    """What the database holds at one instant. `strays` are rows that lack what must stand beside them."""

    accepted: int
    waiting: int
    outcomes: Mapping[str, int]
    open_leads: tuple[OpenLeads, ...]
    mails_left: int
    strays: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class Balance:
    """The counts, how many of the open leads wait in a pool, and the differences; none means that it balances."""

    counts: Counts
    in_pool: int
    differences: tuple[Difference, ...]

    @property
    def leads_open(self) -> int:
        """How many leads are open."""
        return sum(group.count for group in self.counts.open_leads)
