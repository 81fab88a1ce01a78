"""`leadmaild audit`: the balance sheet; exit status 1 if something does not add up."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

import click

from leadmaild.cli.main import EX_DIFFERENCE, EX_OK
from leadmaild.cli.options import config_option, json_option
from leadmaild.cli.output import instant, print_result, print_table
from leadmaild.cli.session import database_of, run_async, settings
from leadmaild.clock import SystemClock
from leadmaild.commands.audit import balance_of
from leadmaild.config.model import Settings
from leadmaild.model.balance import Balance


@click.command()
@json_option
@config_option
def audit(as_json: bool) -> None:
    """Draw up the balance: every mail taken in has its outcome, every open lead somebody, every sent mail its row."""
    balance = run_async(_draw_up(settings()))
    print_result(_document(balance, SystemClock().now()), as_json, _print)
    click.get_current_context().exit(EX_DIFFERENCE if balance.differences else EX_OK)


async def _draw_up(chosen: Settings) -> Balance:
    async with database_of(chosen) as database:
        return await balance_of(database, chosen)


def _document(balance: Balance, now: datetime) -> dict[str, Any]:
    counts = balance.counts
    return {
        "at": instant(now),
        "balanced": not balance.differences,
        "accepted": counts.accepted,
        "waiting": counts.waiting,
        "outcomes": dict(sorted(counts.outcomes.items())),
        "leads_open": balance.leads_open,
        "leads_in_pool": balance.in_pool,
        "mails_left": counts.mails_left,
        "differences": [asdict(difference) for difference in balance.differences],
    }


def _print(shown: dict[str, Any]) -> None:
    click.echo(f"accepted   {shown['accepted']}")
    for outcome, count in shown["outcomes"].items():
        click.echo(f"  {outcome:15} {count}")
    click.echo(f"  {'waiting':15} {shown['waiting']}")
    click.echo(f"open leads {shown['leads_open']}, of which in a pool {shown['leads_in_pool']}")
    click.echo(f"mails left {shown['mails_left']}")
    print_table(shown["differences"], ("check", "count", "what", "examples"), "everything adds up")
