"""Makes the core's own values (model/) out of the tables as they were written."""

from collections.abc import Iterable, Mapping

from leadmaild.config.completion import SYSTEM_REASONS
from leadmaild.config.dealership import (
    CompletionReasonTable,
    GroupTable,
    HoursTable,
    LocationTable,
    SourceTable,
    TemplateBlocksTable,
    TemplateTable,
    UserTable,
)
from leadmaild.config.process import RetentionSettings
from leadmaild.escalation.days_off import merged_days_off
from leadmaild.model.location import (
    AutoresponseSettings,
    CompletionOutcome,
    CompletionReason,
    DayOff,
    Escalation,
    Location,
    OpeningHours,
    Pool,
    Redirects,
    Retention,
    SourceSettings,
    TemplateBlocks,
    Window,
)
from leadmaild.model.user import Group, GroupMatch, Notify, User

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat")


def location_from(table: LocationTable, retention: RetentionSettings) -> Location:
    """Return the location; `retention` holds where the location does not say its own."""
    return Location(
        code=table.code,
        name=table.name or table.code,
        opening_hours=opening_hours_from(table),
        language=table.language,
        mailbox=table.mailbox,
        aliases=table.aliases,
        mode=table.mode,
        send_emails=table.send_emails,
        mailserver=table.mailserver,
        from_name=table.from_name or table.name or table.code,
        user_name_display=table.user_name_display,
        exposes=table.exposes,
        default_expose=table.default_expose,
        manual_sources=table.manual_sources,
        forwarders=table.forwarders,
        existing_contacts_normal=table.existing_contacts_normal,
        vehicle_location_for_distribution=table.vehicle_location_for_distribution,
        vehicle_location_for_redirect=table.vehicle_location_for_redirect,
        follow_up_within_hours=table.follow_up_within_hours,
        tracking_escalation=table.tracking_escalation,
        trade_in_cc=table.trade_in_cc,
        unassigned_notice_to=table.unassigned_notice_to,
        fallback_user=table.fallback_user,
        admin_user=table.admin_user,
        redirect=Redirects(table.redirect.general, table.redirect.marketplace),
        escalation=escalation_from(table),
        pool=Pool(table.pool.user, table.pool.oldest_only) if table.pool else None,
        autoresponse=AutoresponseSettings(**dict(table.autoresponse)),
        sources={source.id: _source(source) for source in table.source},
        completion_reasons=completion_reasons_from(table.completion_reason),
        templates=_templates(table.template, table.language),
        retention=_retention(table, retention),
    )


def user_from(table: UserTable) -> User:
    """Return the user as the file describes him."""
    return User(**{**dict(table), "notify": Notify(**dict(table.notify))})


def group_from(table: GroupTable, language: str) -> Group:
    """Return the distribution group; its plain template is in its location's `language`. Empty blocks fall through to
    the general template (R111)."""
    templates = {of: _filled(blocks) for of, blocks in _templates(table.template, language).items()}
    return Group(table.location, table.name, table.members, GroupMatch(**dict(table.match)), templates)


# --- opening hours --------------------------------------------------------------------------------------------------


def opening_hours_from(table: LocationTable) -> OpeningHours:
    """Return the hours with windows and days off ordered and merged (R10); a table of empty lists is no hours (R9)."""
    return OpeningHours(
        zone=table.timezone,
        week=_week(table.hours),
        days_off=merged_days_off(
            (DayOff(day.first, day.until or day.first, day.label) for day in table.day_off), table.not_days_off
        ),
        public_holidays=table.public_holidays,
        not_days_off=tuple(sorted(set(table.not_days_off))),
    )


def _week(hours: HoursTable) -> dict[int, tuple[Window, ...]]:
    days = {number: merged_windows(getattr(hours, name)) for number, name in enumerate(_WEEKDAYS)}
    return {number: windows for number, windows in days.items() if windows}


def merged_windows(windows: Iterable[Window]) -> tuple[Window, ...]:
    """Return the windows in order, those that touch or overlap made one (R10)."""
    merged: list[Window] = []
    for window in sorted(windows):
        if merged and window.start <= merged[-1].end:
            merged[-1] = Window(merged[-1].start, max(merged[-1].end, window.end))
        else:
            merged.append(window)
    return tuple(merged)


# --- the rest of a location -----------------------------------------------------------------------------------------


def escalation_from(table: LocationTable) -> Escalation:
    """Return the four times of the location."""
    times = table.escalation
    # A reminder of 0 is none; stage 2 of 0 is "at the same moment", not "off" (R23).
    return Escalation(times.stage1, times.reminder or None, times.stage2, times.stage2_follow_up)


def _source(table: SourceTable) -> SourceSettings:
    return SourceSettings(**dict(table))


def completion_reasons_from(tables: Iterable[CompletionReasonTable]) -> tuple[CompletionReason, ...]:
    """Return the system's reasons, renamed and hidden as the location says, then its own ones (R130, R131)."""
    reasons = dict(SYSTEM_REASONS)
    for table in tables:
        system = SYSTEM_REASONS.get(table.key)
        outcome = table.outcome or (system.outcome if system else CompletionOutcome.INVALID)
        name = table.name or (system.name if system else table.key)
        reasons[table.key] = CompletionReason(table.key, name, outcome, table.hidden)
    return tuple(reasons.values())


def _templates(table: TemplateTable, language: str) -> Mapping[str, TemplateBlocks]:
    """The blocks by language. In another language an empty block falls through to the location's own (R102)."""
    templates = {of: _filled(_blocks(blocks)) for of, blocks in table.languages.items()}
    own = _blocks(table)
    if own != TemplateBlocks():
        templates[language] = own
    return templates


def _blocks(table: TemplateBlocksTable) -> TemplateBlocks:
    return TemplateBlocks(**{name: getattr(table, name) for name in TemplateBlocksTable.model_fields})


def _filled(blocks: TemplateBlocks) -> TemplateBlocks:
    return TemplateBlocks(**{name: getattr(blocks, name) or None for name in TemplateBlocksTable.model_fields})


def _retention(table: LocationTable, general: RetentionSettings) -> Retention:
    own = table.retention
    names = RetentionSettings.model_fields
    return Retention(**{name: getattr(own if name in own.model_fields_set else general, name) for name in names})
