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
from leadmaild.inbound.reception import Reception
from leadmaild.inbound.smtp_session import SmtpSession
from leadmaild.maillog import Event, log
from leadmaild.model.envelope import Channel
from leadmaild.ports import Clock, Door

DRAIN_GRACE = timedelta(seconds=15)  # with the commits that follow, exit within 30 s (SP-14)

_BACKLOG = 512
_UNIX = "unix:"


class Listener:
    """Open listening sockets and the sessions that came by them."""

    def __init__(self, servers: Sequence[asyncio.Server], bound: Sequence[str], reception: Reception) -> None:
        """`bound` are the places we opened ourselves, as against sockets inherited."""
        self._servers = servers
        self._bound = bound
        self._reception = reception
        sockets = (listening for server in servers for listening in server.sockets)
        self.addresses = tuple(
            _shown(listening.getsockname()) for listening in sockets
        )  # `host:port` with the port really had, or `unix:/path`

    @property
    def connections(self) -> int:
        """How many sessions are open."""
        return len(self._reception.sessions)

    async def drain(self, grace: timedelta = DRAIN_GRACE) -> None:
        """Stop listening, let content that is being sent come in for `grace`, say 421 to all others, close (SP-14)."""
        for server in self._servers:
            server.close()
        for place in self._bound:
            _remove_socket_file(place)
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
            server = await _bind(place, make_session)
        except OSError as error:
            for opened in servers:
                opened.close()
            raise Unavailable(f"cannot listen at {place}: {_why(error, place)}") from error
        servers.append(server)
    listener = Listener(servers, () if sockets else listen, reception)
    for address in listener.addresses:
        log(Event.LISTENING, listen=address, channel=reception.channel)
    return listener


def _why(error: OSError, place: object) -> str:
    if isinstance(error, PermissionError) and not str(place).startswith(_UNIX):
        return (
            "this user may not open a port below 1024; enable leadmaild.socket, or give the service "
            "AmbientCapabilities=CAP_NET_BIND_SERVICE"
        )
    return error.strerror or str(error)


async def _bind(place: str | socket.socket, make_session: Callable[[], SmtpSession]) -> asyncio.Server:
    loop = asyncio.get_running_loop()
    if isinstance(place, socket.socket):
        if place.family == socket.AF_UNIX:
            return await loop.create_unix_server(make_session, sock=place, backlog=_BACKLOG)
        return await loop.create_server(make_session, sock=place, backlog=_BACKLOG)
    if place.startswith(_UNIX):
        path = Path(place.removeprefix(_UNIX))
        server = await loop.create_unix_server(make_session, str(path), backlog=_BACKLOG)
        _open_to_the_mail_server(path)
        return server
    host, _, port = place.rpartition(":")
    if not port.isdecimal():
        raise Unavailable(f"cannot listen at {place!r}: not host:port")
    return await loop.create_server(make_session, host.strip("[]") or None, int(port), backlog=_BACKLOG)


def _open_to_the_mail_server(path: Path) -> None:
    # Postfix and Exim run as other users; who may enter is the matter of the directory, as with Dovecot's own socket.
    path.chmod(0o666)


def _remove_socket_file(place: str) -> None:
    if place.startswith(_UNIX):
        Path(place.removeprefix(_UNIX)).unlink(missing_ok=True)


def _shown(sockname: str | tuple[str, int]) -> str:
    if isinstance(sockname, str):
        return f"{_UNIX}{sockname}"
    host, port = sockname[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
