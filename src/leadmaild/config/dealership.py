"""The dealer part of the settings: locations, users, distribution groups. Each key says who may set it (R30)."""

from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict

from leadmaild.config.process import Table
from leadmaild.config.values import (
    AddressText,
    Code,
    Count,
    Domain,
    Duration,
    Flag,
    HolidayRegion,
    Language,
    Name,
    OptionalAddress,
    OptionalDuration,
    Timezone,
    WindowText,
    pattern_with,
    setting,
)
from leadmaild.config.wording import Attachment, BannerColor, HeaderImage
from leadmaild.model.location import CompletionOutcome, Mode
from leadmaild.model.reading import RedirectClass, RequestType


def _first_stage(span: timedelta | None) -> timedelta | None:
    if span == timedelta(0):
        raise ValueError("cannot be 0; leave the key out to switch stage 1 off (R23)")
    return span


def _request_type(text: str) -> str:
    if text and text not in set(RequestType):
        raise ValueError(f'"{text}" is not a lead type; choose from {", ".join(RequestType)}')
    return text


NamePattern = Annotated[str, AfterValidator(pattern_with("first_name", "last_name", "username"))]
FirstStage = Annotated[OptionalDuration, AfterValidator(_first_stage)]
RequestTypeText = Annotated[str, AfterValidator(_request_type)]


class RedirectTable(Table):
    """`[location.redirect]`: redirect targets, by the redirect class of the source (R40)."""

    general: tuple[AddressText, ...] = setting((), "who gets a copy of incoming mail", owner="dealer", rule="R3, R40")
    marketplace: tuple[AddressText, ...] | None = setting(
        None, "the same for marketplace mail; absent: `general` applies; `[]`: none", owner="dealer", rule="R41"
    )


class HoursTable(Table):
    """`[location.hours]`: local, half-open windows; there is no Sunday (R6)."""

    mon: tuple[WindowText, ...] = setting((), "Monday", owner="dealer", rule="R6-R9")
    tue: tuple[WindowText, ...] = setting((), "Tuesday", owner="dealer", rule="R6-R9")
    wed: tuple[WindowText, ...] = setting((), "Wednesday", owner="dealer", rule="R6-R9")
    thu: tuple[WindowText, ...] = setting((), "Thursday", owner="dealer", rule="R6-R9")
    fri: tuple[WindowText, ...] = setting((), "Friday", owner="dealer", rule="R6-R9")
    sat: tuple[WindowText, ...] = setting((), "Saturday", owner="dealer", rule="R6-R9")


class DayOffTable(Table):
    """`[[location.day_off]]`: a date, or a run of dates, on which the location is closed (R10)."""

    first: date = setting(what="the first day off", owner="dealer", rule="R10", name="from")
    until: date | None = setting(None, "the last day off, inclusive; absent = one day", owner="dealer", rule="R10")
    label: str = setting("", "why", owner="dealer")


class EscalationTable(Table):
    """`[location.escalation]`: the four times; absent = that step is off (R23)."""

    stage1: FirstStage = setting(None, "longest time to react, in opening hours", owner="dealer", rule="R13")
    reminder: OptionalDuration = setting(None, "span before the end of stage 1", owner="dealer", rule="R14, R20")
    stage2: OptionalDuration = setting(
        None, "span after stage 1 till the supervisor is told", owner="dealer", rule="R15"
    )
    stage2_follow_up: OptionalDuration = setting(
        None, "span after a follow-up date till the supervisor is told", owner="dealer", rule="R16"
    )


class PoolTable(Table):
    """`[location.pool]`: instead of taking turns, sellers take leads from a pool (R62)."""

    user: str = setting(what="the pool account", owner="dealer", rule="R62, R65")
    oldest_only: Flag = setting(False, "only the oldest waiting lead may be taken", owner="dealer", rule="R63")


class AutoresponseTable(Table):
    """`[location.autoresponse]`: the first automatic answer."""

    enabled: Flag = setting(True, "customers are answered at once", owner="dealer", rule="R112")
    learning: Duration = setting(
        "0", "from the start on answers are recorded, not sent, for this long", owner="dealer", rule="AR-28"
    )
    per_hour: Count = setting(60, "most automatic answers an hour; 0 = unlimited", rule="AR-17")
    per_day: Count = setting(500, "most automatic answers a day; 0 = unlimited", rule="AR-17")


class SourceTable(Table):
    """`[[location.source]]`: what this location wants differently for one source (Q18)."""

    id: Name = setting(what="id of the source, as `sources list` shows it", owner="dealer")
    enabled: Flag = setting(True, "false: the source is switched off here", owner="dealer")
    autoresponse: Flag | None = setting(
        None, "answer its customers at once; absent: as the location says", owner="dealer", rule="Q18"
    )
    redirect_class: RedirectClass | None = setting(
        None, "`general` or `marketplace`; absent: as the source's definition says", owner="dealer", rule="R40"
    )
    group: str = setting("", "distribution group its leads go to; empty: the groups' own conditions", rule="R73, Q1")
    type: RequestTypeText = setting("", "lead type; empty: as read from the mail", owner="dealer", rule="R166")
    escalation: Flag = setting(True, "false: its leads have no escalation times", owner="dealer", rule="Q18")
    from_domains: tuple[Domain, ...] = setting((), "domains the web form sends from", rule="R112")
    silence_warning: Duration = setting(
        "7d", "an active source is reported when silent for this long; 0: never", owner="dealer", rule="R165"
    )


