"""`leadmaild stock`: the dealer's vehicles, to which enquiries are matched."""

import sys
from pathlib import Path
from typing import Any

import click

from leadmaild.cli.filters import require_name
from leadmaild.cli.options import config_option, json_option, limit_option
from leadmaild.cli.output import money, print_json, print_result, print_table
from leadmaild.cli.session import database_of, run_async, settings, view_of
from leadmaild.clock import SystemClock
from leadmaild.commands.stock import Imported, import_stock
from leadmaild.commands.stock_csv import BadLine, StockFile, read_stock
from leadmaild.config.model import Settings
from leadmaild.errors import NotFound, Refused
from leadmaild.model.vehicle import StockVehicle

_COLUMNS = ("internal_number", "make", "model", "condition", "location", "price", "vin", "ad_ids")
_SHOWN_BAD_LINES = 20


@click.group()
def stock() -> None:
    """Vehicles in stock: a copy of the dealer's export."""


@stock.command("import")
@click.argument("file", metavar="FILE.csv", type=click.Path(path_type=Path))
@click.option("--location", "code", metavar="CODE", help="Where vehicles stand for which the file names no place.")
@click.option("--skip-bad", is_flag=True, help="Leave lines out that are wrong instead of refusing the file.")
@json_option
@config_option
def import_(file: Path, code: str | None, skip_bad: bool, as_json: bool) -> None:
    """Take over a stock list; vehicles of its locations that are not in it are gone."""
    chosen = settings()
    if code:
        chosen.location(code)
    read = read_stock(_content(file), {c: location.name for c, location in chosen.locations.items()}, code or "")
    if read.bad_lines and not skip_bad:
        raise Refused(f"{file}: {_summary(read.bad_lines)}")
    for bad in read.bad_lines[:_SHOWN_BAD_LINES]:
        click.echo(f"left out, {bad}", err=True)
    imported = run_async(_import(chosen, read))
    shown = {
        "imported": imported.written,
        "removed": imported.removed,
        "left_out": len(read.bad_lines),
        "unknown_columns": list(read.unknown_columns),
    }
    print_result(shown, as_json)


@stock.command("list")
@click.option("--location", metavar="CODE", help="Only of this location.")
@click.option("--search", metavar="TEXT", help="Text in number, make, model or VIN.")
@limit_option
@json_option
@config_option
def list_(location: str | None, search: str | None, limit: int | None, as_json: bool) -> None:
    """List vehicles by internal number."""
    rows = [_row(vehicle) for vehicle in run_async(_list(settings(), location, search, limit))]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, _COLUMNS, "no vehicles; take them over with `leadmaild stock import`")


@stock.command()
@click.argument("number", metavar="NUMBER")
@json_option
@config_option
def show(number: str, as_json: bool) -> None:
    """Show one vehicle by its internal number."""
    row = _row(run_async(_one(settings(), number)))
    print_result(row, as_json)


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as problem:
        raise click.UsageError(f"cannot read {file}: {problem.strerror}", click.get_current_context()) from problem


def _summary(bad_lines: tuple[BadLine, ...]) -> str:
    told = "; ".join(str(bad) for bad in bad_lines[:_SHOWN_BAD_LINES])
    more = len(bad_lines) - _SHOWN_BAD_LINES
    return told + (f"; and {more} more" if more > 0 else "") + " (nothing was taken over; --skip-bad leaves them out)"


async def _import(chosen: Settings, read: StockFile) -> Imported:
    now = SystemClock().now()
    async with database_of(chosen) as database:
        with click.progressbar(
            length=len(read.vehicles), label="vehicles", file=sys.stderr, hidden=not sys.stderr.isatty()
        ) as progress:
            return await import_stock(database, read.vehicles, now, progress.update)


async def _list(
    chosen: Settings, location: str | None, search: str | None, limit: int | None
) -> tuple[StockVehicle, ...]:
    async with view_of(chosen) as tx:
        found = await tx.stock.listed(location=location, text=search, limit=limit)
        if not found and location is not None and not await tx.stock.listed(location=location, limit=1):
            require_name("location", location, chosen.locations)
        return found


async def _one(chosen: Settings, number: str) -> StockVehicle:
    async with view_of(chosen) as tx:
        vehicle = await tx.stock.by_number(number)
    if vehicle is None:
        raise NotFound(f'there is no vehicle "{number}" in stock')
    return vehicle


def _row(vehicle: StockVehicle) -> dict[str, Any]:
    return {
        "internal_number": vehicle.internal_number,
        "vin": vehicle.vin or None,
        "ad_ids": list(vehicle.ad_ids),
        "make": vehicle.make,
        "model": vehicle.model,
        "condition": vehicle.condition or None,
        "location": vehicle.location or None,
        "price": money(vehicle.price) if vehicle.price is not None else None,
        "url": vehicle.url or None,
    }
