"""Who gets a new lead: the contact's own user, else the pool or the rotation, else the fallback user, else the
administrator (R78). Never nobody (R49)."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from leadmaild.distribution import eligible, pool
from leadmaild.distribution.absence import is_absent, representative_of
from leadmaild.distribution.groups import LeadTraits, group_for, grouped_users
from leadmaild.distribution.rolling import Turn, order_of, take_turn
from leadmaild.model.contact import Contact
from leadmaild.model.decision import Assignment, Candidate
from leadmaild.model.lead import AssignmentReason
from leadmaild.model.location import Location
from leadmaild.model.snapshot import Roster, TurnKey
from leadmaild.model.trace import Trace
from leadmaild.model.user import Group, User


@dataclass(frozen=True, slots=True)
class Enquiry:
    """What the distribution may know of a new lead: the contact, if he is known (and has no open request), and what
    groups may ask for."""

    contact: Contact | None = None
    traits: LeadTraits = field(default_factory=LeadTraits)
    named_group: str = ""


@dataclass(frozen=True, slots=True)
class _Search:
    """One search for an assignee: where, among whom, when; and everybody looked at on the way."""

    location: Location
    roster: Roster
    now: datetime
    trace: Trace
    looked_at: list[Candidate] = field(default_factory=list)

    def took(self, username: str, why: str) -> None:
        self.looked_at.append(Candidate(username, True, why))

    def passed_over(self, candidate: Candidate) -> None:
        self.looked_at.append(candidate)

    def is_absent(self, username: str) -> bool:
        return is_absent(username, self.roster, self.now)


def assign(enquiry: Enquiry, location: Location, roster: Roster, now: datetime, trace: Trace) -> Assignment:
    """Find the assignee for a new lead at `location` (R78). Total: there is always a result with its reason."""
    search = _Search(location, roster, now, trace)
    own = _contacts_own_user(enquiry.contact, search)
    group = _group_of(enquiry, search)  # its template is the lead's, whoever gets it (R110)
    found = own or _rotation(group, search) or _last_resort(group, search)
    return replace(found, candidates=tuple(search.looked_at), group=group.name if group else "")


def with_turn_taken(roster: Roster, assignment: Assignment) -> Roster:
    """The roster after this assignment: what the next lead of the same mail sees (R76)."""
    if assignment.turn is None:
        return roster
    return replace(roster, turns={**roster.turns, assignment.turn: assignment.new_order})


# The contact's own user: he comes before pool and rotation (R39).


def _contacts_own_user(contact: Contact | None, search: _Search) -> Assignment | None:
    trace = search.trace
    if contact is None:
        trace.passed("R33", None, "the customer is not known here")
        return None
    if search.location.existing_contacts_normal:
        trace.matched("R34", True, "requests of existing contacts are distributed normally here")
        return None
    if not contact.assigned_user:
        trace.passed("R33", None, "the contact has no user of his own: normal distribution")
        return None
    owner = search.roster.users.get(contact.assigned_user)
    if owner is None:
        refused = Candidate(contact.assigned_user, False, "does not exist any more")
    else:
        refused = eligible.by_hand(owner, search.location)  # needs assignable, not receives_leads (R36, Q24)
    if owner is None or not refused.eligible:
        search.passed_over(refused)
        trace.passed("R33", refused.user, f"the contact's own user {refused.why}: normal distribution")
        return None
    if search.is_absent(owner.username):
        search.passed_over(Candidate(owner.username, False, "is the contact's own user, but absent"))
        return _representative_of(owner, search)
    search.took(owner.username, "is the contact's own user")
    if search.location.pool is not None:
        trace.matched("R39", owner.username, "the contact's own user comes before the pool")
    trace.matched("R33", owner.username, "the contact's own user gets his request")
    return Assignment(owner.username, AssignmentReason.CONTACT_USER, "the contact's own user")


def _representative_of(owner: User, search: _Search) -> Assignment | None:
    """R36: the representative of the contact's own user if he is present and assignable; the one exception to R77."""
    user = representative_of(owner.username, search.roster, search.now)
    if user is None:
        search.trace.passed("R36", owner.username, "is absent and nobody stands in: normal distribution")
        return None
    permitted = eligible.by_hand(user, search.location)
    if permitted.eligible and search.is_absent(user.username):
        permitted = Candidate(user.username, False, "is absent")
    if not permitted.eligible:
        search.passed_over(permitted)
        search.trace.passed("R36", user.username, f"the representative {permitted.why}: normal distribution")
        return None
    why = f"stands in for {owner.username}, the contact's own user, who is absent"
    search.took(user.username, why)
    search.trace.matched("R36", user.username, why)
    return Assignment(user.username, AssignmentReason.REPRESENTATIVE, why)


# The pool or the rotation.


def _group_of(enquiry: Enquiry, search: _Search) -> Group | None:
    groups = search.roster.groups_of(search.location.code)
    if not groups:
        return None
    group = group_for(enquiry.traits, groups, enquiry.named_group)
    if group:
        search.trace.matched("Q1", group.name, "the lead belongs to this distribution group")
    else:
        search.trace.passed("Q1", None, "no distribution group matches: it goes to receivers who are in no group")
    return group


