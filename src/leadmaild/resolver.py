"""Questions to DNS: the one file that knows how they are asked. They block: ask from a thread."""

from collections.abc import Sequence
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from leadmaild.errors import Unavailable

if TYPE_CHECKING:
    from dns.resolver import Resolver as DnsResolver

Kind = Literal["A", "AAAA", "MX", "PTR", "TXT"]
# Of one question, all tries taken together.
PATIENCE = timedelta(seconds=1.5)
_MOST_REMEMBERED = 2_000


class Resolver:
    """Asks the name servers of this machine, or those given; remembers answers as long as they say."""

    def __init__(self, nameservers: Sequence[str] = (), port: int = 53, patience: timedelta = PATIENCE) -> None:
        self._nameservers = tuple(nameservers)
        self._port = port
        self._patience = patience

    def ask(self, name: str, kind: Kind, patience: timedelta | None = None) -> tuple[str, ...]:
        """What DNS says of `name`, in the order it came; () if there is no such name or nothing of that kind.

        Addresses and names are without a final dot, MX is "10 mx.name", TXT is whole, a character for each octet.
        Raises Unavailable if no answer is to be had: that says nothing about the name.
        """
        import dns.exception
        import dns.resolver

        lifetime = min(patience or self._patience, self._patience).total_seconds()
        try:
            answer = self._dns.resolve(name, kind, search=False, raise_on_no_answer=False, lifetime=lifetime)
        except dns.resolver.NXDOMAIN:
            return ()
        except (dns.exception.Timeout, dns.resolver.NoNameservers, OSError) as failure:
            raise Unavailable(f"DNS does not answer ({type(failure).__name__})") from failure
        except (dns.exception.DNSException, UnicodeError):
            return ()  # nothing that could be a name
        return tuple(_text(record, kind) for record in answer)

    def names_of(self, address: str) -> tuple[str, ...]:
        """The names of an IP address (PTR). Raises Unavailable, and ValueError for what is no address."""
        import dns.exception
        import dns.reversename

        try:
            name = dns.reversename.from_address(address)
        except dns.exception.DNSException as wrong:
            raise ValueError(f"no IP address: {address}") from wrong
        return self.ask(name.to_text(), "PTR")

    @cached_property
    def _dns(self) -> "DnsResolver":
        import dns.resolver

        try:
            asking = dns.resolver.Resolver(configure=not self._nameservers)
        except dns.resolver.NoResolverConfiguration as missing:
            raise Unavailable("this machine has no name servers set up (/etc/resolv.conf)") from missing
        if self._nameservers:
            asking.nameservers = list(self._nameservers)
            asking.port = self._port
        asking.cache = dns.resolver.LRUCache(_MOST_REMEMBERED)
        return asking


def _text(record: object, kind: Kind) -> str:
    match kind:
        case "TXT":
            return b"".join(record.strings).decode("latin-1")  # type: ignore[attr-defined]
        case "MX":
            return f"{record.preference} {record.exchange.to_text(omit_final_dot=True)}"  # type: ignore[attr-defined]
        case "PTR":
            return str(record.target.to_text(omit_final_dot=True))  # type: ignore[attr-defined]
        case _:
            return str(record.address)  # type: ignore[attr-defined]
