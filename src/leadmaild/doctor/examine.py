"""Everything that is looked at, in the order it is told: settings, machine, servers, DNS."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from leadmaild.authentication.signing import SigningKey, read_key
from leadmaild.config.model import Settings
from leadmaild.config.process import OutboundSettings
from leadmaild.doctor import domains, machine, servers
from leadmaild.doctor.finding import Finding, failed, warning
from leadmaild.errors import Problem, Unavailable
from leadmaild.resolver import Resolver
from leadmaild.storage.engine import database_url, is_sqlite
from leadmaild.transports import own_hostname

_Look = Callable[[], Finding]


async def examine(settings: Settings, problems: Sequence[Problem], resolver: Resolver) -> tuple[Finding, ...]:
    """Look at all of it; `problems` are those of the settings. Whatever takes time is looked at side by side."""
    told = [failed("settings", p.path, p.message, "see `leadmaild check-config`") for p in problems]
    told += await asyncio.to_thread(_machine, settings)
    looks = [*_servers(settings), *(asyncio.to_thread(look) for look in _names(settings, resolver))]
    return (*told, *await asyncio.gather(*looks))


def _machine(settings: Settings) -> list[Finding]:
    base = settings.path.parent
    url = database_url(settings.gateway.database, base)
    folder = Path(url.database or ".").parent if is_sqlite(url) else base
    return [
        *machine.software(),
        machine.clock(),
        machine.disk(folder),
        *machine.database(settings.gateway.database, base),
        *machine.secrets(settings.written),
    ]


def _servers(settings: Settings) -> Iterator[Awaitable[Finding]]:
    for server in settings.outbound:
        if server.transport == "files":
            path = server.files or settings.path.parent / "var" / "outgoing"
            yield asyncio.to_thread(servers.folder, server, path)
        else:
            yield servers.relay(server, settings)
    for mailbox in settings.imap:
        yield servers.mailbox(mailbox)


def _names(settings: Settings, resolver: Resolver) -> Iterator[_Look]:
    hostname = settings.gateway.hostname
    if hostname:
        yield partial(domains.ptr, resolver, hostname)
    elif settings.outbound:
        advice = "set gateway.hostname to the name that other mail servers can look up"
        yield partial(warning, "ptr", "gateway.hostname", "is not set", advice)
    for domain, server in _sent_for(settings):
        if server.transport == "files":
            continue  # leaves nothing that anybody could check
        yield partial(domains.spf, resolver, domain, server.host, own_hostname(settings))
        yield from _dkim(domain, server, resolver)
    for domain in dict.fromkeys(domain for domain, _ in _sent_for(settings)):
        yield partial(domains.dmarc, resolver, domain)


def _dkim(domain: str, server: OutboundSettings, resolver: Resolver) -> Iterator[_Look]:
    if not server.dkim_key:
        advice = f"set dkim_selector and dkim_key of [[outbound]] {server.name}, or see that {server.host} signs"
        yield partial(warning, "dkim", domain, f"mail over {server.name} is not signed by us", advice)
        return
    try:
        key: SigningKey = read_key(server.dkim_key.reveal())
    except (Unavailable, ValueError):
        return  # told among the settings
    yield partial(domains.dkim, resolver, domain, server.dkim_selector, key)


def _sent_for(settings: Settings) -> tuple[tuple[str, OutboundSettings], ...]:
    """Each domain in our From with the server its mail leaves over, once (R31, R52)."""
    found: dict[tuple[str, str], tuple[str, OutboundSettings]] = {}
    for location in settings.locations.values():
        server = settings.mail_server(location.mailserver)
        domain = settings.sender_mailbox(location).rpartition("@")[2]
        if server is not None and domain and location.send_emails:
            found.setdefault((domain, server.name), (domain, server))
    return tuple(found.values())
