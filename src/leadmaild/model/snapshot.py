"""The Snapshot: everything `decide` may see of the world beside the mail itself and `now`. The real interface of the
core: what is not here cannot influence a decision."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from leadmaild.model.contact import Contact
from leadmaild.model.lead import Lead
from leadmaild.model.location import Location
from leadmaild.model.reading import Prospect
from leadmaild.model.user import Absence, Group, User
from leadmaild.model.vehicle import StockVehicle


@dataclass(frozen=True, slots=True)
class TurnKey:
    """Whose turn it is is kept per (location, group); group "" is the general turn (R76)."""

    location: str
    group: str = ""


@dataclass(frozen=True, slots=True)
class Roster:
    """The people side of the world at one moment: users as they stand now, who is away, groups, and the turns.

    `turns` holds, per key, the members of that rotation ordered by longest wait (first = next); people it does not
    name yet join at the end in the order of the settings (R76).
    """

    users: Mapping[str, User] = field(default_factory=dict)
    absences: tuple[Absence, ...] = ()
    groups: tuple[Group, ...] = ()
    turns: Mapping[TurnKey, tuple[str, ...]] = field(default_factory=dict)

    def user(self, username: str) -> User | None:
        """The user of that name if he exists and is active."""
        user = self.users.get(username)
        return user if user is not None and user.active else None

    def members_of(self, location: str) -> tuple[User, ...]:
        """The active users of a location in the order of the settings."""
        return tuple(u for u in self.users.values() if u.active and location in u.locations)

    def groups_of(self, location: str) -> tuple[Group, ...]:
        """The distribution groups of a location in the order of the settings."""
        return tuple(g for g in self.groups if g.location == location)

    def absence_of(self, username: str, now: datetime) -> Absence | None:
        """The absence that covers `now`, the one ending last if several do (R145)."""
        running = [a for a in self.absences if a.username == username and a.covers(now)]
        return max(running, key=lambda a: a.end, default=None)


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """What one location knows of one prospect's person: the contact, if any, and his leads, newest activity first."""

    contact: Contact | None = None
    open_leads: tuple[Lead, ...] = ()
    last_closed: Lead | None = None


@dataclass(frozen=True, slots=True)
class AnswerHistory:
    """Automatic mails already queued or sent that bound a new one (R112, AR-16 ... AR-18). Counts over the
    installation unless they say otherwise."""

    to_address_for_vehicle_24h: int = 0  # same address, same (location, vehicle)
    to_address_24h: int = 0
    to_address_7d: int = 0
    of_location_1h: int = 0
    of_location_24h: int = 0
    to_domain_1m: int = 0
    to_domain_24h: int = 0
    is_suppressed: bool = False  # AR-24
    domain_counts: bool = True  # False: known as a domain many share, beside free-mail and relays (AR-18)
    domain_refuses_mail: bool = False  # AR-25: definite null MX or NXDOMAIN


@dataclass(frozen=True, slots=True)
class ProspectFacts:
    """What the world knows about one prospect of the mail."""

    vehicle: StockVehicle | None = None
    by_location: Mapping[str, ContactFacts] = field(default_factory=dict)
    conversation_leads: tuple[Lead, ...] = ()  # same source with the same conversation, relay or source lead id
    answers: AnswerHistory = field(default_factory=AnswerHistory)


@dataclass(frozen=True, slots=True)
class ThreadFacts:
    """What our own records say about the thread a mail claims to belong to (PF25)."""

    lead: Lead | None = None
    is_erased: bool = False  # the lead was erased, and is not shown (R180, R181)
    is_known: bool = False  # the outbox knows the Message-ID, or the token is one of ours
    bounced_outbox_id: int | None = None
    bounced_recipients: frozenset[str] = frozenset()  # normalised: whom the mail that bounced was for


@dataclass(frozen=True, slots=True)
class ReadBefore:
    """What became of this very mail when it was read before: its lead, what is kept of the reading that made the lead,
    and whether it was this mail that made it (else it joined)."""

    lead: Lead
    prospect: Prospect | None
    has_made_it: bool


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All facts for deciding about one mail received by one location."""

    receiving: Location
    locations: Mapping[str, Location]
    roster: Roster
    prospects: tuple[ProspectFacts, ...] = ()
    thread: ThreadFacts = field(default_factory=ThreadFacts)
    sender: ProspectFacts = field(default_factory=ProspectFacts)  # for mails without a prospect: replies
    own_addresses: frozenset[str] = frozenset()  # normalised: every mailbox, alias and user, the postmaster
    duplicate_of: int | None = None  # journal id of the mail this one repeats (Q22)
    first_is_kept: bool = True  # of a duplicate: whether the mail it repeats is still kept
    is_erased: bool = False  # it belongs to what was erased: older than that, or a machine's answer to it (R181)
    read_before: ReadBefore | None = None  # a person has the mail read again
    source_is_enabled: bool = True
    checks_senders: bool = False  # we are the MX for this mail: only authenticated senders are answered (AR-14)
    mail_is_old: bool = False  # AR-20
    learning_until: datetime | None = None  # AR-28
    postmaster: str | None = None  # set: the mail is for postmaster, and this is [gateway] postmaster ("" = none)
