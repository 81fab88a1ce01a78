"""`leadmaild leads create|assign|claim|...`: what people do to leads. Registered in leads.py."""

import sys
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from leadmaild.cli.lead_view import contact_row, detail
from leadmaild.cli.moments import InstantParameter, in_zone
from leadmaild.cli.options import config_option, json_option
from leadmaild.cli.output import print_json, print_result
from leadmaild.cli.session import database_of, run_async, settings, zone_of
from leadmaild.clock import SystemClock
from leadmaild.commands import leads as by_hand
from leadmaild.commands import reactions
from leadmaild.config.model import Settings
from leadmaild.errors import NotFound
from leadmaild.model.listing import LeadLine
from leadmaild.ports.stores import Database
from leadmaild.reading.definitions import BUILT_IN, SourceSet
from leadmaild.reading.sources_folder import load_sources

by_option = click.option("--by", required=True, metavar="USER", help="The user who does it.")
_number = click.argument("number", metavar="N", type=int)

Work = Callable[[Database, Settings, datetime], Awaitable[Any]]


def _on_lead(number: int, work: Work, done: str, as_json: bool) -> None:
    """Run a command on a lead, then show it: as JSON in full, for people in one line."""
    chosen = settings()
    line = run_async(_run(chosen, number, work))
    if as_json:
        print_json(detail(line, chosen, SystemClock().now()))
    else:
        click.echo(f"lead {number}: {done}")


async def _run(chosen: Settings, number: int, work: Work) -> LeadLine:
    async with database_of(chosen) as database:
        await work(database, chosen, SystemClock().now())
        return await _line(database, number)


async def _line(database: Any, number: int) -> LeadLine:
    async with database.view() as tx:
        line: LeadLine | None = await tx.listings.lead(number)
    if line is None:
        raise NotFound(f"there is no lead {number}")
    return line


def mail_sources(chosen: Settings) -> frozenset[str]:
    """The ids that mail may have as its source: enabled definitions, and what is read without one."""
    return frozenset({*BUILT_IN, *(definition.id for definition in definitions(chosen).enabled)})


def definitions(chosen: Settings) -> SourceSet:
    """The source definitions in force by these settings, disabled ones among them. Raises ConfigError."""
    return load_sources(chosen.source_folders)


@click.command()
@click.option("--contact", required=True, metavar="ID|EMAIL", help="The contact, made before with `contacts create`.")
@click.option("--source", required=True, help="One of the location's manual_sources, or a source of mail.")
@click.option("--subject", required=True, help="What it is about.")
@click.option("--note", default="", help="Kept with the lead, never mailed.")
@click.option("--follow-up", type=InstantParameter(), help="When the assignee wants to see it again.")
@click.option("--assignee", default="", metavar="USER", help="Who is responsible (default: --by).")
@click.option("--client-key", default="", metavar="KEY", help="A retry with the same key makes no second lead.")
@click.option("--location", default="", metavar="CODE", help="Where the address is known at several locations.")
@by_option
@json_option
@config_option
def create(
    contact: str,
    source: str,
    subject: str,
    note: str,
    follow_up: datetime | None,
    assignee: str,
    client_key: str,
    location: str,
    by: str,
    as_json: bool,
) -> None:
    """Make a lead by hand; shows the contact for a check and the lead."""
    chosen = settings()
    new = by_hand.NewLead(contact, source, subject, note, follow_up, assignee, client_key, location)
    created, line = run_async(_create(chosen, new, by))
    shown = {
        "contact": contact_row(created.contact),
        "lead": detail(line, chosen, SystemClock().now()),
        "created": created.is_new,
    }
    print_result(shown, as_json)


async def _create(chosen: Settings, new: by_hand.NewLead, by: str) -> tuple[by_hand.CreatedLead, LeadLine]:
    async with database_of(chosen) as database:
        created = await by_hand.create_lead(database, chosen, new, mail_sources(chosen), by, SystemClock().now())
        return created, await _line(database, created.number)


@click.command()
@_number
@click.option("--to", required=True, metavar="USER", help="The new assignee.")
@by_option
@json_option
@config_option
def assign(number: int, to: str, by: str, as_json: bool) -> None:
    """Give a lead to another user, who is told."""
    _on_lead(number, lambda db, chosen, now: by_hand.assign_lead(db, chosen, number, to, by, now),
             f"given to {to}", as_json)  # fmt: skip


@click.command()
@_number
@by_option
@json_option
@config_option
def claim(number: int, by: str, as_json: bool) -> None:
    """Take a lead out of the pool."""
    _on_lead(number, lambda db, chosen, now: by_hand.claim_lead(db, chosen, number, by, now),
             f"taken by {by}", as_json)  # fmt: skip


@click.command()
@_number
@by_option
@json_option
@config_option
def release(number: int, by: str, as_json: bool) -> None:
    """Give a lead back to the pool; it keeps its age."""
    _on_lead(number, lambda db, chosen, now: by_hand.release_lead(db, chosen, number, by, now),
             "back in the pool", as_json)  # fmt: skip


