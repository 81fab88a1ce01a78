"""Redirects: a copy of what comes in goes on to the dealer's own addresses (R3, R4, R40, R41, R57)."""

from leadmaild.deciding.case import Case, source_settings
from leadmaild.model.address import parse_address
from leadmaild.model.decision import Intent, MailKind, Recipient, Role
from leadmaild.model.location import Location
from leadmaild.model.reading import Prospect, Reading, RedirectClass


def redirect_class(reading: Reading, prospect: Prospect | None, location: Location) -> RedirectClass:
    """The class of the mail's source: the location's own setting for it, else the definition's (R40, Q18). No source
    recognised: general, which is what the reading says then."""
    settings = source_settings(location, prospect) if prospect else location.source(reading.source)
    return settings.redirect_class or reading.redirect_class


def redirects(case: Case, prospect: Prospect | None, location: Location) -> tuple[Intent, ...]:
    """The redirect intents of one mail by the rules of `location`; at once, not held to opening hours (Q10)."""
    trace = case.trace
    kind = redirect_class(case.reading, prospect, location)
    targets = location.redirect.for_class(kind)
    if kind is RedirectClass.MARKETPLACE and location.redirect.marketplace is None:
        trace.passed("R41", None, "no redirect of its own for marketplace mail: the general one applies")
    if not targets:
        trace.passed("R40", kind, f"{location.code} redirects no mail of this class")
        return ()
    circling = _would_come_back(case)
    reachable = [target for target in targets if normal(target) not in circling]
    if len(reachable) < len(targets):
        trace.matched("R4", kind, "a redirect target is one of our mailboxes or the sender: cut, it would circle")
    trace.asked("R40", bool(reachable), kind, f"{location.code} redirects it to {len(reachable)} address(es)")
    why = f"{kind} redirect of {location.code}"
    return tuple(Intent(MailKind.REDIRECT, Recipient(Role.ADDRESS, target), case.now, why) for target in reachable)


def _would_come_back(case: Case) -> set[str]:
    """Addresses from which a copy would only return: our mailboxes and the sender's own (PF28, BI-67)."""
    boxes = {normal(box) for location in case.snapshot.locations.values() for box in location.mailboxes}
    path = case.envelope.reverse_path
    senders = {normal(case.reading.sender.email), normal(path.address if path else None)}
    return (boxes | senders) - {""}


def normal(address: str | None) -> str:
    """The form of an address that compares; "" for none, the case-folded text for what is no address (R37)."""
    if not address:
        return ""
    parsed = parse_address(address)
    return parsed.normal if parsed else address.strip().casefold()
