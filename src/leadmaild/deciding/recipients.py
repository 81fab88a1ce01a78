"""Who gets a mail, looked up when it leaves, so that held notices follow the lead and its people (R25, R141, R146,
R147)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from leadmaild.deciding.redirect import normal
from leadmaild.distribution import eligible
from leadmaild.distribution.absence import is_absent, stand_in_for
from leadmaild.distribution.pool import is_pool_user
from leadmaild.model.decision import MailKind, Recipient, Role
from leadmaild.model.location import Location
from leadmaild.model.snapshot import Roster
from leadmaild.model.user import User


@dataclass(frozen=True, slots=True)
class Addressee:
    """One mailbox a mail goes to, the user behind it ("" = none), and for which absent user he is told (R146)."""

    address: str
    username: str = ""
    on_behalf_of: str = ""


@dataclass(frozen=True, slots=True)
class Resolved:
    """The addressees, each address once; `why` says why there is nobody, `alarm` what should be mended (PF34)."""

    addressees: tuple[Addressee, ...] = ()
    why: str = ""
    alarm: str = ""


def resolve(
    recipient: Recipient, kind: MailKind, assignee: str, location: Location, roster: Roster, now: datetime
) -> Resolved:
    """The people and addresses behind a recipient role at `now`. `assignee` is the lead's, of `location`."""
    if recipient.role in (Role.ADDRESS, Role.CUSTOMER):
        return Resolved((Addressee(recipient.address),))
    if recipient.role is Role.POOL_SELLERS:
        return _told(_pool_sellers(location, roster, now), kind, "no seller asked to hear of new pool leads (R68)")
    if recipient.role is Role.ASSIGNEE:
        user = roster.user(assignee) or _last_resort(location, roster)
    else:
        user = _supervisor(assignee, location, roster)
    if user is None:
        return Resolved(why=f"there is nobody in the role {recipient.role}")
    return _with_stand_in(user, kind, location, roster, now)


def wants(user: User, kind: MailKind) -> bool:
    """Whether the user wants notices of this kind (Q19)."""
    notify = user.notify
    return {
        MailKind.NEW_LEAD: notify.new_lead,
        MailKind.NEW_POOL_LEAD: notify.new_pool_lead,
        MailKind.CUSTOMER_MESSAGE: notify.customer_message,
        MailKind.REMINDER: notify.reminder,
        MailKind.STAGE1: notify.escalation,
        MailKind.STAGE2: notify.escalation,
        MailKind.FOLLOW_UP: notify.follow_up,
        MailKind.FOLLOW_UP_STAGE2: notify.escalation,
    }.get(kind, True)


def _with_stand_in(user: User, kind: MailKind, location: Location, roster: Roster, now: datetime) -> Resolved:
    """The user, and in addition whoever stands in for him while he is absent (R146)."""
    told = [(user, "")]
    alarm = ""
    # The pool account stands for nobody: its absence is ignored (R71).
    if is_absent(user.username, roster, now) and not is_pool_user(user.username, location):
        stand_in = stand_in_for(user.username, roster, now)
        if stand_in.user is not None:
            told.append((stand_in.user, user.username))
        elif stand_in.is_broken:
            alarm = f"{location.code}: nobody stands in for an absent user, {stand_in.why}"
    resolved = _told(told, kind, "nobody wants notices of this kind, or has an address (Q19)")
    return Resolved(resolved.addressees, resolved.why, alarm)


def _told(users: Iterable[tuple[User, str]], kind: MailKind, why_nobody: str) -> Resolved:
    """Each address once, though several users may share it (R141)."""
    by_address: dict[str, Addressee] = {}
    for user, on_behalf_of in users:
        if user.email and wants(user, kind):
            by_address.setdefault(normal(user.email), Addressee(user.email, user.username, on_behalf_of))
    return Resolved(tuple(by_address.values()), "" if by_address else why_nobody)


def _pool_sellers(location: Location, roster: Roster, now: datetime) -> Iterable[tuple[User, str]]:
    """Whoever may take from the pool and is here to do so (R67, R68)."""
    return (
        (user, "")
        for user in roster.members_of(location.code)
        if eligible.by_hand(user, location).eligible
        and not is_pool_user(user.username, location)
        and not is_absent(user.username, roster, now)
    )


def _supervisor(assignee: str, location: Location, roster: Roster) -> User | None:
    """R147: the assignee's supervisor, else the fallback user, else the administrator. Nobody is told of his own lead:
    whoever supervises himself has nobody above him."""
    user = roster.users.get(assignee)
    supervisor = roster.user(user.supervisor) if user else None
    if supervisor is None:
        return _last_resort(location, roster, other_than=assignee)
    return supervisor if supervisor.username != assignee else None


def _last_resort(location: Location, roster: Roster, other_than: str = "") -> User | None:
    for username in (location.fallback_user, location.admin_user):
        if username != other_than and (user := roster.user(username)) is not None:
            return user
    return None