class CompletionReasonTable(Table):
    """`[[location.completion_reason]]`: an own reason, or a system one renamed or hidden by its key (R130)."""

    key: Code = setting(what="what `leads close --reason` takes", owner="dealer", rule="R126")
    name: str = setting("", "what people read; empty: the system's name, or the key", owner="dealer", rule="R130")
    outcome: CompletionOutcome | None = setting(
        None, "`won`, `lost` or `invalid`; required for an own reason", owner="dealer", rule="R131"
    )
    hidden: Flag = setting(False, "true: cannot be chosen any more", owner="dealer", rule="R131")


class TemplateBlocksTable(Table):
    """The blocks of one language of the e-mail template; absent: the next wider template's block applies (R111)."""

    subject: str | None = setting(None, "subject of the automatic answer", owner="dealer", rule="R100")
    answer_intro: str | None = setting(None, "HTML above an answer to a customer", owner="dealer", rule="R100")
    header_image: HeaderImage | None = setting(
        None, "header graphic: `file:PATH` or an https URL", owner="dealer", rule="R100", path="reference"
    )
    banner_color: BannerColor | None = setting(None, "colour of the banner, `#rrggbb`", owner="dealer", rule="R103")
    intro: str | None = setting(None, "HTML above the automatic answer", owner="dealer", rule="R101")
    autoresponder_footer: str | None = setting(
        None, "HTML below the automatic answer: who looks after it", owner="dealer", rule="R104"
    )
    general_footer: str | None = setting(None, "HTML below every mail to customers", owner="dealer", rule="R105")
    attach: Attachment | None = setting(
        None, "`none`, `expose:<kind>` or `file:PATH`", owner="dealer", rule="R108", path="reference"
    )


