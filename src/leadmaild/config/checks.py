"""Checks across the settings: what one key says must fit what the others say. Every problem at once."""

from collections.abc import Iterator
from difflib import get_close_matches

from leadmaild.config.build import escalation_from, opening_hours_from
from leadmaild.config.completion import SYSTEM_REASONS
from leadmaild.config.dealership import GroupTable, LocationTable, TemplateTable
from leadmaild.config.model import SettingsFile
from leadmaild.config.shape import Place
from leadmaild.config.values import is_language
from leadmaild.escalation.calendar import Calendar
from leadmaild.escalation.timers import why_endless
from leadmaild.model.address import parse_address

Finding = tuple[Place, str]


def problems_across(file: SettingsFile) -> Iterator[Finding]:
    """Every place whose value does not fit the rest of the settings, with what is right."""
    for check in (_listeners, _names, _mailboxes, _imap, _outbound, _locations, _users, _groups):
        yield from check(file)


def _listeners(file: SettingsFile) -> Iterator[Finding]:
    has_mailbox = any(location.mailbox or location.aliases for location in file.location)
    for key, is_set in (("smtp", bool(file.smtp.listen)), ("lmtp", file.lmtp.listen is not None)):
        if is_set and not has_mailbox:
            yield (key, "listen"), "is set, but no location has a mailbox to take mail for (R2)"
    if file.smtp.listen and not file.gateway.postmaster:
        yield ("gateway", "postmaster"), "is missing; it is required with smtp.listen (RFC 5321 4.5.1)"
    if file.smtp.listen and not file.gateway.hostname:
        yield ("gateway", "hostname"), "is missing; it is required with smtp.listen"
    if file.smtp.tls_key and not file.smtp.tls_certificate:
        yield ("smtp", "tls_key"), "is set, but smtp.tls_certificate is not"


# --- each name once -------------------------------------------------------------------------------------------------


def _names(file: SettingsFile) -> Iterator[Finding]:
    yield from _repeated("location", "code", [location.code for location in file.location])
    yield from _repeated("user", "username", [user.username for user in file.user])
    yield from _repeated("imap", "name", [mailbox.name for mailbox in file.imap])
    yield from _repeated("outbound", "name", [server.name for server in file.outbound])
    yield from _repeated("group", "name", [f"{group.location}/{group.name}" for group in file.group])


def _repeated(table: str, key: str, names: list[str]) -> Iterator[Finding]:
    seen: set[str] = set()
    for position, name in enumerate(names):
        if name.casefold() in seen:
            yield (table, position, key), f'"{name}" is taken already; each {table} has its own {key}'
        seen.add(name.casefold())


