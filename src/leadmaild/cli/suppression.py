"""`leadmaild suppression`: the addresses that get no automatic mail (AR-24)."""

from typing import Any

import click

from leadmaild.cli.options import config_option, json_option, limit_option
from leadmaild.cli.output import instant, print_json, print_table
from leadmaild.cli.session import database_of, run_async, settings
from leadmaild.clock import SystemClock
from leadmaild.commands.suppression import address_of, list_suppressed, suppress, unsuppress
from leadmaild.config.model import Settings
from leadmaild.model.privacy import Suppressed, SuppressionReason

_COLUMNS = ("digest", "reason", "since")
_BY_HAND = [str(SuppressionReason.OPT_OUT), str(SuppressionReason.COMPLAINT)]
_address = click.argument("address", metavar="ADDR")


@click.group()
def suppression() -> None:
    """Addresses that get no automatic mail. Of each its keyed hash is kept, never the address itself."""


@suppression.command("list")
@click.argument("address", metavar="[ADDR]", required=False)
@limit_option
@json_option
@config_option
def list_(address: str | None, limit: int | None, as_json: bool) -> None:
    """List who is suppressed, newest first; with ADDR whether that address is."""
    wanted = address_of(address) if address else None
    rows = [_row(line) for line in run_async(_list(settings(), wanted, limit))]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, _COLUMNS, "the address is not suppressed" if address else "no address is suppressed")


@suppression.command()
@_address
@click.option("--reason", type=click.Choice(_BY_HAND), default=_BY_HAND[0], show_default=True, help="Why.")
@config_option
def add(address: str, reason: str) -> None:
    """Send an address no automatic mail any more, because its owner asked for it."""
    run_async(_add(settings(), address_of(address), SuppressionReason(reason)))
    click.echo("suppressed")


@suppression.command()
@_address
@config_option
def remove(address: str) -> None:
    """Let an address have automatic mail again."""
    run_async(_remove(settings(), address_of(address)))
    click.echo("removed")


def _row(line: Suppressed) -> dict[str, Any]:
    return {"digest": line.digest, "reason": str(line.reason), "since": instant(line.since)}


async def _list(chosen: Settings, address: str | None, limit: int | None) -> tuple[Suppressed, ...]:
    from leadmaild.foundation import view_world

    async with database_of(chosen) as database:
        key = (await view_world(chosen, database)).suppression_key
        return await list_suppressed(database, key, address, limit)


async def _add(chosen: Settings, address: str, reason: SuppressionReason) -> None:
    from leadmaild.foundation import Outside, load_world

    async with database_of(chosen) as database:
        key = (await load_world(chosen, database, Outside())).suppression_key
        await suppress(database, key, address, reason, SystemClock().now())


async def _remove(chosen: Settings, address: str) -> None:
    from leadmaild.foundation import Outside, load_world

    async with database_of(chosen) as database:
        await unsuppress(database, (await load_world(chosen, database, Outside())).suppression_key, address)
