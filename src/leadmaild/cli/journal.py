"""`leadmaild journal`: the mails taken in, and what became of each."""

import sys
from typing import Any

import click

from leadmaild.cli.options import config_option, json_option, limit_option
from leadmaild.cli.output import instant, print_json, print_result, print_table
from leadmaild.cli.session import database_of, run_async, settings, view_of, zone_of
from leadmaild.clock import SystemClock
from leadmaild.commands.journal import discard_mail, reprocess_mails
from leadmaild.config.model import Settings
from leadmaild.errors import NotFound
from leadmaild.model.lead import Outcome
from leadmaild.model.listing import JournalLine

_COLUMNS = ("id", "received_at", "mailbox", "from", "subject", "outcome", "reason", "lead")


@click.group()
def journal() -> None:
    """Mails taken in, and what became of each."""


@journal.command("list")
@click.option("--outcome", type=click.Choice([*(str(o) for o in Outcome), "waiting"]), help="Only this outcome.")
@limit_option
@json_option
@config_option
def list_(outcome: str | None, limit: int | None, as_json: bool) -> None:
    """List mails taken in, newest first."""
    chosen = settings()
    rows = [_row(line, chosen) for line in run_async(_list(chosen, outcome, limit))]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, _COLUMNS, "no mail has come in yet" if outcome is None else "no mail with that outcome")


@journal.command()
@click.argument("journal_id", metavar="ID", type=int)
@json_option
@config_option
def show(journal_id: int, as_json: bool) -> None:
    """Show one mail with every rule that was asked about it."""
    chosen = settings()
    line = run_async(_entry(chosen, journal_id))
    row = _row(line, chosen) | {
        "message_id": line.message_id,
        "location": line.location,
        "channel": line.channel,
        "source": line.source,
        "last_error": line.last_error,
        "sender": line.sender_verdict,
        "sender_evidence": list(line.evidence),
        "rules": [dict(rule) for rule in line.trace],
    }
    print_result(row, as_json)


@journal.command()
@click.argument("journal_id", metavar="ID", type=int)
@config_option
def export(journal_id: int) -> None:
    """Write the mail to standard output as it came in, byte for byte."""
    raw = run_async(_raw(settings(), journal_id))
    sys.stdout.buffer.write(raw)
    sys.stdout.buffer.flush()


@journal.command()
@click.argument("journal_ids", metavar="ID...", type=int, nargs=-1, required=True)
@config_option
def reprocess(journal_ids: tuple[int, ...]) -> None:
    """Read mails again, by today's rules and settings: those that were set aside, or became the wrong thing."""
    run_async(_reprocess(settings(), journal_ids))
    click.echo(f"{len(journal_ids)} to be read again")


@journal.command()
@click.argument("journal_id", metavar="ID", type=int)
@click.option("--why", required=True, help="The reason, kept with the mail.")
@config_option
def discard(journal_id: int, why: str) -> None:
    """Let nothing come of a mail that waits or was set aside."""
    run_async(_discard(settings(), journal_id, why))
    click.echo(f"{journal_id} discarded")


async def _reprocess(chosen: Settings, journal_ids: tuple[int, ...]) -> None:
    async with database_of(chosen) as database:
        await reprocess_mails(database, journal_ids, SystemClock().now())


async def _discard(chosen: Settings, journal_id: int, why: str) -> None:
    async with database_of(chosen) as database:
        await discard_mail(database, journal_id, why, SystemClock().now())


async def _list(chosen: Settings, outcome: str | None, limit: int | None) -> tuple[JournalLine, ...]:
    async with view_of(chosen) as tx:
        return await tx.listings.journal(outcome=outcome, limit=limit)


async def _entry(chosen: Settings, journal_id: int) -> JournalLine:
    async with view_of(chosen) as tx:
        line = await tx.listings.journal_entry(journal_id)
    if line is None:
        raise NotFound(f"there is no mail {journal_id} in the journal")
    return line


async def _raw(chosen: Settings, journal_id: int) -> bytes:
    async with view_of(chosen) as tx:
        entry = await tx.journal.content_of(journal_id)
    if entry is None:
        raise NotFound(f"there is no mail {journal_id} in the journal")
    return entry.content


def _row(line: JournalLine, chosen: Settings) -> dict[str, Any]:
    return {
        "id": line.id,
        "received_at": instant(line.received_at, zone_of(chosen, line.location)),
        "mailbox": line.mailbox,
        "from": line.from_address,
        "subject": line.subject,
        "outcome": line.outcome,
        "reason": line.reason,
        "lead": line.lead,
        "attempts": line.attempts,
    }
