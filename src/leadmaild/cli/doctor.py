"""`leadmaild doctor`: looks at everything around the gateway that mail depends on. Sends nothing."""

from dataclasses import asdict

import click

from leadmaild.cli.main import EX_CONFIG, EX_OK, EX_UNAVAILABLE
from leadmaild.cli.options import config_option, json_option
from leadmaild.cli.output import print_json
from leadmaild.cli.session import run_async, settings_or_what_is_left
from leadmaild.doctor.examine import examine
from leadmaild.doctor.finding import Finding, Status
from leadmaild.resolver import Resolver


@click.command()
@json_option
@config_option
def doctor(as_json: bool) -> None:
    """Look at DNS, relays, mailboxes, disk, clock, secrets and database, and say what to do. Sends no mail.

    Exit code 0: nothing failed; 78: the settings are wrong; 69: something else failed.
    """
    chosen, wrong = settings_or_what_is_left()
    findings = run_async(examine(chosen, wrong.problems if wrong else (), Resolver()))
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        _print(findings)
    is_failed = any(finding.status is Status.FAILED for finding in findings)
    click.get_current_context().exit(EX_CONFIG if wrong else EX_UNAVAILABLE if is_failed else EX_OK)


def _print(findings: tuple[Finding, ...]) -> None:
    for found in findings:
        advice = f"; {found.advice}" if found.advice else ""
        line = f"{found.status:<8} {found.check:<9} {found.about}: {found.message}{advice}"
        # What DNS and servers answer must not steer the terminal.
        click.echo("".join(c if c.isprintable() else " " for c in line))
    counts = {status: sum(found.status is status for found in findings) for status in Status}
    click.echo(", ".join(f"{count} {status}" for status, count in counts.items()), err=True)
