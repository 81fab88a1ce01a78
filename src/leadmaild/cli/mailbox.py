"""`leadmaild mailbox`: the IMAP mailboxes of the settings."""

import sys
from collections.abc import Awaitable, Callable
from typing import Any

import click

from leadmaild.cli.options import config_option, json_option
from leadmaild.cli.output import instant, print_result
from leadmaild.cli.session import database_of, run_async, settings, zone_of
from leadmaild.clock import SystemClock
from leadmaild.config.model import Settings
from leadmaild.config.process import ImapSettings
from leadmaild.errors import NotFound, Refused, Unavailable
from leadmaild.foundation import view_world
from leadmaild.inbound.imap_client import ImapClient
from leadmaild.inbound.imap_inspect import Inspection
from leadmaild.inbound.imap_inspect import inspect as look_through
from leadmaild.inbound.imap_watchers import server_of
from leadmaild.model.envelope import Channel, Envelope
from leadmaild.model.location import Location
from leadmaild.model.reading import Reading
from leadmaild.pipeline.reader_pool import ReaderPool
from leadmaild.pipeline.world import World
from leadmaild.reading.sources_folder import load_sources


@click.group()
def mailbox() -> None:
    """IMAP mailboxes that are watched, or will be."""


@mailbox.command()
@click.argument("name")
@click.option("--limit", type=click.IntRange(min=0), help="Read only the newest N mails; all are counted.")
@json_option
@config_option
def inspect(name: str, limit: int | None, as_json: bool) -> None:
    """Say what lies in a mailbox and how much of it looks like leads, before it is watched; changes nothing."""
    chosen = settings()
    box, location = _mailbox(chosen, name)
    with click.progressbar(length=1, label="mails", file=sys.stderr, hidden=not sys.stderr.isatty()) as progress:

        def told(done: int, of: int) -> None:
            progress.length = of
            progress.update(done - progress.pos)

        found = run_async(_inspect(chosen, box, location, limit, told))
    print_result(_document(box, found, zone_of(chosen, location.code)), as_json)


def _mailbox(chosen: Settings, name: str) -> tuple[ImapSettings, Location]:
    """The mailbox of that name, enabled or not yet, and the location it is for. Raises NotFound or Refused."""
    box = next((box for box in chosen.written.imap if box.name == name), None)
    if box is None:
        known = ", ".join(box.name for box in chosen.written.imap) or "none"
        raise NotFound(f'there is no mailbox "{name}"; the settings have: {known}')
    missing = [key for key in ("host", "user", "password") if not getattr(box, key)]
    if missing:
        raise Refused(f'the mailbox "{name}" has no {" and no ".join(missing)} yet')
    owners = (place for place in chosen.locations.values() if box.deliver_to in place.mailboxes)
    location = next(owners, None) or next(iter(chosen.locations.values()), None)
    if location is None:
        raise Refused("the settings have no location that mail could be for")
    return box, location


async def _inspect(
    chosen: Settings, box: ImapSettings, location: Location, limit: int | None, told: Callable[[int, int], None]
) -> Inspection:
    world = await _world(chosen)
    reader = ReaderPool(load_sources(chosen.source_folders))
    client = await ImapClient.connect(server_of(box))
    try:
        read = _reading_with(reader, world, location, box)
        return await look_through(
            client, box.folder, read, largest=chosen.smtp.max_message_size, newest=limit, told=told
        )
    finally:
        await client.close()
        await reader.close()


async def _world(chosen: Settings) -> World:
    try:
        async with database_of(chosen) as database:
            return await view_world(chosen, database)
    except Unavailable:  # nothing was ever taken in; then there is nothing of ours in the mailbox either
        return World.of(chosen, (b"\0" * 32,))


def _reading_with(
    reader: ReaderPool, world: World, location: Location, box: ImapSettings
) -> Callable[[bytes], Awaitable[Reading]]:
    envelope = Envelope(Channel.IMAP, None, (box.deliver_to,) if box.deliver_to else (), SystemClock().now())
    context = world.reading_context(location, envelope)
    return lambda content: reader.read(content, context)


def _document(box: ImapSettings, found: Inspection, zone: str) -> dict[str, Any]:
    return {
        "mailbox": box.name,
        "host": box.host,
        "folder": box.folder,
        "enabled": box.enabled,
        "first_scan": box.first_scan,
        "mails": found.mails,
        "read": found.read,
        "leads": found.leads,
        "oldest_at": instant(found.oldest_at, zone),
        "newest_at": instant(found.newest_at, zone),
        "too_large": found.too_large,
        "classifications": dict(found.classifications.most_common()),
        "sources": dict(found.sources.most_common()),
    }
