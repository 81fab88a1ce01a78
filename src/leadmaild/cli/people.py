"""`leadmaild people`: who works on leads, who gets them now, and why others do not."""

from datetime import datetime
from typing import Any

import click

from leadmaild.cli.output import instant, json_option, print_json, print_table
from leadmaild.cli.session import config_option, run_async, settings, view_of, zone_of
from leadmaild.clock import SystemClock
from leadmaild.config.model import Settings
from leadmaild.distribution.eligible import receiver
from leadmaild.model.snapshot import Roster
from leadmaild.model.user import User

_COLUMNS = ("user", "name", "locations", "groups", "receives_leads", "assignable", "absent_until", "gets_leads", "why")


@click.group()
def people() -> None:
    """Users: flags, groups, absences, who gets leads now."""


@people.command("list")
@json_option
@config_option
def list_(as_json: bool) -> None:
    """List users and who gets leads now, with the reason."""
    chosen, now = settings(), SystemClock().now()
    roster = run_async(_roster(chosen, now))
    rows = [_row(user, chosen, roster, now) for user in roster.users.values()]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, _COLUMNS, "the settings have no users")


async def _roster(chosen: Settings, now: datetime) -> Roster:
    async with view_of(chosen) as tx:
        return await tx.people.roster(chosen.users, chosen.groups, tuple(chosen.locations), now)


def _row(user: User, chosen: Settings, roster: Roster, now: datetime) -> dict[str, Any]:
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
        "receives_leads": user.receives_leads,
        "receives_leads_from": "file" if user.receives_leads == written.receives_leads else "run time",
        "assignable": user.assignable,
        "assignable_from": "file" if user.assignable == written.assignable else "run time",
        "absent_until": instant(absence.end, zone_of(chosen, code)) if absence else None,
        "representative": absence.representative or None if absence else None,
        "gets_leads": any(candidate.eligible for candidate in asked.values()),
        "why": "; ".join(dict.fromkeys(c.why for c in asked.values())) or "belongs to no location",
    }
