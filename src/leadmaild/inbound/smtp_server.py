"""Opens listeners for SMTP and LMTP on the running event loop and closes them in good order."""

import asyncio
import socket
import ssl
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

from leadmaild.errors import Unavailable
from leadmaild.inbound.limits import Gate, Limits
from leadmaild.inbound.lmtp import LmtpSession
from leadmaild.inbound.places import bind, remove_socket_file, shown
from leadmaild.inbound.reception import Reception
from leadmaild.inbound.smtp_session import SmtpSession
from leadmaild.maillog import Event, log
from leadmaild.model.envelope import Channel
from leadmaild.ports import Clock, Door

DRAIN_GRACE = timedelta(seconds=15)  # with the commits that follow, exit within 30 s (SP-14)


class Listener:
    """Open listening sockets and the sessions that came by them."""

    def __init__(self, servers: Sequence[asyncio.Server], bound: Sequence[str], reception: Reception) -> None:
        """`bound` are the places we opened ourselves, as against sockets inherited."""
        self._servers = servers
        self._bound = bound
        self._reception = reception
        sockets = (listening for server in servers for listening in server.sockets)
        self.addresses = tuple(
            shown(listening.getsockname()) for listening in sockets
        )  # `host:port` with the port really had, or `unix:/path`

    @property
    def connections(self) -> int:
        """How many sessions are open."""
        return len(self._reception.sessions)

    async def quiet(self) -> None:
        """Return when no session is open."""
        await self._reception.quiet()

    async def drain(self, grace: timedelta = DRAIN_GRACE) -> None:
        """Stop listening, let content that is being sent come in for `grace`, say 421 to all others, close (SP-14)."""
        for server in self._servers:
            server.close()
        for place in self._bound:
            remove_socket_file(place)
        await self._reception.drain(grace)

    async def close(self) -> None:
        """Stop at once; accepts that have begun are still awaited."""
        await self.drain(timedelta(0))


async def start_smtp(
    *,
    listen: Sequence[str],
    hostname: str,
    door: Door,
    clock: Clock,
    limits: Limits | None = None,
    trusted_networks: Sequence[str] = (),
    tls: ssl.SSLContext | None = None,
    sockets: Sequence[socket.socket] = (),
) -> Listener:
    """Listen for SMTP at each `host:port` of `listen`, or on `sockets` inherited from systemd, which win.

    Raises errors.Unavailable if an address cannot be had.
    """
    limits = limits or Limits()
    reception = Reception(door, clock, hostname, Gate(limits, trusted_networks), limits, Channel.SMTP, tls)
    return await _open(listen, sockets, reception, lambda: SmtpSession(reception))


async def start_lmtp(
    *,
    listen: str,
    hostname: str,
    door: Door,
    clock: Clock,
    limits: Limits | None = None,
    sockets: Sequence[socket.socket] = (),
) -> Listener:
    """Listen for LMTP at `unix:/path` or `host:port`; whoever reaches it is the dealer's own mail server.

    Raises errors.Unavailable if the address cannot be had.
    """
    limits = limits or Limits()
    everyone = ("0.0.0.0/0", "::/0")
    reception = Reception(door, clock, hostname, Gate(limits, everyone), limits, Channel.LMTP)
    return await _open([listen], sockets, reception, lambda: LmtpSession(reception))


def server_tls(certificate: Path, key: Path | None = None) -> ssl.SSLContext:
    """Return the context for STARTTLS: TLS 1.2 or newer, no renegotiation. `key` None: it is in the certificate's file.

    Raises OSError (ssl.SSLError is one) if the files cannot be used.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.load_cert_chain(certificate, key)
    return context


async def _open(
    listen: Sequence[str],
    sockets: Sequence[socket.socket],
    reception: Reception,
    make_session: Callable[[], SmtpSession],
) -> Listener:
    servers: list[asyncio.Server] = []
    for place in sockets or listen:
        try:
            servers.append(await bind(place, make_session))
        except Unavailable:
            for opened in servers:
                opened.close()
            raise
    listener = Listener(servers, () if sockets else listen, reception)
    for address in listener.addresses:
        log(Event.LISTENING, listen=address, channel=reception.channel)
    return listener
