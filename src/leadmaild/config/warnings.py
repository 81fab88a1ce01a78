"""What is allowed in the settings but probably not meant: said at load, in `check-config` and `status`.

What concerns a location and its people is said by distribution/warnings.py.
"""

from collections.abc import Iterator
from pathlib import Path

from leadmaild.config.checks import Finding, outward, own_mailboxes
from leadmaild.config.durations import format_duration
from leadmaild.config.model import SettingsFile
from leadmaild.config.on_disk import missing_http_token


def warnings_about(file: SettingsFile) -> Iterator[Finding]:
    """Every doubtful place in the settings, with what follows from it."""
    for doubts in (_installation, _ways_back, _locations, _people):
        yield from doubts(file)


def _installation(file: SettingsFile) -> Iterator[Finding]:
    if not file.location:
        yield ("location",), "is missing: without a location no mail is taken and none becomes a lead"
    if not file.outbound and any(location.send_emails for location in file.location):
        yield ("outbound",), "is missing: no mail can leave"
    if file.gateway.hostname and "." not in file.gateway.hostname:
        yield ("gateway", "hostname"), "has no domain: other mail servers may refuse our mail"
    if not file.gateway.hostname and any(server.transport == "smtp" for server in file.outbound):
        yield ("gateway", "hostname"), "is missing: relays see this machine's own name"
    if "@" in file.gateway.database and ":" in file.gateway.database.partition("://")[2].rpartition("@")[0]:
        yield ("gateway", "database"), "holds a password; a password file (PGPASSFILE) keeps it out of the settings"
    if problem := missing_http_token(file):
        yield ("http", "token"), f"{problem}: metrics stay closed until it does"


def _ways_back(file: SettingsFile) -> Iterator[Finding]:
    """Mail sent on to a domain whose mail comes to us finds no mailbox, or comes back (BI-67)."""
    ours = {address.rpartition("@")[2] for _, address in own_mailboxes(file)} if file.smtp.listen else set()
    if _domain(file.gateway.postmaster) in ours:
        yield ("gateway", "postmaster"), "is at a domain whose mail comes to us: it would come back"
    for at, location in enumerate(file.location):
        for key, targets in outward(location):
            for i, target in enumerate(targets):
                if _domain(target) in ours:
                    yield ("location", at, *key, i), f'"{target}" is at a domain whose mail comes to us: it may bounce'


def _domain(address: str) -> str:
    return address.rpartition("@")[2]


def _locations(file: SettingsFile) -> Iterator[Finding]:
    for at, location in enumerate(file.location):
        here = ("location", at)
        if not any(getattr(location.hours, day) for day in type(location.hours).model_fields):
            yield (*here, "hours"), "has no hours: the location counts as always open (R9)"
        times = location.escalation
        if not times.stage1 and (times.reminder or times.stage2 is not None):
            yield (*here, "escalation", "stage1"), "is off, and with it the reminder and stage 2 (R23)"
        if span := location.autoresponse.learning:
            until = f"for {format_duration(span)} from the first start with it; `leadmaild status` shows until when"
            message = f"is on: automatic answers are recorded, not sent, {until} (AR-28)"
            yield (*here, "autoresponse", "learning"), message
        if location.exposes and not Path(location.exposes).is_dir():
            yield (*here, "exposes"), f"there is no folder {location.exposes}: mails go without exposé (R5)"
        if location.default_expose and not location.exposes:
            yield (*here, "default_expose"), "is set, but exposes names no folder to take it from (R5)"
        if not location.send_emails:
            yield (*here, "send_emails"), "is false: nothing leaves (R53)"


def _people(file: SettingsFile) -> Iterator[Finding]:
    ours = {address for _, address in own_mailboxes(file)}
    pool_accounts = {location.pool.user for location in file.location if location.pool}
    for at, user in enumerate(file.user):
        is_told = user.receives_leads or user.assignable
        if user.active and is_told and not user.email and user.username not in pool_accounts:
            yield ("user", at, "email"), "is empty: he is told of nothing"
        if user.email and user.email.casefold() in ours:
            yield ("user", at, "email"), f'"{user.email}" is a mailbox of ours: notices would come back as mail'
    locations_of = {user.username: user.locations for user in file.user}
    for at, group in enumerate(file.group):
        for i, member in enumerate(group.members):
            if group.location not in locations_of[member]:
                yield ("group", at, "members", i), f'"{member}" does not work for {group.location}: he gets no leads'
