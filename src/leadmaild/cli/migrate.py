"""`leadmaild migrate`: brings the database to this version, or moves everything to another one."""

import sys

import click
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from leadmaild.cli.options import config_option, json_option
from leadmaild.cli.output import print_json
from leadmaild.cli.session import require_database, settings
from leadmaild.storage.engine import database_url
from leadmaild.storage.migrate import migrate as bring_up


@click.command()
@click.option("--to", "target", metavar="URL", help="Move everything to this database, which must be empty.")
@json_option
@config_option
def migrate(target: str | None, as_json: bool) -> None:
    """Bring the database to this version (serve does it too); with --to copy all of it to another database."""
    chosen = settings()
    source = database_url(chosen.gateway.database, chosen.path.parent)
    if target is None:
        before, now = bring_up(source)
        shown: dict[str, object] = {"before": before, "now": now}
        said = f"already at {now}" if before == now else f"migrated from {before or 'nothing'} to {now}"
    else:
        to = database_url(_checked(target), chosen.path.parent)
        require_database(chosen)
        rows = _move(source, to)
        shown = {"rows": rows}
        said = f"copied {sum(rows.values())} rows of {len(rows)} tables, and compared them; the source is as it was.\n"
        said += f'Now set gateway.database = "{target}" and start the daemon.'
    if as_json:
        print_json(shown)
    else:
        click.echo(said)


def _checked(target: str) -> str:
    """The URL as the settings would take it. Raises UsageError."""
    context = click.get_current_context()
    try:
        url = make_url(target)
    except (ArgumentError, ValueError):
        url = None
    if url is None or url.get_backend_name() not in ("sqlite", "postgresql") or not url.database:
        known = '"sqlite:///leadmaild.db" or "postgresql://user@host/database"'
        raise click.UsageError(f"--to is not a database URL; write {known}", context)
    if url.password:
        raise click.UsageError("--to holds a password, which others can see here; use a password file", context)
    return target


def _move(source: URL, target: URL) -> dict[str, int]:
    from leadmaild.storage.copy import copy_database

    with click.progressbar(length=1, label="rows", file=sys.stderr, hidden=not sys.stderr.isatty()) as progress:

        def told(what: str, done: int, of: int) -> None:
            progress.label, progress.length = what, max(of, 1)
            progress.update(done - progress.pos)

        return copy_database(source, target, told).rows
