"""The entrance: the journal and the listeners, all that a 250 needs. It is open before the house behind it is there.

Senders may have tried for hours while we were down; a mail in the journal waits safely for whoever reads it (T11).
"""

import asyncio
import os
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta

from leadmaild.config.model import Settings
from leadmaild.errors import LeadmaildError
from leadmaild.foundation import Outside, disk_space, load_world, open_database
from leadmaild.inbound.limits import Limits
from leadmaild.inbound.smtp_server import Listener, server_tls, start_lmtp, start_smtp
from leadmaild.pipeline.accept import Accept
from leadmaild.pipeline.right_of_way import RightOfWay
from leadmaild.pipeline.world import World
from leadmaild.storage.unit_of_work import Database
from leadmaild.transports import own_hostname

_FIRST_INHERITED_FD = 3  # sd_listen_fds(3)
# Whoever calls this soon after we opened, and who came then, goes before the rest of the house is set up.
_FIRST_CALL = timedelta(milliseconds=20)
_FIRST_COMERS = timedelta(milliseconds=300)


class Entrance:
    """Takes mail into the journal by the settings of the start, until the house takes over (`lead_to`)."""

    def __init__(self, settings: Settings, world: World, database: Database, outside: Outside) -> None:
        self.settings = settings
        self.first_world = world
        self.database = database
        self.outside = outside
        self.right_of_way = RightOfWay()
        self.disk = disk_space(settings)
        self._world: Callable[[], World] = lambda: world
        self._wake_intake: Callable[[], None] = lambda: None
        self.accept = Accept(
            database,
            lambda: self._world().directory,
            outside.ids,
            lambda: self._wake_intake(),
            self.disk.has_room,
            self.right_of_way,
        )
        self._listeners: list[Listener] = []

    def lead_to(self, world: Callable[[], World], wake_intake: Callable[[], None]) -> None:
        """From now on mail is taken by the settings then in force, and intake is told of it."""
        self._world, self._wake_intake = world, wake_intake

    @property
    def connections(self) -> int:
        """How many sessions are open."""
        return sum(listener.connections for listener in self._listeners)

    async def open(self) -> None:
        """Listen at every address of the settings, or on the sockets inherited. Raises Unavailable, OSError."""
        try:
            await self._listen()
        except (LeadmaildError, OSError):
            await self.shut()
            raise

    async def first_comers(self) -> None:
        """Return when those who waited outside have been served, or after a moment."""
        await asyncio.sleep(_FIRST_CALL.total_seconds())  # noqa: TID251  # no business time
        with suppress(TimeoutError):
            async with asyncio.timeout(_FIRST_COMERS.total_seconds()):
                for listener in self._listeners:
                    await listener.quiet()

    async def drain(self) -> None:
        """Stop listening and let what is being sent come in (SP-14)."""
        await asyncio.gather(*(listener.drain() for listener in self._listeners))

    async def shut(self) -> None:
        """Stop listening at once; what was handed in is on disk then, or refused."""
        for listener in self._listeners:
            await listener.close()
        await self.accept.finish()

    async def _listen(self) -> None:
        smtp, lmtp, hostname = self.settings.smtp, self.settings.lmtp, own_hostname(self.settings)
        limits = Limits(
            max_message_size=smtp.max_message_size,
            max_connections=smtp.max_connections,
            max_connections_per_ip=smtp.max_connections_per_ip,
        )
        inherited = inherited_sockets(os.environ)
        if smtp.listen or inherited.get("smtp"):
            tls = server_tls(smtp.tls_certificate, smtp.tls_key) if smtp.tls_certificate else None
            self._listeners.append(
                await start_smtp(
                    listen=[str(endpoint) for endpoint in smtp.listen],
                    hostname=hostname,
                    door=self.accept,
                    clock=self.outside.clock,
                    limits=limits,
                    trusted_networks=[str(network) for network in smtp.trusted_networks],
                    tls=tls,
                    sockets=inherited.get("smtp", ()),
                )
            )
        if lmtp.listen or inherited.get("lmtp"):
            self._listeners.append(
                await start_lmtp(
                    listen=str(lmtp.listen or ""),
                    hostname=hostname,
                    door=self.accept,
                    clock=self.outside.clock,
                    limits=limits,
                    sockets=inherited.get("lmtp", ()),
                )
            )


async def entrance_of(settings: Settings, outside: Outside | None = None) -> Entrance:
    """The entrance to the settings' database, which must be migrated; not open yet. Raises Unavailable."""
    outside = outside or Outside()
    database = open_database(settings, outside.lease)
    return Entrance(settings, await load_world(settings, database, outside), database, outside)


def inherited_sockets(environment: Mapping[str, str]) -> dict[str, list[socket.socket]]:
    """The listening sockets systemd hands over, by FileDescriptorName; a name it does not know counts as smtp."""
    if environment.get("LISTEN_PID") != str(os.getpid()):
        return {}
    count = int(environment.get("LISTEN_FDS", "0"))
    names = environment.get("LISTEN_FDNAMES", "").split(":")
    found: dict[str, list[socket.socket]] = {}
    for index in range(count):
        name = names[index] if index < len(names) else ""
        inherited = socket.socket(fileno=_FIRST_INHERITED_FD + index)
        inherited.setblocking(False)
        found.setdefault("lmtp" if "lmtp" in name else "smtp", []).append(inherited)
    return found
