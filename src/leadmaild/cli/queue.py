"""`leadmaild queue`: the mails that leave."""

import sys
from typing import Any

import click

from leadmaild.cli.options import config_option, json_option, limit_option
from leadmaild.cli.output import instant, print_json, print_result, print_table
from leadmaild.cli.session import database_of, run_async, settings, view_of, zone_of
from leadmaild.clock import SystemClock
from leadmaild.commands.queue import cancel_mail, retry_mails
from leadmaild.config.model import Settings
from leadmaild.errors import NotFound
from leadmaild.model.listing import QueueLine
from leadmaild.model.outgoing import OutboxState

_COLUMNS = ("id", "kind", "lead", "to", "state", "not_before", "attempts", "last_reply", "subject")


@click.group()
def queue() -> None:
    """Outgoing mail."""


@queue.command("list")
@click.option("--state", "states", multiple=True, type=click.Choice([str(s) for s in OutboxState]), help="Only these.")
@click.option("--lead", "number", type=int, help="Only of this lead.")
@limit_option
@json_option
@config_option
def list_(states: tuple[str, ...], number: int | None, limit: int | None, as_json: bool) -> None:
    """List outgoing mail, newest first."""
    chosen = settings()
    lines = run_async(_list(chosen, states, number, limit))
    rows = [_row(line, chosen) for line in lines]
    if as_json:
        print_json(rows)
    else:
        # Whom a held notice goes to is looked up when it leaves: until then people read the role.
        for_people = [row | {"to": row["to"] or f"({line.recipient})"} for row, line in zip(rows, lines, strict=True)]
        print_table(for_people, _COLUMNS, "no mail is queued or was sent")


@queue.command()
@click.argument("queue_id", metavar="ID", type=int)
@click.option("--raw", is_flag=True, help="Write the mail itself to standard output.")
@json_option
@config_option
def show(queue_id: int, raw: bool, as_json: bool) -> None:
    """Show one outgoing mail."""
    chosen = settings()
    line = run_async(_item(chosen, queue_id))
    if raw:
        if line.raw is None:
            raise NotFound(f"mail {queue_id} is not composed yet: it is {line.state}")
        sys.stdout.buffer.write(line.raw)
        sys.stdout.buffer.flush()
        return
    shown = _row(line, chosen) | {
        "location": line.location,
        "journal_id": line.journal_id,
        "recipient": line.recipient,
        "sent_at": instant(line.sent_at, zone_of(chosen, line.location)),
        "results": [{"recipient": address, **result} for address, result in line.results.items()],
    }
    print_result(shown, as_json)


@queue.command()
@click.argument("queue_ids", metavar="ID...", type=int, nargs=-1, required=True)
@config_option
def retry(queue_ids: tuple[int, ...]) -> None:
    """Send failed, deferred or doubtful mails again, with the same Message-ID."""
    chosen = settings()
    run_async(_retry(chosen, queue_ids))
    click.echo(f"{len(queue_ids)} queued again")


@queue.command()
@click.argument("queue_id", metavar="ID", type=int)
@click.option("--why", required=True, help="The reason, kept with the mail.")
@config_option
def cancel(queue_id: int, why: str) -> None:
    """Keep a waiting mail from leaving."""
    run_async(_cancel(settings(), queue_id, why))
    click.echo(f"{queue_id} cancelled")


async def _list(
    chosen: Settings, states: tuple[str, ...], number: int | None, limit: int | None
) -> tuple[QueueLine, ...]:
    async with view_of(chosen) as tx:
        found = await tx.listings.queue(states=states, number=number, limit=limit)
        if not found and number is not None and await tx.listings.lead(number) is None:
            raise NotFound(f"there is no lead {number}")
        return found


async def _item(chosen: Settings, queue_id: int) -> QueueLine:
    async with view_of(chosen) as tx:
        line = await tx.listings.queue_item(queue_id)
    if line is None:
        raise NotFound(f"there is no mail {queue_id} in the queue")
    return line


async def _retry(chosen: Settings, queue_ids: tuple[int, ...]) -> None:
    async with database_of(chosen) as database:
        await retry_mails(database, queue_ids, SystemClock().now())


async def _cancel(chosen: Settings, queue_id: int, why: str) -> None:
    async with database_of(chosen) as database:
        await cancel_mail(database, queue_id, why)


def _row(line: QueueLine, chosen: Settings) -> dict[str, Any]:
    return {
        "id": line.id,
        "kind": line.kind,
        "lead": line.lead,
        "to": list(line.to),
        "state": line.state,
        "why": line.why or None,
        "not_before": instant(line.not_before, zone_of(chosen, line.location)),
        "attempts": line.attempts,
        "last_reply": line.last_reply,
        "message_id": line.message_id,
        "subject": line.subject,
    }
