"""`leadmaild settings`: what was changed in the settings, by whom, when (R183)."""

from typing import Any

import click

from leadmaild.cli.options import config_option, json_option, limit_option
from leadmaild.cli.output import instant, print_json, print_table
from leadmaild.cli.session import run_async, view_of, zone_of
from leadmaild.cli.session import settings as chosen_settings
from leadmaild.config.model import Settings
from leadmaild.model.listing import SettingLine


@click.group()
def settings() -> None:
    """The settings in force; `check-config` checks them."""


@settings.command()
@limit_option
@json_option
@config_option
def log(limit: int | None, as_json: bool) -> None:
    """List what was changed, newest first; secrets are masked."""
    chosen = chosen_settings()
    rows = [_row(line, chosen) for line in run_async(_list(chosen, limit))]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, ("at", "who", "location", "key", "old", "new"), "nothing was changed yet")


async def _list(chosen: Settings, limit: int | None) -> tuple[SettingLine, ...]:
    async with view_of(chosen) as tx:
        return await tx.listings.settings_log(limit)


def _row(line: SettingLine, chosen: Settings) -> dict[str, Any]:
    return {
        "at": instant(line.at, zone_of(chosen, line.location)),
        "who": line.who,
        "location": line.location or None,
        "key": line.key,
        "old": line.old,
        "new": line.new,
    }
