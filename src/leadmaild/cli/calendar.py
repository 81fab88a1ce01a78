"""`leadmaild calendar`: the open hours and the days off of a location, as the gateway sees them (R10)."""

from datetime import date
from typing import Any

import click

from leadmaild.cli.moments import DateParameter
from leadmaild.cli.output import instant, json_option, print_table, show
from leadmaild.cli.session import config_option, settings
from leadmaild.escalation.calendar import Calendar
from leadmaild.model.location import OpeningHours


@click.group("calendar")
def calendar() -> None:
    """Show when a location is open and which days are off."""


@calendar.command("show")
@click.option("--location", "code", required=True, metavar="CODE", help="The location.")
@click.option("--from", "first", required=True, type=DateParameter(), help="The first date.")
@click.option("--until", required=True, type=DateParameter(), help="The date after the last.")
@config_option
@json_option
@click.pass_context
def show_calendar(context: click.Context, code: str, first: date, until: date, as_json: bool) -> None:
    """Show the open hours and the days off of the dates from --from up to, not including, --until."""
    if until <= first:
        raise click.UsageError(f"--until {until} must be after --from {first}: it is the date after the last", context)
    location = settings().location(code)
    show(calendar_rows(location.opening_hours, first, until), as_json, _for_people)


def calendar_rows(hours: OpeningHours, first: date, until: date) -> dict[str, list[dict[str, Any]]]:
    """The open spans as instants in the location's zone; `until` of a day off is the last date that is off."""
    built = Calendar.of(hours)
    return {
        "open": [
            {"from": instant(span.start, hours.zone), "until": instant(span.end, hours.zone)}
            for span in built.windows_between(first, until)
        ],
        "days_off": [
            {"from": day_off.first.isoformat(), "until": day_off.until.isoformat(), "label": day_off.label}
            for day_off in built.days_off_between(first, until)
        ],
    }


def _for_people(rows: dict[str, list[dict[str, Any]]]) -> None:
    click.echo("Open:")
    print_table(rows["open"], ("from", "until"), "never")
    click.echo("\nDays off (both dates included):")
    print_table(rows["days_off"], ("from", "until", "label"), "none")
