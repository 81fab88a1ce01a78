"""`leadmaild gdpr`: what is kept about a person, its erasure, and what goes by age (R180, R181)."""

from collections.abc import Mapping
from typing import Any

import click

from leadmaild.cli.options import config_option, json_option
from leadmaild.cli.output import instant, print_json, print_result, print_table
from leadmaild.cli.session import database_of, run_async, settings, zone_of
from leadmaild.clock import SystemClock
from leadmaild.commands.privacy import Wanted, erase_person, export_person, find_person
from leadmaild.config.model import Settings
from leadmaild.model.privacy import PersonRecords
from leadmaild.pipeline.retention import Span, plan, sweep_all

_COLUMNS = ("kind", "location", "older_than", "count")
_wanted = click.argument("who", metavar="ADDR")


@click.group()
def gdpr() -> None:
    """What is kept about people: export, erase, retention. ADDR is an address, or the id of a contact."""


@gdpr.command()
@_wanted
@config_option
def export(who: str) -> None:
    """Print all that is kept about a person as one JSON document; changes nothing."""
    print_json(run_async(_export(settings(), Wanted.of(who))))


@gdpr.command()
@_wanted
@click.option("--yes", is_flag=True, help="Do it; without it what would be erased is shown.")
@json_option
@config_option
def erase(who: str, yes: bool, as_json: bool) -> None:
    """Erase a person: all that names him goes, counts stay, and his addresses get no automatic mail any more.

    It cannot be undone. Mail that waits to be read is dropped when it is read. "same_number" names other contacts with
    his telephone number, which are left as they are: erase them by id if they are he.
    """
    person, same_number, is_clean = run_async(_erase(settings(), Wanted.of(who), really=yes))
    shown = {
        "erased": yes,
        "addresses": sorted(person.addresses),
        "contacts": list(person.contacts),
        "leads": list(person.leads),
        "mails": list(person.mails),
        "outgoing": list(person.outgoing),
        "same_number": list(same_number),
    }
    print_result(shown, as_json)
    if not (person.contacts or person.leads or person.mails or person.outgoing):
        click.echo("leadmaild: nothing here names this person; look whether the address is spelled right", err=True)
    if not (as_json or yes):
        click.echo("nothing is changed; --yes erases this")
    if not is_clean:
        click.echo(
            "leadmaild: the database is being read; what was erased stays in its write-ahead log until that is "
            "written over. Erase again to have it emptied.",
            err=True,
        )


@gdpr.command()
@click.option("--plan", "only_plan", is_flag=True, help="Show what would go; change nothing.")
@json_option
@config_option
def retention(only_plan: bool, as_json: bool) -> None:
    """Let go of everything that has been kept long enough; the daemon does so by itself every hour."""
    chosen = settings()
    rows = [_row(span, count, chosen) for span, count in run_async(_retention(chosen, only_plan=only_plan))]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, _COLUMNS, "nothing is due")


def _row(span: Span, count: int, chosen: Settings) -> dict[str, Any]:
    return {
        "kind": str(span.kept),
        "location": span.location,
        "older_than": instant(span.before, zone_of(chosen, span.location)),
        "count": count,
    }


async def _export(chosen: Settings, wanted: Wanted) -> Mapping[str, Any]:
    from leadmaild.foundation import view_world

    async with database_of(chosen) as database:
        world = await view_world(chosen, database)
        return await export_person(database, wanted, world.suppression_key, SystemClock().now())


async def _erase(chosen: Settings, wanted: Wanted, *, really: bool) -> tuple[PersonRecords, tuple[int, ...], bool]:
    """What names the person, who else has his telephone number, and whether nothing of it is left in the log."""
    from leadmaild.foundation import Outside, load_world

    async with database_of(chosen) as database:
        async with database.view() as tx:
            person = await find_person(tx, wanted)
            same_number = await tx.persons.same_number(person)
        if not really:
            return person, same_number, True
        world = await load_world(chosen, database, Outside())
        person = await erase_person(database, chosen, wanted, world.suppression_key, SystemClock().now())
        return person, same_number, await database.empty_log()


async def _retention(chosen: Settings, *, only_plan: bool) -> tuple[tuple[Span, int], ...]:
    now = SystemClock().now()
    async with database_of(chosen) as database:
        if only_plan:
            async with database.view() as tx:
                return await plan(tx, chosen, now)
        gone = await sweep_all(database, chosen, now)
        await database.empty_log()
        return gone
