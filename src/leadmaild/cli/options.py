"""The options that many commands share, each said once."""

import getpass
from pathlib import Path

import click


def _remember(ctx: click.Context, _parameter: click.Parameter, value: Path | None) -> None:
    if value is not None:
        ctx.find_root().obj = value


# `-c` is understood before and after the command's name, also where no settings are needed.
config_option = click.option(
    "-c",
    "--config",
    type=click.Path(path_type=Path),
    callback=_remember,
    expose_value=False,
    help="The settings file (default: $LEADMAILD_CONFIG, then the usual places).",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
limit_option = click.option("--limit", type=click.IntRange(min=1), help="Print at most N rows.")
who_option = click.option("--by", "who", default=getpass.getuser, show_default="you", help="Who does it.")