class TemplateTable(TemplateBlocksTable):
    """`[location.template]`: the blocks in the location's language; `[location.template.en]` and so on for other
    languages (R102). Absent: the shipped template's block."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, TemplateBlocksTable]

    @property
    def languages(self) -> dict[str, TemplateBlocksTable]:
        """The blocks of the other languages, by language."""
        return dict(self.__pydantic_extra__)


class LocationRetentionTable(Table):
    """`[location.retention]`: where it differs from `[retention]` (R180); absent: as there; empty: kept for ever."""

    raw_mail: OptionalDuration = setting(None, "raw mail of leads", owner="dealer", rule="R180")
    closed_leads: OptionalDuration = setting(None, "closed leads", owner="dealer", rule="R180")
    raw_mail_without_lead: OptionalDuration = setting(None, "raw mail no lead came of", owner="dealer", rule="R180")
    suppressed_bodies: OptionalDuration = setting(None, "content of mail not let out", owner="dealer", rule="R180")


class LocationTable(Table):
    """`[[location]]`: one customer account and its basic lead settings (R1)."""

    code: Code = setting(what="short code, unique", rule="R1")
    name: str = setting("", "what people read; empty = the code", owner="dealer")
    timezone: Timezone = setting("Europe/Berlin", "zone of the opening hours", owner="dealer", rule="R12")
    language: Language = setting("de", "language of mails and of `[location.template]`", owner="dealer", rule="R102")
    mailbox: OptionalAddress = setting("", "the address entered at the portals; empty = none", rule="R2")
    aliases: tuple[AddressText, ...] = setting((), "more addresses of the same mailbox", rule="R30")
    mode: Mode = setting("management", "`management`, or `tracking` (mails can only be viewed)", rule="R54")
    send_emails: Flag = setting(True, "false: nothing leaves", owner="dealer", rule="R53")
    mailserver: str = setting("default", "name of an `[[outbound]]`; `default` = the first", rule="R52")
    from_name: str = setting("", "display name of outgoing mail; empty = the name", owner="dealer", rule="R31")
    user_name_display: NamePattern = setting(
        "{first_name} {last_name}", "how users are shown in lists; also `{username}`", owner="dealer", rule="R32"
    )
    exposes: str = setting("", "folder of exposé PDFs, `<kind>/<internal number>.pdf`", rule="R5", path="path")
    default_expose: str = setting("", "the kind offered with answers; empty = none", owner="dealer", rule="R5")
    manual_sources: tuple[str, ...] = setting(
        ("phone", "showroom", "website"), "sources of leads entered by hand", owner="dealer", rule="R82"
    )
    forwarders: tuple[AddressText, ...] = setting((), "addresses that forward to this mailbox", rule="R30")
    public_holidays: HolidayRegion = setting(
        "", "region whose public holidays are days off, such as `DE-BY`; empty = none", owner="dealer", rule="R10"
    )
    not_days_off: tuple[date, ...] = setting((), "dates taken out of the days off again", owner="dealer", rule="R10")
    existing_contacts_normal: Flag = setting(
        False, "known contacts' new requests: true = normal distribution", owner="dealer", rule="R33, R34"
    )
    vehicle_location_for_distribution: Flag = setting(
        False, "the lead moves to the vehicle's location", owner="dealer", rule="R55"
    )
    vehicle_location_for_redirect: Flag = setting(
        False, "the redirects of the vehicle's location are used", owner="dealer", rule="R57"
    )
    follow_up_within_hours: Flag = setting(True, "follow-up notices wait for opening", owner="dealer", rule="R59")
    tracking_escalation: Flag = setting(False, "escalation times run in tracking mode too", owner="dealer", rule="Q3")
    trade_in_cc: tuple[AddressText, ...] = setting(
        (), "who gets trade-in requests without a vehicle of ours", owner="dealer", rule="R42"
    )
    unassigned_notice_to: tuple[AddressText, ...] = setting(
        (), "who is told of mail no lead could be made of", owner="dealer", rule="R50"
    )
    fallback_user: str = setting("", "gets leads nobody else can get", owner="dealer", rule="R48, R79")
    admin_user: str = setting("", "the last sink", owner="dealer", rule="R77, R79")
    redirect: RedirectTable = setting({}, "redirect targets", owner="dealer")
    hours: HoursTable = setting({}, "opening hours", owner="dealer")
    day_off: tuple[DayOffTable, ...] = setting((), "days off", owner="dealer")
    escalation: EscalationTable = setting({}, "escalation times", owner="dealer")
    pool: PoolTable | None = setting(None, "the pool", owner="dealer", rule="R62, R69, R70")
    autoresponse: AutoresponseTable = setting({}, "automatic answers", owner="dealer")
    source: tuple[SourceTable, ...] = setting((), "per source", owner="dealer")
    completion_reason: tuple[CompletionReasonTable, ...] = setting((), "completion reasons", owner="dealer")
    template: TemplateTable = setting({}, "e-mail template", owner="dealer")
    retention: LocationRetentionTable = setting({}, "retention", owner="dealer")


class NotifyTable(Table):
    """`notify` of a user: which notices he wants (Q19)."""

    new_lead: Flag = setting(True, "a lead was given to him", rule="Q19")
    new_pool_lead: Flag = setting(False, "a lead came into the pool", rule="R68")
    customer_message: Flag = setting(True, "the customer wrote again", rule="Q19")
    reminder: Flag = setting(True, "stage 1 ends soon", rule="Q19")
    escalation: Flag = setting(True, "stage 1 or stage 2 ended", rule="Q19")
    follow_up: Flag = setting(True, "a follow-up is due", rule="Q19")


class UserTable(Table):
    """`[[user]]`: one person, or the pool account."""

    username: Code = setting(what="name in commands and settings, unique", rule="R140")
    active: Flag = setting(True, "false: as if deleted", rule="R149")
    email: OptionalAddress = setting("", "where notices go; several users may share one", rule="R141")
    first_name: str = setting("", "first name", rule="R140")
    last_name: str = setting("", "last name", rule="R140")
    phone: str = setting("", "telephone, for the footer of automatic answers", rule="R104")
    locations: tuple[str, ...] = setting((), "codes of the locations he works for", rule="R140")
    supervisor: str = setting("", "username of who is told at stage 2", rule="R147, R79")
    receives_leads: Flag = setting(False, "takes part in the distribution", rule="R72")
    assignable: Flag = setting(False, "may be given a lead by hand, or take one from the pool", rule="R74")
    notify: NotifyTable = setting({}, "which notices he wants")


class GroupMatchTable(Table):
    """`match` of a group: every condition that is not empty must hold (Q1)."""

    source: tuple[str, ...] = setting((), "source ids", rule="Q1")
    type: tuple[RequestTypeText, ...] = setting((), "lead types", rule="Q1")
    make: tuple[str, ...] = setting((), "makes", rule="Q1")
    condition: tuple[Literal["new", "used"], ...] = setting((), "`new`, `used`", rule="Q1")
    location: tuple[str, ...] = setting((), "codes of the vehicle's location", rule="Q1")


class GroupTable(Table):
    """`[[group]]`: a distribution group of one location (R73)."""

    location: str = setting(what="code of its location", rule="R73")
    name: Name = setting(what="its name, unique in the location", rule="R73")
    members: tuple[str, ...] = setting((), "usernames, in the order of their turns", rule="R73")
    match: GroupMatchTable = setting({}, "which leads it gets", rule="Q1")
    template: TemplateTable = setting({}, "its e-mail template, as `[location.template]`", rule="R110, R111")
