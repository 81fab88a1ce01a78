"""Who is away, and who stands in for him (R145, R146)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from leadmaild.model.snapshot import Roster
from leadmaild.model.user import User

LONGEST_CHAIN = 5  # R146: his representative, his representative's representative, ... up to five steps


@dataclass(frozen=True, slots=True)
class StandIn:
    """Who stands in for an absent user: `user` None = nobody. `is_broken` says the chain turned in a circle or ended
    among absent people, which somebody should mend (PF34)."""

    user: User | None
    why: str
    is_broken: bool = False


def is_absent(username: str, roster: Roster, now: datetime) -> bool:
    """Whether the user is away at `now`; an absence is the half-open span [start, end) (R145)."""
    return roster.absence_of(username, now) is not None


def representative_of(username: str, roster: Roster, now: datetime) -> User | None:
    """The active user named by the absence that covers `now`; where several overlap, the one ending last that names
    somebody (R145). None if nobody is named or the one named is gone."""
    running = [a for a in roster.absences if a.username == username and a.covers(now) and a.representative]
    return roster.user(max(running, key=lambda a: a.end).representative) if running else None


def stand_in_for(username: str, roster: Roster, now: datetime) -> StandIn:
    """Follow the representatives of an absent user to the first who is present (R146, PF34).

    Five steps at most and never in a circle; none left gives `user` None.
    """
    steps = tuple(_representatives(username, roster, now))
    if not steps:
        return StandIn(None, "no representative is entered")
    if not is_absent(steps[-1].username, roster, now):
        return StandIn(steps[-1], " → ".join(u.username for u in steps))
    return StandIn(None, "everybody who stands in is away too", is_broken=True)


def _representatives(username: str, roster: Roster, now: datetime) -> Iterator[User]:
    seen = {username}
    for _ in range(LONGEST_CHAIN):
        following = representative_of(username, roster, now)
        if following is None or following.username in seen:
            return
        yield following
        username = following.username
        seen.add(username)
