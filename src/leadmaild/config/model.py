"""The settings: the shape of the files, and the values everything else takes them as."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from leadmaild.config.dealership import GroupTable, LocationTable, UserTable
from leadmaild.config.process import (
    AlarmSettings,
    GatewaySettings,
    HttpSettings,
    ImapSettings,
    LmtpSettings,
    LogSettings,
    OutboundSettings,
    RetentionSettings,
    SmtpSettings,
    Table,
)
from leadmaild.config.values import setting
from leadmaild.errors import NotFound, Problem
from leadmaild.model.location import Location, Retention, SetDays
from leadmaild.model.user import Group, User


class SettingsFile(Table):
    """The whole of the settings as they are written, after all files have been put together."""

    include: tuple[str, ...] = setting((), "the operator's further files, relative to this one", rule="R30")
    dealer_files: tuple[str, ...] = setting(
        (), "files that may set only dealer-owned keys of locations that exist", rule="R30"
    )
    gateway: GatewaySettings = setting({}, "the installation")
    smtp: SmtpSettings = setting({}, "listener for mail from other servers")
    lmtp: LmtpSettings = setting({}, "listener behind Postfix or Exim")
    imap: tuple[ImapSettings, ...] = setting((), "mailboxes to watch")
    outbound: tuple[OutboundSettings, ...] = setting((), "mail servers that take our mail")
    http: HttpSettings = setting({}, "health, metrics, API")
    log: LogSettings = setting({}, "the log")
    alarm: AlarmSettings = setting({}, "alarms that are not mail")
    retention: RetentionSettings = setting({}, "how long things are kept")
    location: tuple[LocationTable, ...] = setting((), "customer accounts")
    user: tuple[UserTable, ...] = setting((), "people and pool accounts")
    group: tuple[GroupTable, ...] = setting((), "distribution groups")


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings in force: the process part as it was written, the dealer part as the core's own values.

    `written` is the whole as read, for the settings log; `own_addresses` are every mailbox, alias and user and the
    postmaster, in normal form. `warnings` and `not_in_force` are for people.
    """

    path: Path
    written: SettingsFile
    locations: Mapping[str, Location] = field(default_factory=dict)
    users: Mapping[str, User] = field(default_factory=dict)
    groups: tuple[Group, ...] = ()
    own_addresses: frozenset[str] = frozenset()
    warnings: tuple[Problem, ...] = ()
    not_in_force: tuple[Problem, ...] = ()

    @property
    def gateway(self) -> GatewaySettings:
        """The installation as a whole."""
        return self.written.gateway

    @property
    def smtp(self) -> SmtpSettings:
        """The SMTP listener."""
        return self.written.smtp

    @property
    def lmtp(self) -> LmtpSettings:
        """The LMTP listener."""
        return self.written.lmtp

    @property
    def imap(self) -> tuple[ImapSettings, ...]:
        """The mailboxes to watch: those that are enabled."""
        return tuple(mailbox for mailbox in self.written.imap if mailbox.enabled)

    @property
    def outbound(self) -> tuple[OutboundSettings, ...]:
        """The mail servers that take our mail; the first is the default."""
        return self.written.outbound

    @property
    def http(self) -> HttpSettings:
        """Health, metrics, API."""
        return self.written.http

    @property
    def log(self) -> LogSettings:
        """The log."""
        return self.written.log

    @property
    def alarm(self) -> AlarmSettings:
        """Alarms that are not mail."""
        return self.written.alarm

    @property
    def source_folders(self) -> tuple[Path, ...]:
        """The operator's folders of source definitions that are there, absolute."""
        return tuple(folder for folder in self.gateway.sources if folder is not None and folder.is_dir())

    @property
    def names_own_texts(self) -> bool:
        """Whether mail templates or source definitions of the operator's own are named, which may be wrong."""
        blocks = (*(place.templates for place in self.locations.values()), *(group.templates for group in self.groups))
        return bool(self.gateway.templates or self.source_folders or any(blocks))

    def retention_at(self, code: str) -> Retention:
        """How long things are kept at a location (R180); the general spans for one that the settings have no longer."""
        if (found := self.locations.get(code)) is not None:
            return found.retention
        general = self.written.retention
        return Retention(**{name: getattr(general, name) for name in RetentionSettings.model_fields})

    def location(self, code: str) -> Location:
        """The location of that code. Raises NotFound, naming those there are."""
        if (found := self.locations.get(code)) is None:
            raise NotFound(f'there is no location "{code}"; the settings have: {", ".join(self.locations) or "none"}')
        return found

    def with_days(self, days: Mapping[str, SetDays]) -> "Settings":
        """The same settings with the days off that people have set since, by location (R10)."""
        changed = {
            code: replace(location, opening_hours=location.opening_hours.with_days(days[code]))
            for code, location in self.locations.items()
            if code in days
        }
        return replace(self, locations={**self.locations, **changed}) if changed else self

    def sender_mailbox(self, location: Location, received_location: str = "") -> str:
        """The From address of notices about leads of `location` (R31): its mailbox, that of the location that received
        the mail, or, for a lead by hand where there is none, any of ours."""
        received = self.locations.get(received_location)
        own = next((place.mailbox for place in (location, received) if place and place.mailbox), "")
        others = (mailbox for place in self.locations.values() for mailbox in place.mailboxes)
        return own or next(others, self.gateway.postmaster)

    def mail_server(self, name: str = "") -> OutboundSettings | None:
        """The mail server of that name; the first for "" and for a name that is not there (R52)."""
        named = [server for server in self.outbound if server.name == name]
        return next(iter(named or self.outbound), None)
