"""Places to listen at, as the settings write them: `host:port`, `unix:/path`, or a socket systemd opened for us."""

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path

from leadmaild.errors import Unavailable

_BACKLOG = 512
_UNIX = "unix:"


async def bind(place: str | socket.socket, make: Callable[[], asyncio.BaseProtocol]) -> asyncio.Server:
    """Listen at a place; `make` gives the protocol of each connection. Raises Unavailable if it cannot be had."""
    try:
        return await _bind(place, make)
    except OSError as error:
        raise Unavailable(f"cannot listen at {place}: {_why(error, place)}") from error


def shown(sockname: str | tuple[str, int]) -> str:
    """The name of a bound socket as the settings would write it, with the port really had."""
    if isinstance(sockname, str):
        return f"{_UNIX}{sockname}"
    host, port = sockname[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def remove_socket_file(place: str) -> None:
    """Take away the file of a Unix socket that we opened."""
    if place.startswith(_UNIX):
        Path(place.removeprefix(_UNIX)).unlink(missing_ok=True)


async def _bind(place: str | socket.socket, make: Callable[[], asyncio.BaseProtocol]) -> asyncio.Server:
    loop = asyncio.get_running_loop()
    if isinstance(place, socket.socket):
        if place.family == socket.AF_UNIX:
            return await loop.create_unix_server(make, sock=place, backlog=_BACKLOG)
        return await loop.create_server(make, sock=place, backlog=_BACKLOG)
    if place.startswith(_UNIX):
        path = Path(place.removeprefix(_UNIX))
        server = await loop.create_unix_server(make, str(path), backlog=_BACKLOG)
        _open_to_others(path)
        return server
    host, _, port = place.rpartition(":")
    if not port.isdecimal():
        raise Unavailable(f"cannot listen at {place!r}: not host:port")
    return await loop.create_server(make, host.strip("[]") or None, int(port), backlog=_BACKLOG)


def _open_to_others(path: Path) -> None:
    # Postfix and Exim run as other users; who may enter is the matter of the directory, as with Dovecot's own socket.
    path.chmod(0o666)


def _why(error: OSError, place: object) -> str:
    if isinstance(error, PermissionError) and not str(place).startswith(_UNIX):
        return (
            "this user may not open a port below 1024; enable leadmaild.socket, or give the service "
            "AmbientCapabilities=CAP_NET_BIND_SERVICE"
        )
    return error.strerror or str(error)
