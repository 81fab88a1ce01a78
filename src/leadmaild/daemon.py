"""The daemon: start order, signals, systemd's notices, drain then stop. One TaskGroup holds everything that runs."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress

from sqlalchemy import URL

from leadmaild import __version__
from leadmaild.config.model import Settings
from leadmaild.errors import LeadmaildError, Unavailable
from leadmaild.foundation import Outside
from leadmaild.inbound.limits import Limits
from leadmaild.inbound.smtp_server import Listener, server_tls, start_lmtp, start_smtp
from leadmaild.maillog import Event, log
from leadmaild.monitoring import monitored
from leadmaild.pipeline.worker import Worker
from leadmaild.reload import reload
from leadmaild.settings_files import whole
from leadmaild.storage.engine import database_url
from leadmaild.storage.migrate import migrate
from leadmaild.storage.presence import Presence, presence_on
from leadmaild.transports import own_hostname
from leadmaild.wiring import Gateway, build

_FIRST_INHERITED_FD = 3  # sd_listen_fds(3)
_PRESENT_EVERY_S = 30


async def serve(settings: Settings, outside: Outside | None = None) -> None:
    """Run the gateway until SIGTERM or SIGINT, then drain (SP-14).

    Raises ConfigError for wrong templates or sources, Unavailable if the database or a listening address is not to be
    had.
    """
    settings = whole(settings)
    url = database_url(settings.gateway.database, settings.path.parent)
    async with _present_on(url):
        await _serve(settings, url, outside)


async def _serve(settings: Settings, url: URL, outside: Outside | None) -> None:
    _before, revision = await asyncio.to_thread(migrate, url)
    for warning in settings.warnings:
        log(Event.SETTINGS_WARNING, path=warning.path, problem=warning.message)
    gateway = await build(settings, outside)
    try:
        # What changed in the files while nothing ran belongs into the settings log as well (R183).
        await gateway.record()
        for warning in await gateway.left_behind():
            log(Event.SETTINGS_WARNING, path=warning.path, problem=warning.message)
        await _run(gateway, settings, revision)
    finally:
        await gateway.close()
        log(Event.STOPPED, pid=os.getpid())


@asynccontextmanager
async def _present_on(url: URL) -> AsyncIterator[None]:
    """While the block runs nobody moves the database to another place."""
    presence = presence_on(url)
    if not await asyncio.to_thread(presence.take):
        raise Unavailable("the database is being moved to another place (`leadmaild migrate --to`)")
    keeping = asyncio.create_task(_keep(presence), name="presence")
    try:
        yield
    finally:
        keeping.cancel()
        presence.release()


async def _keep(presence: Presence) -> None:
    while True:
        await asyncio.sleep(_PRESENT_EVERY_S)  # noqa: TID251  # no business time: a connection is looked after
        with suppress(Unavailable):  # the steps say it
            await asyncio.to_thread(presence.keep)


async def _run(gateway: Gateway, settings: Settings, revision: str) -> None:
    stop, reload_wanted = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stop.set)
    loop.add_signal_handler(signal.SIGHUP, reload_wanted.set)
    listeners = await _listen(gateway, settings)
    notify = Notifier(os.environ)
    try:
        async with monitored(gateway, settings), asyncio.TaskGroup() as tasks:
            for worker in gateway.workers:
                tasks.create_task(_work(worker, gateway), name=worker.name)
            watches = [tasks.create_task(watch.run(), name=watch.name) for watch in gateway.mailbox_watches()]
            watchdog = tasks.create_task(_watchdog(notify), name="watchdog")
            reloads = tasks.create_task(_reloads(gateway, reload_wanted, notify), name="reload")
            log(Event.DAEMON_STARTED, version=__version__, pid=os.getpid(), database=revision)
            notify.send("READY=1")
            await stop.wait()
            notify.send("STOPPING=1")
            gateway.health.is_draining = True
            log(Event.DRAINING, count=sum(listener.connections for listener in listeners))
            for worker in gateway.workers:  # nothing new is begun: it stays a row for the next start
                worker.stop()
            for watch in watches:
                watch.cancel()
            # What comes in and what goes out ends at the same time: both together must stay below TimeoutStopSec.
            await asyncio.gather(gateway.deliver.finish(), *(listener.drain() for listener in listeners))
            await asyncio.gather(*watches, return_exceptions=True)
            await gateway.accept.finish()
            watchdog.cancel()
            reloads.cancel()
    finally:
        for listener in listeners:
            await listener.close()


async def _work(worker: Worker, gateway: Gateway) -> None:
    # Mail is taken in while the reader gets ready (T11), but not yet claimed: if we go down before, no mail is to
    # blame (PF4).
    if worker is gateway.intake_worker:
        await gateway.warm_up()
    await worker.run()


async def _reloads(gateway: Gateway, wanted: asyncio.Event, notify: "Notifier") -> None:
    """Reload whenever it is wanted; what was asked for during a reload is one more afterwards."""
    while True:
        await wanted.wait()
        wanted.clear()
        notify.send("RELOADING=1")
        is_done = await reload(gateway)
        notify.send("READY=1\nSTATUS=" + ("" if is_done else "settings rejected; the old ones are in force"))


async def _listen(gateway: Gateway, settings: Settings) -> list[Listener]:
    smtp, lmtp = settings.smtp, settings.lmtp
    limits = Limits(
        max_message_size=smtp.max_message_size,
        max_connections=smtp.max_connections,
        max_connections_per_ip=smtp.max_connections_per_ip,
    )
    inherited = inherited_sockets(os.environ)
    listeners: list[Listener] = []
    try:
        if smtp.listen or inherited.get("smtp"):
            tls = server_tls(smtp.tls_certificate, smtp.tls_key) if smtp.tls_certificate else None
            listeners.append(
                await start_smtp(
                    listen=[str(endpoint) for endpoint in smtp.listen],
                    hostname=own_hostname(settings),
                    door=gateway.accept,
                    clock=gateway.clock,
                    limits=limits,
                    trusted_networks=[str(network) for network in smtp.trusted_networks],
                    tls=tls,
                    sockets=inherited.get("smtp", ()),
                )
            )
        if lmtp.listen or inherited.get("lmtp"):
            listeners.append(
                await start_lmtp(
                    listen=str(lmtp.listen or ""),
                    hostname=own_hostname(settings),
                    door=gateway.accept,
                    clock=gateway.clock,
                    limits=limits,
                    sockets=inherited.get("lmtp", ()),
                )
            )
    except (LeadmaildError, OSError):
        for listener in listeners:
            await listener.close()
        raise
    return listeners


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


class Notifier:
    """Tells systemd how we are (sd_notify(3)): READY, STOPPING, and the watchdog's sign of life."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        watched = int(environment.get("WATCHDOG_USEC", "0"))
        self.interval_s = watched / 2_000_000 if watched else None

    def send(self, message: str) -> None:
        """Send one notice; nobody listening is no error."""
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
            out.sendto(message.encode(), address)


async def _watchdog(notify: Notifier) -> None:
    # A loop that stalls sends no sign of life, and systemd restarts us: that is the point of sending it from here.
    while notify.interval_s is not None:
        notify.send("WATCHDOG=1")
        await asyncio.sleep(notify.interval_s)  # noqa: TID251  # systemd counts in its own monotonic time