def _rotation(group: Group | None, search: _Search) -> Assignment | None:
    """The next in turn among those who are eligible at this instant; a group never spills over into another (R78)."""
    location, roster = search.location, search.roster
    key = TurnKey(location.code, group.name if group else "")
    asked = {u.username: pool.member(u, location, roster, search.now) for u in _people(group, search)}
    order = order_of([name for name in asked if _holds_a_place(name, search)], roster.turns.get(key, ()))
    turn = take_turn(order, lambda name: asked[name].eligible)
    _record_everybody(asked, order, turn, search)
    _trace_pool(turn, order, search)
    if turn is None:
        search.trace.passed("R72", ", ".join(asked) or None, "nobody who receives leads is present")
        return None
    if pool.is_pool_user(turn.taker, location):
        reason, why = AssignmentReason.POOL, "waits in the pool"
    elif group:
        reason, why = AssignmentReason.GROUP, f"next in turn in group {group.name}"
    else:
        reason, why = AssignmentReason.ROLLING, "next in turn"
    search.trace.matched("R76", turn.taker, f"{why}; the order was {', '.join(order)}")
    return Assignment(turn.taker, reason, why, turn=key, new_order=turn.order)


def _people(group: Group | None, search: _Search) -> Sequence[User]:
    """Everybody who might be in this rotation, in the order of the settings; whoever is in a group is not in the
    general turn (Q2)."""
    users, location = search.roster.users, search.location
    if group:
        return [users[name] for name in group.members if name in users]
    in_groups = grouped_users(search.roster.groups_of(location.code))
    return [
        user
        for user in users.values()
        if pool.is_pool_user(user.username, location)
        or (location.code in user.locations and user.username not in in_groups)
    ]


def _holds_a_place(username: str, search: _Search) -> bool:
    """Whether the user has a place in the order: an absent one keeps his, one who does not receive leads has none."""
    user = search.roster.user(username)
    if user is None:
        return False
    receives = user.receives_leads and search.location.code in user.locations
    return receives or pool.is_pool_user(username, search.location)


def _record_everybody(asked: dict[str, Candidate], order: Sequence[str], turn: Turn | None, search: _Search) -> None:
    """Everybody looked at, those of the order first, and why the lead went past him."""
    for name in (*order, *(n for n in asked if n not in order)):
        candidate = asked[name]
        if candidate.eligible and turn is not None and name != turn.taker:
            candidate = replace(candidate, why=f"{candidate.why}; his turn comes later")
        search.passed_over(candidate)


def _trace_pool(turn: Turn | None, order: Sequence[str], search: _Search) -> None:
    settings = search.location.pool
    if settings is None:
        return
    if settings.user not in order:
        search.trace.passed("R71", settings.user, "the pool account does not exist or is switched off")
    elif len(order) > 1:
        search.trace.matched("R70", ", ".join(order), "others receive leads beside the pool account: they take turns")
    else:
        search.trace.asked("R62", turn is not None, settings.user, "new leads wait in the pool for a seller")


# The last resorts. Somebody must see at once that nobody was entitled (PF34, PF38): the assignment carries an alarm.


def _last_resort(group: Group | None, search: _Search) -> Assignment:
    """Fallback user (R48), else administrator (R77); both get it even when absent (R49, R148)."""
    location = search.location
    where = f"{location.code}, group {group.name}" if group else location.code
    alarm = f"{where}: nobody is entitled to receive leads now"
    for rule, username, reason, name in (
        ("R48", location.fallback_user, AssignmentReason.FALLBACK, "fallback user"),
        ("R77", location.admin_user, AssignmentReason.ADMIN, "administrator account"),
    ):
        if search.roster.user(username) is None:
            search.trace.passed(rule, username or None, f"there is no usable {name}")
            continue
        absent = ", though absent" if search.is_absent(username) else ""
        search.took(username, f"is the {name}{absent}")
        search.trace.matched(rule, username, f"nobody else is entitled: the {name} gets the lead{absent}")
        return Assignment(username, reason, f"{name}: nobody else is entitled", alarm=f"{alarm}: the {name} got one")
    return _anybody(search, alarm)


def _anybody(search: _Search, alarm: str) -> Assignment:
    """R49: a lead is never left to nobody. Without fallback user and administrator the first user of the location
    gets it, rather one who can be assigned leads."""
    at_home = sorted(search.roster.members_of(search.location.code), key=lambda u: not u.assignable)
    people = at_home or [u for u in search.roster.users.values() if u.active]
    if not people:
        search.trace.passed("R49", None, "there is no user at all")
        return Assignment("", AssignmentReason.ADMIN, "there is no user at all", alarm=f"{alarm}, there is no user")
    why = "neither fallback user nor administrator is usable: the first user there is gets the lead"
    search.took(people[0].username, "is the first user there is")
    search.trace.matched("R49", people[0].username, why)
    return Assignment(people[0].username, AssignmentReason.ADMIN, why, alarm=f"{alarm}: {why}")
