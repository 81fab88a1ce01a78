"""`leadmaild timeline`: when the reminder, the stages and the follow-up notices are due, take effect and leave."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import click

from leadmaild.cli.lead_view import timer_row
from leadmaild.cli.moments import InstantParameter, in_zone
from leadmaild.cli.options import config_option, json_option
from leadmaild.cli.output import print_result, print_table
from leadmaild.cli.session import run_async, settings_with_days, view_of
from leadmaild.clock import SystemClock
from leadmaild.config.model import Settings
from leadmaild.errors import NotFound
from leadmaild.escalation.calendar import Calendar
from leadmaild.escalation.timers import first_response_timers, follow_up_timers, timers_run
from leadmaild.model.decision import Recipient
from leadmaild.model.lead import Timer
from leadmaild.model.location import Location

_COLUMNS = ("kind", "due_at", "effective_at", "send_at", "state", "why")


@click.command("timeline")
@click.option("--lead", "number", metavar="N", type=int, help="The timers of this lead.")
@click.option("--location", "code", metavar="CODE", help="The location of a lead that might be.")
@click.option("--arrival", type=InstantParameter(), help="When a lead would arrive.")
@click.option("--follow-up", type=InstantParameter(), help="When a lead would be looked at again.")
@config_option
@json_option
@click.pass_context
def timeline(
    context: click.Context,
    number: int | None,
    code: str | None,
    arrival: datetime | None,
    follow_up: datetime | None,
    as_json: bool,
) -> None:
    """Show the escalation timeline of a lead, or the one that a lead arriving or a follow-up set at some moment would
    have.

    An instant without an offset is what the clock at the location shows.
    """
    chosen = settings_with_days()
    if number is not None and code is None and arrival is None and follow_up is None:
        print_result(run_async(_of_lead(chosen, number)), as_json, print_events)
        return
    if number is not None or code is None or (arrival is None) == (follow_up is None):
        raise click.UsageError(
            "give --lead N, or --location CODE with one of --arrival INSTANT and --follow-up INSTANT", context
        )
    location = chosen.location(code)
    if not timers_run(location):
        click.echo(f"{code} is in tracking mode without tracking_escalation: no timers run (Q3)", err=True)
    zone = location.opening_hours.zone
    print_result([event_row(timer, zone) for timer in _timers(location, arrival, follow_up)], as_json, print_events)


async def _of_lead(chosen: Settings, number: int) -> list[dict[str, Any]]:
    """The timers of a lead, oldest cycle first, with the users each goes to as things stand now."""
    from leadmaild.deciding.recipients import resolve
    from leadmaild.pipeline.escalate import TOLD

    now = SystemClock().now()
    async with view_of(chosen) as tx:
        lead = await tx.leads.by_number(number)
        if lead is None:
            raise NotFound(f"there is no lead {number}")
        location = chosen.location(lead.location)
        armed = await tx.timers.of_leads([number])
        roster = await tx.people.roster(chosen.users, chosen.groups, (), now)
    rows = []
    for one in armed:
        kind, role, _event = TOLD[one.timer.kind]
        told = resolve(Recipient(role), kind, lead.assignee, location, roster, now).addressees
        names = [addressee.username for addressee in told]
        rows.append(event_row(one.timer, location.opening_hours.zone, names) | {"cycle": one.cycle})
    return rows


def event_row(timer: Timer, zone: str, to: Iterable[str] = ()) -> dict[str, Any]:
    """One event of a timeline as printed; `to` are the users it goes to, as far as they are known."""
    shown = timer_row(timer, zone)
    why = shown.pop("why")  # stays the last column
    return shown | {"to": list(to), "why": why}


def print_events(rows: list[dict[str, Any]]) -> None:
    """Print events as a table for people."""
    print_table(rows, _COLUMNS, "no timers")


def _timers(location: Location, arrival: datetime | None, follow_up: datetime | None) -> tuple[Timer, ...]:
    if not timers_run(location):
        return ()
    hours, escalation = location.opening_hours, location.escalation
    if arrival is not None:
        return first_response_timers(in_zone(arrival, hours.zone), escalation, Calendar.of(hours))
    if follow_up is not None:
        at, within_hours = in_zone(follow_up, hours.zone), location.follow_up_within_hours
        return follow_up_timers(at, escalation, Calendar.of(hours), within_hours=within_hours)
    return ()
