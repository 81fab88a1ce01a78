"""`leadmaild migrate`: brings the database to this version."""

import click

from leadmaild.cli.session import config_option, settings
from leadmaild.storage.engine import database_url
from leadmaild.storage.migrate import migrate as bring_up


@click.command()
@config_option
def migrate() -> None:
    """Bring the database to this version (serve does it too)."""
    chosen = settings()
    before, now = bring_up(database_url(chosen.gateway.database, chosen.path.parent))
    click.echo(f"already at {now}" if before == now else f"migrated from {before or 'nothing'} to {now}")
