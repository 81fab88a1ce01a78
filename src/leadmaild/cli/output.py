"""How commands print: one JSON document and nothing else, or a table for people."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import click


def print_json(value: object) -> None:
    """Print `value` as one JSON document."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


def instant(at: datetime | None, zone: str = "UTC") -> str | None:
    """RFC 3339 with the offset of the zone; None stays None."""
    return None if at is None else at.astimezone(ZoneInfo(zone)).isoformat(timespec="seconds")


def money(amount: Decimal) -> int | float:
    """A JSON number for an amount: whole where it is whole."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def print_table(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], empty: str) -> None:
    """Print rows as an aligned table for people; `empty` says what it means that there are none."""
    shown = [[_cell(row.get(column)) for column in columns] for row in rows]
    if not shown:
        click.echo(empty)
        return
    widths = [max(len(head), *(len(line[i]) for line in shown)) for i, head in enumerate(columns)]
    click.echo("  ".join(head.ljust(width) for head, width in zip(columns, widths, strict=True)).rstrip())
    for line in shown:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def print_fields(fields: Mapping[str, Any], indent: str = "") -> None:
    """Print a record as `name: value` lines for people, nested records indented."""
    for name, value in fields.items():
        if isinstance(value, Mapping):
            click.echo(f"{indent}{name}:")
            print_fields(value, indent + "  ")
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            click.echo(f"{indent}{name}:")
            for entry in value:
                click.echo(f"{indent}  - " + ", ".join(f"{k}: {_cell(v)}" for k, v in entry.items() if v is not None))
        else:
            click.echo(f"{indent}{name}: {_cell(value)}")


def print_result(value: Any, as_json: bool, for_people: Callable[[Any], None] = print_fields) -> None:
    """Print `value` as JSON or by `for_people`."""
    if as_json:
        print_json(value)
    else:
        for_people(value)


def _cell(value: Any) -> str:
    if value is None or value == []:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(_cell(v) for v in value)
    # What came by mail must not steer the terminal.
    return "".join(c if c.isprintable() else " " for c in str(value))


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return money(value)
    return str(value)
