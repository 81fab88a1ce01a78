"""People and locations in few words, for the tests of distribution and deciding."""

from datetime import UTC, datetime, timedelta

from leadmaild.distribution.chain import Enquiry, assign
from leadmaild.model.contact import Contact
from leadmaild.model.lead import AssignmentReason, Lead, LeadState
from leadmaild.model.location import Location, Pool
from leadmaild.model.snapshot import Roster
from leadmaild.model.trace import Trace
from leadmaild.model.user import Absence, Group, GroupMatch, User

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday, 10:00 in Berlin
DAY = timedelta(days=1)


def user(name, **changes) -> User:
    """A seller of MUC who receives leads and can be assigned any, unless told otherwise."""
    defaults = {"email": f"{name}@seller.example", "locations": ("MUC",), "supervisor": "boss"}
    return User(name, **(defaults | {"receives_leads": True, "assignable": True} | changes))


def boss(name="boss", **changes) -> User:
    return user(name, **({"receives_leads": False, "supervisor": ""} | changes))


def roster(*users, away=(), groups=(), turns=None) -> Roster:
    """`away` names absent users; a pair (user, representative) names who stands in."""
    absences = tuple(
        Absence(*((name,) if isinstance(name, str) else name[:1]), NOW - DAY, NOW + DAY,
                "" if isinstance(name, str) else name[1])
        for name in away
    )  # fmt: skip
    return Roster({u.username: u for u in users}, absences, tuple(groups), turns or {})


def muc(**changes) -> Location:
    defaults = {"mailbox": "muc@leads.example", "fallback_user": "boss", "admin_user": "admin"}
    return Location("MUC", "Autohaus Isar", **(defaults | changes))


def pool_location(oldest_only=False, **changes) -> Location:
    return muc(pool=Pool("pool", oldest_only), **changes)


def pool_account(**changes) -> User:
    return user("pool", **({"receives_leads": False, "assignable": False} | changes))


def group(name, *members, **match) -> Group:
    return Group("MUC", name, members, GroupMatch(**{key: (value,) for key, value in match.items()}))


def contact(assigned_user="") -> Contact:
    return Contact(7, "MUC", emails=("kundin@mail.example",), assigned_user=assigned_user)


def given(people, location=None, enquiry=None, now=NOW):
    """The assignment of one lead."""
    return assign(enquiry or Enquiry(), location or muc(), people, now, Trace())


def lead(number=1, **changes) -> Lead:
    defaults = {
        "location": "MUC", "contact_id": 7, "source": "direct_email", "state": LeadState.OPEN, "assignee": "anna",
        "assignment_reason": AssignmentReason.ROLLING, "arrived_at": NOW - DAY, "last_active_at": NOW - DAY,
        "received_location": "MUC", "addresses": frozenset({"kundin@mail.example"}),
    }  # fmt: skip
    return Lead(number, **(defaults | changes))
