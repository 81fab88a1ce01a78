"""`leadmaild leads`: the leads that came of the mails."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import click

from leadmaild.cli.filters import require_known_names
from leadmaild.cli.lead_commands import COMMANDS
from leadmaild.cli.lead_view import LIST_COLUMNS, detail, row
from leadmaild.cli.options import config_option, json_option, limit_option
from leadmaild.cli.output import print_json, print_result, print_table
from leadmaild.cli.session import run_async, settings, view_of
from leadmaild.clock import SystemClock
from leadmaild.config.model import Settings
from leadmaild.errors import NotFound
from leadmaild.model.lead import LeadState
from leadmaild.model.listing import LeadFilter, LeadLine


@click.group()
def leads() -> None:
    """Leads: one case of interest of one customer each."""


@leads.command("list")
@click.option("--location", metavar="CODE", help="Only of this location.")
@click.option("--assignee", metavar="USER", help="Only of this user.")
@click.option("--state", type=click.Choice([str(s) for s in LeadState]), help="Only open or closed ones.")
@click.option("--source", help="Only from this source.")
@click.option("--due", type=click.Choice(["overdue", "warning", "today"]), help="Only those due so.")
@click.option("--search", metavar="TEXT", help="Text in the customer's name, address, number, or the subject.")
@click.option("--needs-review", is_flag=True, help="Only those flagged for a person.")
@limit_option
@json_option
@config_option
def list_(  # one parameter an option
    location: str | None,
    assignee: str | None,
    state: str | None,
    source: str | None,
    due: str | None,
    search: str | None,
    needs_review: bool,
    limit: int | None,
    as_json: bool,
) -> None:
    """List leads, newest first; with --due by due date."""
    chosen, now = settings(), SystemClock().now()
    before, since = _due_span(due, chosen, location, now)
    wanted = LeadFilter(
        location=location,
        assignee=assignee,
        state=state,
        source=source,
        text=search,
        due_before=before,
        due_from=since,
        needs_review=True if needs_review else None,
    )
    # How long before its due date a lead is in warning is each location's own: so these are cut after the look.
    lines = run_async(_list(chosen, wanted, None if due == "warning" else limit))
    rows = [row(line, chosen, now) for line in lines]
    if due in ("overdue", "warning"):
        rows = [shown for shown in rows if shown["colour"] == due][:limit]
    if as_json:
        print_json(rows)
    else:
        print_table(
            [shown | {"contact": shown["contact"]["name"], "vehicle": (shown["vehicle"] or {}).get("title")}
             for shown in rows], LIST_COLUMNS, "no leads")  # fmt: skip


@leads.command()
@click.argument("number", metavar="N", type=int)
@json_option
@config_option
def show(number: int, as_json: bool) -> None:
    """Show one lead with its timers and activities."""
    chosen = settings()
    shown = detail(run_async(_one(chosen, number)), chosen, SystemClock().now())
    print_result(shown, as_json)


for command in COMMANDS:
    leads.add_command(command)


async def _list(chosen: Settings, wanted: LeadFilter, limit: int | None) -> tuple[LeadLine, ...]:
    async with view_of(chosen) as tx:
        found = await tx.listings.leads(wanted, limit)
        if not found:
            await require_known_names(tx, chosen, wanted)
        return found


async def _one(chosen: Settings, number: int) -> LeadLine:
    async with view_of(chosen) as tx:
        line = await tx.listings.lead(number)
    if line is None:
        raise NotFound(f"there is no lead {number}")
    return line


def _due_span(
    due: str | None, chosen: Settings, code: str | None, now: datetime
) -> tuple[datetime | None, datetime | None]:
    """The due dates that the filter may let through: (before, from)."""
    if due is None:
        return None, None
    if due == "overdue":
        return now + timedelta(microseconds=1), None
    if due == "warning":
        spans = [location.escalation.reminder or timedelta(0) for location in chosen.locations.values()]
        return now + max(spans, default=timedelta(0)) + timedelta(microseconds=1), now
    location = chosen.locations.get(code or "") or next(iter(chosen.locations.values()))
    zone = ZoneInfo(location.opening_hours.zone)
    today = datetime.combine(now.astimezone(zone).date(), time(), zone)
    return (today + timedelta(days=1)).astimezone(UTC), today.astimezone(UTC)
