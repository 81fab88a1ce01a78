"""A location and everything its basic lead settings say (rules.md 2). All of it comes from settings files (R1)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum

from leadmaild.model.reading import RedirectClass

MINUTES_A_DAY = 24 * 60


class Mode(StrEnum):
    """Management: mails are answered here. Tracking: they can only be viewed (R54)."""

    MANAGEMENT = "management"
    TRACKING = "tracking"


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """A half-open window of local time, in minutes since midnight: open at `start`, closed at `end` (R8)."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class DayOff:
    """A run of local dates on which the location is closed; `until` is the last of them, inclusive (R10)."""

    first: date
    until: date
    label: str = ""


@dataclass(frozen=True, slots=True)
class SetDays:
    """Days off set at run time over those of the files: an imported calendar, and dates taken out again (R10)."""

    imported: tuple[DayOff, ...] = ()
    taken_out: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """The week's windows (Monday = 0 .. Saturday = 5), the days off and the zone they are meant in (R6-R12).

    `week` holds merged, ordered windows for each weekday that has any; empty = open around the clock (R9).
    `days_off` are merged and ordered. `public_holidays` names a region such as "DE-BY" whose holidays are days off
    too ("" = none); `not_days_off` are dates taken out again (R10).
    """

    zone: str = "Europe/Berlin"
    week: Mapping[int, tuple[Window, ...]] = field(default_factory=dict)
    days_off: tuple[DayOff, ...] = ()
    public_holidays: str = ""
    not_days_off: tuple[date, ...] = ()

    def with_days(self, days: SetDays) -> "OpeningHours":
        """The same hours with the days off as people have set them since."""
        return replace(
            self,
            days_off=(*self.days_off, *days.imported),
            not_days_off=tuple(sorted({*self.not_days_off, *days.taken_out})),
        )


@dataclass(frozen=True, slots=True)
class Escalation:
    """The four times (R13-R17). None = that step is off; stage2 and stage2_follow_up of zero mean the same moment."""

    stage1: timedelta | None = None
    reminder: timedelta | None = None
    stage2: timedelta | None = None
    stage2_follow_up: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Pool:
    """The pool account, and whether only the oldest waiting lead may be taken (R62, R63)."""

    user: str
    oldest_only: bool = False


@dataclass(frozen=True, slots=True)
class Redirects:
    """Redirect targets by class. `marketplace` None: general applies; empty: none for marketplace mail (R41)."""

    general: tuple[str, ...] = ()
    marketplace: tuple[str, ...] | None = None

    def for_class(self, redirect_class: RedirectClass) -> tuple[str, ...]:
        """The targets for mail of this class (R41)."""
        if redirect_class is RedirectClass.MARKETPLACE and self.marketplace is not None:
            return self.marketplace
        return self.general


@dataclass(frozen=True, slots=True)
class AutoresponseSettings:
    """Whether customers are answered at once, and the budgets (AR-17). 0 = unlimited. `learning`: AR-28."""

    enabled: bool = True
    learning: timedelta = timedelta(0)
    per_hour: int = 60
    per_day: int = 500


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """A location's own settings for one source (Q18); None = the location's or the definition's value."""

    id: str
    enabled: bool = True
    autoresponse: bool | None = None
    redirect_class: RedirectClass | None = None
    group: str = ""
    type: str = ""
    escalation: bool = True
    from_domains: tuple[str, ...] = ()
    silence_warning: timedelta = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class TemplateBlocks:
    """The blocks of the e-mail template (R100-R111). None = not set here: the next wider template's block applies."""

    subject: str | None = None
    answer_intro: str | None = None
    header_image: str | None = None
    banner_color: str | None = None
    intro: str | None = None
    autoresponder_footer: str | None = None
    general_footer: str | None = None
    attach: str | None = None  # none | expose:<kind> | file:<path>


class CompletionOutcome(StrEnum):
    """What a closed lead came to (R131)."""

    WON = "won"
    LOST = "lost"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class CompletionReason:
    """A reason to close a lead (R126, R130, R131)."""

    key: str
    name: str
    outcome: CompletionOutcome
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Retention:
    """How long things are kept (R180). None = keep."""

    raw_mail: timedelta | None = timedelta(days=90)
    closed_leads: timedelta | None = timedelta(days=730)
    raw_mail_without_lead: timedelta | None = timedelta(days=30)
    suppressed_bodies: timedelta | None = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Location:
    """One customer account: its mailbox, hours, escalation times, templates, pool and last resorts."""

    code: str
    name: str
    opening_hours: OpeningHours = field(default_factory=OpeningHours)
    language: str = "de"
    mailbox: str = ""
    aliases: tuple[str, ...] = ()
    mode: Mode = Mode.MANAGEMENT
    send_emails: bool = True
    mailserver: str = "default"
    from_name: str = ""
    user_name_display: str = "{first_name} {last_name}"
    exposes: str = ""
    default_expose: str = ""
    manual_sources: tuple[str, ...] = ()
    forwarders: tuple[str, ...] = ()
    existing_contacts_normal: bool = False
    vehicle_location_for_distribution: bool = False
    vehicle_location_for_redirect: bool = False
    follow_up_within_hours: bool = True
    tracking_escalation: bool = False
    trade_in_cc: tuple[str, ...] = ()
    unassigned_notice_to: tuple[str, ...] = ()
    fallback_user: str = ""
    admin_user: str = ""
    redirect: Redirects = field(default_factory=Redirects)
    escalation: Escalation = field(default_factory=Escalation)
    pool: Pool | None = None
    autoresponse: AutoresponseSettings = field(default_factory=AutoresponseSettings)
    sources: Mapping[str, SourceSettings] = field(default_factory=dict)
    completion_reasons: tuple[CompletionReason, ...] = ()
    templates: Mapping[str, TemplateBlocks] = field(default_factory=dict)  # by language
    retention: Retention = field(default_factory=Retention)

    @property
    def mailboxes(self) -> tuple[str, ...]:
        """Every address at which this location takes mail: the mailbox, then its aliases."""
        return ((self.mailbox, *self.aliases)) if self.mailbox else self.aliases

    def source(self, source_id: str) -> SourceSettings:
        """This location's settings for the source; the defaults where it has none."""
        return self.sources.get(source_id) or SourceSettings(source_id)

    def source_of(self, source_id: str, provider: str | None) -> SourceSettings:
        """The settings for where an enquiry came from (Q18): for the provider that the mail names, if there are any
        (R40: ADF), else for its source."""
        return self.sources.get(provider or "") or self.source(source_id)
