"""What the daemon hears from outside, by signals, and what it tells systemd (sd_notify(3)): READY, STOPPING, the
watchdog's sign of life."""

import asyncio
import signal
import socket
from collections.abc import Mapping
from contextlib import suppress


class Wanted:
    """What signals ask for: SIGTERM and SIGINT to stop, SIGHUP to reload. Made in the event loop, it hears them."""

    def __init__(self) -> None:
        self.stop, self.reload = asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()
        for signum in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(signum, self.stop.set)
        loop.add_signal_handler(signal.SIGHUP, self.reload.set)


class Notifier:
    """Sends notices to whoever started us; nobody listening is no error."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        watched = int(environment.get("WATCHDOG_USEC", "0"))
        self.interval_s = watched / 2_000_000 if watched else None

    def send(self, message: str) -> None:
        """Send one notice."""
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
            out.sendto(message.encode(), address)


async def watchdog(notify: Notifier) -> None:
    """Give signs of life. A loop that stalls gives none, and systemd restarts us: that is why it is done here."""
    while notify.interval_s is not None:
        notify.send("WATCHDOG=1")
        await asyncio.sleep(notify.interval_s)  # noqa: TID251  # systemd counts in its own monotonic time
