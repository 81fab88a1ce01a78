"""Where we listen, and whose connections we trust."""

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated

from pydantic import PlainValidator

from leadmaild.config.values import is_ip
from leadmaild.model.address import ascii_of


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where we listen: `host:port` (port 0 = any free one), or a Unix socket at `path`."""

    host: str = ""
    port: int = 0
    path: str = ""

    def __str__(self) -> str:
        if self.path:
            return f"unix:{self.path}"
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_endpoint(text: object) -> Endpoint:
    """Return the endpoint in `text`: `127.0.0.1:25`, `[::1]:25` or `unix:/path`. Raises ValueError."""
    if isinstance(text, str):
        if text.startswith("unix:/") and len(text) > len("unix:/"):
            return Endpoint(path=text.removeprefix("unix:"))
        host, colon, port = text.rpartition(":")
        is_v6 = host.startswith("[") and host.endswith("]")
        bare = host[1:-1] if is_v6 else host
        fits = is_ip(bare) if is_v6 else ascii_of(bare) is not None
        if colon and fits and port.isascii() and port.isdigit() and int(port) <= 65535:
            return Endpoint(bare, int(port))
    raise ValueError(f'"{text}" is not an address to listen on; write "127.0.0.1:25", "[::1]:25" or "unix:/path"')


def _network(text: object) -> IPv4Network | IPv6Network:
    if not isinstance(text, str):
        raise ValueError("is not a network; write it like 192.0.2.0/24")  # noqa: TRY004  pydantic wants a ValueError
    try:
        network = ip_network(text)
    except ValueError:
        raise ValueError(f'"{text}" is not a network; write it like "192.0.2.0/24" or "2001:db8::/64"') from None
    if network.prefixlen == 0:
        raise ValueError(f'"{text}" would trust the whole Internet')
    return network


def _endpoint_or_none(text: object) -> Endpoint | None:
    return None if text == "" else parse_endpoint(text)


ListenAddress = Annotated[Endpoint, PlainValidator(parse_endpoint)]
OptionalListenAddress = Annotated[Endpoint | None, PlainValidator(_endpoint_or_none)]
Network = Annotated[IPv4Network | IPv6Network, PlainValidator(_network)]