def _unknown(what: str, name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f'there is no {what} "{name}"' + (f'; did you mean "{near[0]}"?' if near else "")


# --- our own addresses ----------------------------------------------------------------------------------------------


def own_mailboxes(file: SettingsFile) -> Iterator[tuple[Place, str]]:
    """Every mailbox and alias in normal form, with the place where it is set."""
    for at, location in enumerate(file.location):
        if location.mailbox:
            yield ("location", at, "mailbox"), _normal(location.mailbox)
        for i, alias in enumerate(location.aliases):
            yield ("location", at, "aliases", i), _normal(alias)


def _normal(text: str) -> str:
    """The address in normal form and without its reply token: mail to it comes to the mailbox."""
    address = parse_address(text)
    if address is None:
        return text
    local, at, domain = address.normal.rpartition("@")
    return f"{local.partition('+')[0] or local}{at}{domain}"


def _mailboxes(file: SettingsFile) -> Iterator[Finding]:
    owners: dict[str, str] = {}
    for place, address in own_mailboxes(file):
        code = file.location[int(place[1])].code
        if address in owners:
            yield place, f'"{address}" belongs to location {owners[address]} already'
        owners.setdefault(address, code)
    for at, location in enumerate(file.location):
        for key, targets in outward(location):
            for i, target in enumerate(targets):
                if owner := owners.get(_normal(target)):
                    yield ("location", at, *key, i), f'"{target}" is a mailbox of ours ({owner}): mail would loop (R4)'


def outward(location: LocationTable) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """The lists of addresses that mail is sent on to."""
    yield ("redirect", "general"), location.redirect.general
    yield ("redirect", "marketplace"), location.redirect.marketplace or ()
    yield ("trade_in_cc",), location.trade_in_cc
    yield ("unassigned_notice_to",), location.unassigned_notice_to


# --- servers --------------------------------------------------------------------------------------------------------


def _imap(file: SettingsFile) -> Iterator[Finding]:
    ours = [address for _, address in own_mailboxes(file)]
    for at, mailbox in enumerate(file.imap):
        for key in ("host", "user", "password", "deliver_to") if mailbox.enabled else ():
            if not getattr(mailbox, key):
                yield ("imap", at, key), "is missing; it is required"
        if mailbox.deliver_to and _normal(mailbox.deliver_to) not in ours:
            yield ("imap", at, "deliver_to"), _unknown("location with the mailbox", mailbox.deliver_to, ours)


def _outbound(file: SettingsFile) -> Iterator[Finding]:
    for at, server in enumerate(file.outbound):
        if server.transport == "smtp" and not server.host:
            yield ("outbound", at, "host"), 'is missing; it is required with transport = "smtp"'
        if bool(server.user) != bool(server.password):
            missing, given = ("password", "user") if server.user else ("user", "password")
            yield ("outbound", at, missing), f"is missing; it is required with {given}"
        if bool(server.dkim_selector) != bool(server.dkim_key):
            missing, given = ("dkim_key", "dkim_selector") if server.dkim_selector else ("dkim_selector", "dkim_key")
            yield ("outbound", at, missing), f"is missing; it is required with {given}"
        if server.password and server.tls in ("none", "opportunistic"):
            yield ("outbound", at, "tls"), f'"{server.tls}" may show the password to others; write "require"'


# --- locations ------------------------------------------------------------------------------------------------------


def _locations(file: SettingsFile) -> Iterator[Finding]:
    usernames = [user.username for user in file.user]
    servers = [server.name for server in file.outbound]
    for at, location in enumerate(file.location):
        here: Place = ("location", at)
        for key in ("fallback_user", "admin_user"):
            name = getattr(location, key)
            if name and name not in usernames:
                yield (*here, key), _unknown("user", name, usernames)
        if location.pool and location.pool.user not in usernames:
            yield (*here, "pool", "user"), _unknown("user", location.pool.user, usernames)
        if location.mailserver not in ("default", *servers):
            yield (*here, "mailserver"), _unknown("[[outbound]]", location.mailserver, servers)
        for place, message in _within(location, [g for g in file.group if g.location == location.code]):
            yield (*here, *place), message


def _within(location: LocationTable, groups: list[GroupTable]) -> Iterator[Finding]:
    """What does not fit inside one location."""
    if location.pool and groups:
        yield ("pool",), f"cannot be combined with distribution groups ({groups[0].name}) (R69)"
    yield from _clock(location)
    yield from _each_once("source", [source.id for source in location.source])
    yield from _each_once("completion_reason", [reason.key for reason in location.completion_reason])
    names = [group.name for group in groups]
    for i, source in enumerate(location.source):
        if source.group and source.group not in names:
            yield ("source", i, "group"), _unknown(f"group of {location.code}", source.group, names)
    for i, reason in enumerate(location.completion_reason):
        if reason.outcome is None and reason.key not in SYSTEM_REASONS:
            yield ("completion_reason", i, "outcome"), "is missing; an own reason says won, lost or invalid (R131)"
    yield from _template(location.template)


def _each_once(table: str, names: list[str]) -> Iterator[Finding]:
    for place, message in _repeated(table, "name", names):
        yield place[:2], message


def _clock(location: LocationTable) -> Iterator[Finding]:
    for i, day_off in enumerate(location.day_off):
        if day_off.until and day_off.until < day_off.first:
            yield ("day_off", i, "until"), f"{day_off.until} lies before from = {day_off.first} (R10)"
            return
    calendar = Calendar.of(opening_hours_from(location))
    if why := why_endless(escalation_from(location), calendar):
        place: Place = ("escalation", "stage1") if calendar.opens_again else ("day_off",)
        yield place, f"{why}: the clock would never get there (PF42)"


def _template(template: TemplateTable) -> Iterator[Finding]:
    for key in template.languages:
        if not is_language(key):
            yield ("template", key), 'is neither a block nor a language; languages are two letters such as "en"'


# --- people ---------------------------------------------------------------------------------------------------------


def _users(file: SettingsFile) -> Iterator[Finding]:
    codes = [location.code for location in file.location]
    usernames = [user.username for user in file.user]
    for at, user in enumerate(file.user):
        for i, code in enumerate(user.locations):
            if code not in codes:
                yield ("user", at, "locations", i), _unknown("location", code, codes)
        if user.supervisor and user.supervisor not in usernames:
            yield ("user", at, "supervisor"), _unknown("user", user.supervisor, usernames)


def _groups(file: SettingsFile) -> Iterator[Finding]:
    codes = [location.code for location in file.location]
    usernames = [user.username for user in file.user]
    for at, group in enumerate(file.group):
        if group.location not in codes:
            yield ("group", at, "location"), _unknown("location", group.location, codes)
        for i, member in enumerate(group.members):
            if member not in usernames:
                yield ("group", at, "members", i), _unknown("user", member, usernames)
        for i, code in enumerate(group.match.location):
            if code not in codes:
                yield ("group", at, "match", "location", i), _unknown("location", code, codes)
        for place, message in _template(group.template):
            yield ("group", at, *place), message
