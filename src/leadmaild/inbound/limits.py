"""What one peer, one session and one mail may take from us, and the gate that counts connections (security.md 2.1)."""

import ipaddress
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from leadmaild.model.reply import SHUTTING_DOWN, Reply

TOO_MANY_CONNECTIONS = Reply(421, "4.7.0", "Too many connections, please try again later")

# Above this share of `max_connections` a silent peer is dropped sooner (SP-11).
_CROWDED = 0.8


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a listener; sizes are octets. Only the first three are settings, the rest is decided (SP-11)."""

    max_message_size: int = 25 * 1024**2
    max_connections: int = 200
    max_connections_per_ip: int = 10  # a /64 counts as one address in IPv6
    max_line_length: int = 8192  # of content, with its CRLF: real senders exceed the 1000 of RFC 5321 (BI-20)
    max_content_held: int = 200 * 1024**2  # of all sessions together; beyond it only small mail is taken
    small_content: int = 1024**2
    max_recipients: int = 100
    max_messages_per_session: int = 20
    max_errors: int = 5
    greet_delay: timedelta = timedelta(milliseconds=300)
    idle_timeout: timedelta = timedelta(seconds=60)
    crowded_idle_timeout: timedelta = timedelta(seconds=10)
    session_timeout: timedelta = timedelta(minutes=15)
    data_min_rate: int = 500  # octets a second, asked once DATA has run for the idle timeout


class Gate:
    """Counts the connections of one listener, in all and by address, and knows whom we trust."""

    def __init__(self, limits: Limits, trusted_networks: Iterable[str] = ()) -> None:
        """`trusted_networks` are CIDR texts; raises ValueError for one that is none."""
        self._limits = limits
        self._trusted = tuple(ipaddress.ip_network(network) for network in trusted_networks)
        self._connections: Counter[str] = Counter()
        self._total = 0
        self.is_draining = False

    def trusts(self, peer: str) -> bool:
        """Whether the peer's IP address stands in `trusted_networks`; a unix socket ("") is always trusted."""
        return not peer or any(_address(peer) in network for network in self._trusted)

    def admit(self, peer: str) -> Reply | None:
        """Count the connection in and return None, or return why it is not let in."""
        if self.is_draining:
            return SHUTTING_DOWN
        if self._total >= self._limits.max_connections:
            return TOO_MANY_CONNECTIONS
        if not self.trusts(peer) and self._connections[_counted_as(peer)] >= self._limits.max_connections_per_ip:
            return TOO_MANY_CONNECTIONS
        self._total += 1
        self._connections[_counted_as(peer)] += 1
        return None

    def leave(self, peer: str) -> None:
        """Count a connection out that was let in."""
        self._total -= 1
        key = _counted_as(peer)
        self._connections[key] -= 1
        if not self._connections[key]:
            del self._connections[key]

    @property
    def idle_timeout(self) -> timedelta:
        """How long a peer may be silent: much shorter while the house is crowded."""
        is_crowded = self._total >= self._limits.max_connections * _CROWDED
        return (
            min(self._limits.crowded_idle_timeout, self._limits.idle_timeout)
            if is_crowded
            else self._limits.idle_timeout
        )


def _address(peer: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    address = ipaddress.ip_address(peer.partition("%")[0])  # without the scope of a link-local address
    return (isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped) or address


def _counted_as(peer: str) -> str:
    if not peer:
        return ""
    address = _address(peer)
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((int(address), 64), strict=False))
