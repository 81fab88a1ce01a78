"""What is odd about a location and its people: told at load, and by `distribution show` (R20, R65, R70, R75, R79).

What cannot work at all (a pool beside groups, supervisors in a circle) the settings refuse (config/checks.py).
"""

from collections.abc import Iterator

from leadmaild.distribution.groups import grouped_users
from leadmaild.errors import Problem
from leadmaild.model.location import Location
from leadmaild.model.snapshot import Roster
from leadmaild.model.user import GroupMatch


def warnings_of(location: Location, roster: Roster) -> tuple[Problem, ...]:
    """What will work as defined, but hardly as meant; each with its TOML path.

    Absences do not matter, but for representatives who stand in for each other.
    """
    checks = (_of_escalation, _of_last_resorts, _of_receivers, _of_groups, _of_pool, _of_users, _of_representatives)
    return tuple(problem for check in checks for problem in check(location, roster))


def _of_escalation(location: Location, _roster: Roster) -> Iterator[Problem]:
    times = location.escalation
    if times.stage1 is not None and times.reminder is not None and times.reminder >= times.stage1:
        path = f"location {location.code}: escalation.reminder"
        yield Problem(path, "is not shorter than stage1: most reminders will be dropped (R20)")


def _of_last_resorts(location: Location, roster: Roster) -> Iterator[Problem]:
    for key, username in (("fallback_user", location.fallback_user), ("admin_user", location.admin_user)):
        if roster.user(username) is None:
            path = f"location {location.code}: {key}"
            yield Problem(path, "names no active user: a lead that nobody is entitled to has one resort less (R79)")


def _of_receivers(location: Location, roster: Roster) -> Iterator[Problem]:
    """Solo distribution is warned against: while that one person is absent all leads go to the last resorts (R77)."""
    groups = roster.groups_of(location.code)
    receivers = [u.username for u in roster.members_of(location.code) if u.receives_leads]
    ungrouped = [name for name in receivers if name not in grouped_users(groups)]
    if location.pool is None and (ungrouped or not groups):
        yield from _too_few(f"location {location.code}", ungrouped)
    for group in groups:
        path = f"group {location.code}/{group.name}: members"
        yield from _too_few(path, [name for name in group.members if name in receivers])


def _too_few(path: str, receivers: list[str]) -> Iterator[Problem]:
    if not receivers:
        yield Problem(path, "nobody receives leads: all of them go to the fallback user (R79)")
    elif len(receivers) == 1:
        yield Problem(path, f"{receivers[0]} alone receives leads: in his absence nobody is entitled (R77, R79)")


def _of_groups(location: Location, roster: Roster) -> Iterator[Problem]:
    named = {source.group.casefold() for source in location.sources.values()}
    for group in roster.groups_of(location.code):
        if group.match == GroupMatch() and group.name.casefold() not in named:
            path = f"group {location.code}/{group.name}: match"
            yield Problem(path, "is empty and no source names the group: no lead will ever reach it (Q1)")


def _of_pool(location: Location, roster: Roster) -> Iterator[Problem]:
    if location.pool is None:
        return
    path = f"location {location.code}: pool.user"
    account = roster.user(location.pool.user)
    if account is None:
        yield Problem(path, f"{location.pool.user} is no active user: leads go to the fallback user (R71)")
    elif roster.user(account.supervisor) is None:
        yield Problem(path, f"{account.username} has no supervisor who would notice stalled leads (R65)")
    others = [u.username for u in roster.members_of(location.code) if u.receives_leads and u != account]
    if others:
        also = f"{others[0]} receives" if len(others) == 1 else f"{', '.join(others)} receive"
        yield Problem(path, f"{also} leads too: the pool account is one in their turn (R70)")


def _of_users(location: Location, roster: Roster) -> Iterator[Problem]:
    last_resorts = (location.fallback_user, location.admin_user)
    pool_account = location.pool.user if location.pool else ""
    for user in roster.members_of(location.code):
        if user.receives_leads and not user.assignable:
            yield Problem(f"user {user.username}: assignable", "is off, yet he receives leads: he gets them (R75)")
        if roster.user(user.supervisor) is None and user.username not in (*last_resorts, pool_account):
            yield Problem(f"user {user.username}: supervisor", "is missing: stage 2 goes to the fallback user (R79)")


def _of_representatives(location: Location, roster: Roster) -> Iterator[Problem]:
    """Absences, running or entered for later, that would send a mail round in a circle (PF34)."""
    stands_in = {a.username: a.representative for a in roster.absences if a.representative}
    for user in roster.members_of(location.code):
        path, name = [user.username], stands_in.get(user.username)
        while name and name not in path:
            path.append(name)
            name = stands_in.get(name)
        if name == user.username:
            circle = " → ".join((*path, user.username))
            yield Problem(f"user {user.username}", f"representatives turn in a circle: {circle} (R146)")
