"""`leadmaild serve`: the daemon."""

from pathlib import Path

import click

from leadmaild.cli.options import config_option
from leadmaild.cli.session import run_async, settings
from leadmaild.config.example import dev_settings
from leadmaild.config.model import Settings
from leadmaild.loading import loading
from leadmaild.maillog import configure_logging


@click.command()
@click.option("--dev", is_flag=True, help="Example dealer, SQLite and outgoing mail in ./var, SMTP on 127.0.0.1:2525.")
@config_option
@click.pass_context
def serve(ctx: click.Context, dev: bool) -> None:
    """Run the gateway until it is told to stop (SIGTERM, Ctrl-C)."""
    if dev and ctx.find_root().obj is not None:
        raise click.UsageError("--dev has settings of its own, in ./var/leadmaild.toml; leave -c away", ctx)
    chosen = dev_settings(Path("var").absolute()) if dev else settings()
    configure_logging(chosen.log.format, chosen.log.level)
    if dev:
        _greet(chosen)
    # The daemon's rooms are imported only here: other commands start without them.
    with loading():
        from leadmaild.daemon import serve as run
    run_async(run(chosen))


def _greet(chosen: Settings) -> None:
    mailboxes = ", ".join(location.mailbox for location in chosen.locations.values() if location.mailbox)
    click.echo(f"The example dealer takes mail for {mailboxes} by SMTP at {', '.join(map(str, chosen.smtp.listen))}.")
    click.echo(f"Settings: {chosen.path}   Mail that leaves: {chosen.outbound[0].files}/*.eml   Stop: Ctrl-C")
    click.echo(f"Health and metrics: http://{chosen.http.listen}/health and /metrics")
    click.echo("In another terminal: make sample, or .venv/bin/leadmaild leads list")
