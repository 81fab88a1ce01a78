"""`leadmaild distribution`: who takes turns, whose turn it is, what is odd, and what-if (R72-R79)."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import click

from leadmaild.cli.options import config_option, json_option
from leadmaild.cli.output import print_json, print_result, print_table
from leadmaild.cli.session import run_async, settings, view_of
from leadmaild.clock import SystemClock
from leadmaild.config.model import Settings
from leadmaild.distribution import pool
from leadmaild.distribution.groups import grouped_users
from leadmaild.distribution.rolling import order_of, take_turn
from leadmaild.distribution.simulation import simulate as simulated
from leadmaild.distribution.warnings import warnings_of
from leadmaild.errors import NotFound
from leadmaild.model.location import Location
from leadmaild.model.snapshot import Roster, TurnKey
from leadmaild.model.user import Absence, Group, User


@click.group()
def distribution() -> None:
    """Who gets new leads."""


@distribution.command()
@click.option("--location", "code", metavar="CODE", help="Only this location.")
@json_option
@config_option
def show(code: str | None, as_json: bool) -> None:
    """Show who takes turns, whose turn it is, and what is odd."""
    chosen, now = settings(), SystemClock().now()
    locations = [chosen.location(code)] if code else list(chosen.locations.values())
    roster = run_async(_roster(chosen, now))
    rows = [_location(location, roster, now) for location in locations]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        click.echo(f"{row['location']}: fallback {row['fallback_user'] or '-'}, admin {row['admin_user'] or '-'}, "
                   f"pool {row['pool'] or '-'}")  # fmt: skip
        for turn in row["turns"]:
            click.echo(f"  {turn['group'] or 'general turn'}: next {turn['next'] or 'nobody'}")
            print_table([{"": "   ", **member} for member in turn["order"]], ("", "user", "gets_leads", "why"), "    -")
        for warning in row["warnings"]:
            click.echo(f"  warning: {warning['path']}: {warning['message']}")


@distribution.command()
@click.option("--location", "code", required=True, metavar="CODE", help="Where the leads come in.")
@click.option("--count", required=True, type=click.IntRange(1, 100_000), help="How many.")
@click.option("--absent", multiple=True, metavar="USER", help="As if this user were away; may be given several times.")
@json_option
@config_option
def simulate(code: str, count: int, absent: tuple[str, ...], as_json: bool) -> None:
    """Give out N leads on paper: leads per seller, longest gap, last resorts; writes nothing."""
    chosen, now = settings(), SystemClock().now()
    location = chosen.location(code)
    if unknown := [name for name in absent if name not in chosen.users]:
        raise NotFound(f'there is no user "{unknown[0]}"')
    away = tuple(Absence(name, now, now + timedelta(days=1)) for name in absent)
    roster = run_async(_roster(chosen, now))
    result = simulated(location, replace(roster, absences=(*roster.absences, *away)), count, now)
    shown = {
        "location": code,
        "count": count,
        "leads": {name: share.leads for name, share in result.shares.items()},
        "longest_gap": {name: share.longest_gap for name, share in result.shares.items()},
        "fallback_hits": result.last_resorts,
    }
    print_result(shown, as_json)


async def _roster(chosen: Settings, now: datetime) -> Roster:
    async with view_of(chosen) as tx:
        return await tx.people.roster(chosen.users, chosen.groups, tuple(chosen.locations), now)


def _location(location: Location, roster: Roster, now: datetime) -> dict[str, Any]:
    groups = roster.groups_of(location.code)
    grouped = grouped_users(groups)
    general = [u for u in roster.members_of(location.code) if u.username not in grouped]
    if (account := pool.pool_user(location, roster)) is not None and account not in general:
        general.append(account)
    turns = [_turn(location, "", general, roster, now)] if general or not groups else []
    return {
        "location": location.code,
        "fallback_user": location.fallback_user or None,
        "admin_user": location.admin_user or None,
        "pool": location.pool.user if location.pool else None,
        "turns": [*turns, *(_turn(location, g.name, _members(g, roster), roster, now) for g in groups)],
        "warnings": [{"path": p.path, "message": p.message} for p in warnings_of(location, roster)],
    }


def _members(group: Group, roster: Roster) -> list[User]:
    return [user for name in group.members if (user := roster.user(name)) is not None]


def _turn(location: Location, group: str, people: list[User], roster: Roster, now: datetime) -> dict[str, Any]:
    asked = {user.username: pool.member(user, location, roster, now) for user in people}
    takes_turns = [u.username for u in people if u.receives_leads or pool.is_pool_user(u.username, location)]
    order = order_of(takes_turns, roster.turns.get(TurnKey(location.code, group), ()))
    following = take_turn(order, lambda name: asked[name].eligible)
    others = [name for name in asked if name not in order]
    return {
        "group": group or None,
        "next": following.taker if following else None,
        "order": [
            {"user": name, "gets_leads": asked[name].eligible, "why": asked[name].why} for name in (*order, *others)
        ],
    }
