"""Taking turns (R76): a durable order of members, the first of whom is next.

The order turns like a wheel. Whoever is eligible and stands first takes the lead; he and everybody skipped before him
move behind the others, in their order. So

- an absent member lets his turn pass and is not compensated afterwards;
- a newcomer joins at the end (PF32), somebody who left simply drops out, and a changed order in the settings changes
  nothing: nobody is skipped or doubled (PF33);
- among members who are always eligible nobody is ever more than one lead ahead of another, because their order among
  themselves never changes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn that was used: who takes it, and the order that holds from now on."""

    taker: str
    order: tuple[str, ...]


def order_of(members: Sequence[str], remembered: Sequence[str]) -> tuple[str, ...]:
    """The order of today's members: as remembered, newcomers at the end in the order of the settings."""
    today = dict.fromkeys(members)
    known = [m for m in dict.fromkeys(remembered) if m in today]
    return (*known, *(m for m in today if m not in known))


def take_turn(order: Sequence[str], is_eligible: Callable[[str], bool]) -> Turn | None:
    """Give the lead to the first eligible member; None (and no turn moves) if there is nobody (R76)."""
    for position, member in enumerate(order):
        if is_eligible(member):
            return Turn(member, (*order[position + 1 :], *order[: position + 1]))
    return None
