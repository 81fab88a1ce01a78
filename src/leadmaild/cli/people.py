"""`leadmaild people`: who works on leads, who gets them now and why others do not; absences and flags."""

from datetime import datetime
from typing import Any

import click

from leadmaild.cli.moments import InstantParameter, in_zone
from leadmaild.cli.options import config_option, json_option, who_option
from leadmaild.cli.output import instant, print_json, print_table
from leadmaild.cli.session import database_of, run_async, settings, view_of, zone_of
from leadmaild.clock import SystemClock
from leadmaild.commands import people as changes
from leadmaild.config.model import Settings
from leadmaild.distribution.eligible import receiver
from leadmaild.model.snapshot import Roster
from leadmaild.model.user import Absence, User

_COLUMNS = ("user", "name", "locations", "groups", "receives_leads", "assignable", "absent_until", "gets_leads", "why")
_YES_NO = click.Choice(["yes", "no"])
_user = click.argument("username", metavar="USER")

Flags = dict[tuple[str, str], bool]


@click.group()
def people() -> None:
    """Users: flags, groups, absences, who gets leads now."""


@people.command("list")
@json_option
@config_option
def list_(as_json: bool) -> None:
    """List users and who gets leads now, with the reason."""
    chosen, now = settings(), SystemClock().now()
    roster, flags = run_async(_roster(chosen, now))
    rows = [_row(user, chosen, roster, flags, now) for user in roster.users.values()]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, _COLUMNS, "the settings have no users")


@people.command()
@_user
@click.option("--from", "start", required=True, type=InstantParameter(), help="The first moment away.")
@click.option("--until", "end", required=True, type=InstantParameter(), help="The moment he is back.")
@click.option("--representative", default="", metavar="USER", help="Who stands in.")
@who_option
@config_option
def absent(username: str, start: datetime, end: datetime, representative: str, who: str) -> None:
    """Enter that a user is away; what is typed without an offset is the clock of his first location."""
    chosen = settings()
    zone = _zone(chosen, username)
    absence = Absence(username, in_zone(start, zone), in_zone(end, zone), representative)
    run_async(_enter(chosen, absence, who))
    click.echo(f"{username} is away from {instant(absence.start, zone)} until {instant(absence.end, zone)}")


@people.command()
@_user
@who_option
@config_option
def present(username: str, who: str) -> None:
    """The user is here: running absences end, planned ones are taken back."""
    count = run_async(_end(settings(), username, who))
    click.echo(f"{username} is present; absences ended: {count}")


@people.command("set")
@_user
@click.option("--receives-leads", type=_YES_NO, help="Takes part in the distribution.")
@click.option("--assignable", type=_YES_NO, help="May be given a lead by hand, or take one from the pool.")
@who_option
@config_option
def set_(username: str, receives_leads: str | None, assignable: str | None, who: str) -> None:
    """Set flags over the file's; they hold until `people reset` or until the file's value changes."""
    given = {"receives_leads": receives_leads, "assignable": assignable}
    flags = {key: value == "yes" for key, value in given.items() if value is not None}
    if not flags:
        raise click.UsageError(
            "give --receives-leads yes|no, --assignable yes|no, or both", click.get_current_context()
        )
    run_async(_set(settings(), username, flags, who))
    click.echo(f"{username}: " + ", ".join(f"{key} {'yes' if value else 'no'}" for key, value in flags.items()))


@people.command()
@_user
@who_option
@config_option
def reset(username: str, who: str) -> None:
    """What the file says about the user holds again."""
    run_async(_reset(settings(), username, who))
    click.echo(f"{username}: as in the file")


def _zone(chosen: Settings, username: str) -> str:
    user = chosen.users.get(username)
    return zone_of(chosen, user.locations[0]) if user and user.locations else "UTC"


async def _enter(chosen: Settings, absence: Absence, who: str) -> None:
    async with database_of(chosen) as database:
        await changes.enter_absence(database, chosen, absence, who, SystemClock().now())


async def _end(chosen: Settings, username: str, who: str) -> int:
    async with database_of(chosen) as database:
        return await changes.end_absences(database, chosen, username, who, SystemClock().now())


async def _set(chosen: Settings, username: str, flags: dict[str, bool], who: str) -> None:
    async with database_of(chosen) as database:
        await changes.set_flags(database, chosen, username, flags, who, SystemClock().now())


async def _reset(chosen: Settings, username: str, who: str) -> None:
    async with database_of(chosen) as database:
        await changes.reset_flags(database, chosen, username, who, SystemClock().now())


async def _roster(chosen: Settings, now: datetime) -> tuple[Roster, Flags]:
    async with view_of(chosen) as tx:
        roster = await tx.people.roster(chosen.users, chosen.groups, tuple(chosen.locations), now)
        return roster, await tx.people.flags_set()


def _row(user: User, chosen: Settings, roster: Roster, flags: Flags, now: datetime) -> dict[str, Any]:
    code = user.locations[0] if user.locations else ""
    home = chosen.locations.get(code)
    absence = roster.absence_of(user.username, now)
    asked = {c: receiver(user, chosen.locations[c], roster, now) for c in user.locations if c in chosen.locations}
    written = chosen.users[user.username]
    return {
        "user": user.username,
        "name": user.shown_as(home.user_name_display) if home else user.username,
        "email": user.email,
        "active": user.active,
        "locations": list(user.locations),
        "groups": [g.name for g in roster.groups if user.username in g.members],
        "supervisor": user.supervisor or None,
        **_flag("receives_leads", user, written, flags),
        **_flag("assignable", user, written, flags),
        "absent_until": instant(absence.end, zone_of(chosen, code)) if absence else None,
        "representative": absence.representative or None if absence else None,
        "gets_leads": any(candidate.eligible for candidate in asked.values()),
        "why": "; ".join(dict.fromkeys(c.why for c in asked.values())) or "belongs to no location",
    }


def _flag(key: str, user: User, written: User, flags: Flags) -> dict[str, Any]:
    """The value in force and where it comes from, beside the file's (R72). What was set at run time is in force as long
    as it is what the user has now and the file has not changed since."""
    value, in_file = getattr(user, key), getattr(written, key)
    is_set = flags.get((user.username, key)) is not None and flags[user.username, key] == value
    return {key: value, f"{key}_from": "run time" if is_set else "file", f"{key}_in_file": in_file}