@click.command()
@_number
@click.option("--text", required=True, help="The note.")
@click.option("--due", type=InstantParameter(), help="The new due date; needed unless the lead is closed.")
@by_option
@json_option
@config_option
def note(number: int, text: str, due: datetime | None, by: str, as_json: bool) -> None:
    """Add a note with the new due date."""

    async def work(db: Database, chosen: Settings, now: datetime) -> None:
        due_at = await _at_the_lead(db, chosen, number, due)
        await reactions.note_on_lead(db, chosen, number, text, due_at, by, now)

    _on_lead(number, work, "noted", as_json)


@click.command()
@_number
@click.option("--text", default="", help="What was said.")
@by_option
@json_option
@config_option
def call(number: int, text: str, by: str, as_json: bool) -> None:
    """Log a call with the customer."""
    _on_lead(number, lambda db, chosen, now: reactions.call_on_lead(db, chosen, number, text, by, now),
             "call logged", as_json)  # fmt: skip


@click.command()
@_number
@click.option("--text", required=True, metavar="FILE|-", type=click.Path(allow_dash=True, path_type=Path),
              help="The text of the mail, or - for standard input.")  # fmt: skip
@click.option("--attach", default="", metavar="expose|FILE", help="The vehicle's exposé, or a file.")
@by_option
@json_option
@config_option
def answer(number: int, text: Path, attach: str, by: str, as_json: bool) -> None:
    """Send the customer a mail from the location's mailbox."""
    words, attachment = _text_of(text), _attachment(attach)
    _on_lead(number, lambda db, chosen, now: reactions.answer_lead(db, chosen, number, words, attachment, by, now),
             "answer queued", as_json)  # fmt: skip


@click.command("follow-up")
@_number
@click.option("--at", required=True, type=InstantParameter(), help="When the assignee wants to see it again.")
@by_option
@json_option
@config_option
def follow_up(number: int, at: datetime, by: str, as_json: bool) -> None:
    """Set the follow-up date; one that has not come is replaced."""

    async def work(db: Database, chosen: Settings, now: datetime) -> None:
        moment = await _at_the_lead(db, chosen, number, at)
        assert moment is not None  # noqa: S101  # it was given
        await reactions.follow_up_lead(db, chosen, number, moment, by, now)

    _on_lead(number, work, "follow-up set", as_json)


@click.command()
@_number
@click.option("--reason", default="", metavar="KEY", help="The completion reason; there must be one.")
@by_option
@json_option
@config_option
def close(number: int, reason: str, by: str, as_json: bool) -> None:
    """Close a lead for a completion reason."""
    _on_lead(number, lambda db, chosen, now: reactions.close_lead(db, chosen, number, reason, by, now),
             f"closed ({reason})", as_json)  # fmt: skip


@click.command()
@_number
@by_option
@json_option
@config_option
def reopen(number: int, by: str, as_json: bool) -> None:
    """Open a closed lead again."""
    _on_lead(number, lambda db, chosen, now: reactions.reopen_lead(db, chosen, number, by, now),
             "open again", as_json)  # fmt: skip


@click.command()
@_number
@click.argument("fields", metavar="FIELD=VALUE...", nargs=-1, required=True)
@by_option
@json_option
@config_option
def edit(number: int, fields: tuple[str, ...], by: str, as_json: bool) -> None:
    """Change subject, source, type, stock_number or needs_review; old values stay in the activities."""
    values = named_values(fields)
    _on_lead(
        number,
        lambda db, chosen, now: by_hand.edit_lead(db, chosen, number, values, mail_sources(chosen), by, now),
        "changed",
        as_json,
    )


def named_values(fields: tuple[str, ...]) -> dict[str, str]:
    """The FIELD=VALUE arguments as a mapping; a usage error says what would be right."""
    pairs = [field.partition("=") for field in fields]
    if wrong := next((name for name, equals, _value in pairs if not equals or not name), None):
        raise click.UsageError(f'write it like FIELD=VALUE, not "{wrong}"', click.get_current_context())
    return {name: value for name, _equals, value in pairs}


async def _at_the_lead(database: Any, chosen: Settings, number: int, at: datetime | None) -> datetime | None:
    """The UTC instant; without an offset it is what the clock at the lead's location shows."""
    return None if at is None else in_zone(at, zone_of(chosen, (await _line(database, number)).location))


def _text_of(file: Path) -> str:
    if str(file) == "-":
        return sys.stdin.read()
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        why = problem.strerror if isinstance(problem, OSError) else "it is no UTF-8 text"
        raise click.UsageError(f"cannot read {file}: {why}", click.get_current_context()) from problem


def _attachment(attach: str) -> str:
    if attach in ("", "expose"):
        return attach
    file = Path(attach).absolute()
    if not file.is_file():
        raise click.UsageError(f"there is no file {attach} to attach", click.get_current_context())
    return str(file)


COMMANDS = (create, assign, claim, release, note, call, answer, follow_up, close, reopen, edit)
