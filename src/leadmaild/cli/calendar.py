"""`leadmaild calendar`: the open hours and the days off of a location as the gateway sees them, and days off that are
set at run time (R10)."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import click

from leadmaild.cli.moments import DateParameter
from leadmaild.cli.options import config_option, json_option, who_option
from leadmaild.cli.output import instant, print_result, print_table
from leadmaild.cli.session import database_of, run_async, settings, settings_with_days
from leadmaild.clock import SystemClock
from leadmaild.commands.calendar import import_days_off, restore_day, take_out_day
from leadmaild.config.model import Settings
from leadmaild.errors import Refused
from leadmaild.escalation.calendar import Calendar
from leadmaild.escalation.ics import IcsReading, read_ics
from leadmaild.model.location import DayOff, OpeningHours

# How far ahead entries that repeat are followed: dealers import a year or two.
_AHEAD = timedelta(days=5 * 366)
_location_option = click.option("--location", "code", required=True, metavar="CODE", help="The location.")
_date_option = click.option("--date", "day", required=True, type=DateParameter(), help="The date.")


@click.group("calendar")
def calendar() -> None:
    """Show when a location is open and which days are off; import, take out and restore days off."""


@calendar.command("show")
@_location_option
@click.option("--from", "first", required=True, type=DateParameter(), help="The first date.")
@click.option("--until", required=True, type=DateParameter(), help="The date after the last.")
@config_option
@json_option
@click.pass_context
def show_calendar(context: click.Context, code: str, first: date, until: date, as_json: bool) -> None:
    """Show the open hours and the days off of the dates from --from up to, not including, --until."""
    if until <= first:
        raise click.UsageError(f"--until {until} must be after --from {first}: it is the date after the last", context)
    location = settings_with_days().location(code)
    print_result(calendar_rows(location.opening_hours, first, until), as_json, _for_people)


@calendar.command("import")
@_location_option
@click.argument("file", metavar="FILE.ics", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Do it; without it the change is only shown.")
@who_option
@json_option
@config_option
def import_(code: str, file: Path, yes: bool, who: str, as_json: bool) -> None:
    """Show the days off in an iCalendar file and what would change; with --yes take them in place of those imported
    before."""
    chosen = settings()
    reading = _read(file)
    if reading.refusal:
        raise Refused(f"{file}: {reading.refusal}")
    shown = run_async(_import(chosen, code, reading, who if yes else None))
    print_result(shown, as_json, _preview)


@calendar.command()
@_location_option
@_date_option
@who_option
@config_option
def remove(code: str, day: date, who: str) -> None:
    """Make a date no day off, whatever file, region or import says."""
    run_async(_remove(settings(), code, day, who))
    click.echo(f"{day} is no day off at {code}")


@calendar.command()
@_location_option
@_date_option
@who_option
@config_option
def restore(code: str, day: date, who: str) -> None:
    """Undo `remove`."""
    run_async(_restore(settings(), code, day, who))
    click.echo(f"{day} is as before at {code}")


def calendar_rows(hours: OpeningHours, first: date, until: date) -> dict[str, list[dict[str, Any]]]:
    """The open spans as instants in the location's zone; `until` of a day off is the last date that is off."""
    built = Calendar.of(hours)
    return {
        "open": [
            {"from": instant(span.start, hours.zone), "until": instant(span.end, hours.zone)}
            for span in built.windows_between(first, until)
        ],
        "days_off": _days(built.days_off_between(first, until)),
    }


def _days(days: Sequence[DayOff]) -> list[dict[str, Any]]:
    return [{"from": day.first.isoformat(), "until": day.until.isoformat(), "label": day.label} for day in days]


def _for_people(rows: dict[str, list[dict[str, Any]]]) -> None:
    click.echo("Open:")
    print_table(rows["open"], ("from", "until"), "never")
    click.echo("\nDays off (both dates included):")
    print_table(rows["days_off"], ("from", "until", "label"), "none")


def _preview(shown: dict[str, Any]) -> None:
    for name, title in (("added", "New days off"), ("gone", "No day off any more"), ("kept", "As before")):
        click.echo(f"{title}:")
        print_table(shown[name], ("from", "until", "label"), "  none")
    for entry in shown["left_out"]:
        click.echo(f"left out: {entry}")
    click.echo("taken over" if shown["done"] else "nothing was changed yet; add --yes to take it over")


def _read(file: Path) -> IcsReading:
    try:
        content = file.read_bytes()
    except OSError as problem:
        raise click.UsageError(f"cannot read {file}: {problem.strerror}", click.get_current_context()) from problem
    return read_ics(content, SystemClock().now().date() + _AHEAD)


async def _import(chosen: Settings, code: str, reading: IcsReading, who: str | None) -> dict[str, Any]:
    chosen.location(code)
    async with database_of(chosen) as database:
        async with database.view() as tx:
            known = (await tx.calendar.days()).get(code)
        before = known.imported if known else ()
        if who is not None:
            await import_days_off(database, chosen, code, reading.days_off, who, SystemClock().now())
    return {
        "location": code,
        "added": _days([day for day in reading.days_off if day not in before]),
        "gone": _days([day for day in before if day not in reading.days_off]),
        "kept": _days([day for day in reading.days_off if day in before]),
        "left_out": list(reading.left_out),
        "done": who is not None,
    }


async def _remove(chosen: Settings, code: str, day: date, who: str) -> None:
    async with database_of(chosen) as database:
        await take_out_day(database, chosen, code, day, who, SystemClock().now())


async def _restore(chosen: Settings, code: str, day: date, who: str) -> None:
    async with database_of(chosen) as database:
        await restore_day(database, chosen, code, day, who, SystemClock().now())
