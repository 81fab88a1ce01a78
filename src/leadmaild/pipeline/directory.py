"""Which location takes mail for an address: mailboxes, aliases, reply addresses with a valid token, postmaster."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from leadmaild.model.address import parse_address
from leadmaild.model.location import Location
from leadmaild.model.reply import BAD_ADDRESS, NO_RELAY, UNKNOWN_MAILBOX, Reply
from leadmaild.model.reply_token import queue_id_of

POSTMASTER = "postmaster"


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a forward-path leads: the location, and the mailbox of it (the token taken off)."""

    location: str
    mailbox: str


class Directory:
    """Answers for one set of settings; made anew when they are loaded."""

    def __init__(self, locations: Mapping[str, Location], token_keys: Sequence[bytes]) -> None:
        self._token_keys = token_keys
        self._by_address: dict[str, Destination] = {}
        for location in locations.values():
            for mailbox in location.mailboxes:
                if (address := parse_address(mailbox)) is not None:
                    self._by_address.setdefault(address.normal, Destination(location.code, mailbox))
        self._first_of_domain: dict[str, Destination] = {}
        for normal, destination in self._by_address.items():
            self._first_of_domain.setdefault(normal.rpartition("@")[2], destination)

    @property
    def own_addresses(self) -> frozenset[str]:
        """Every mailbox and alias, normalised."""
        return frozenset(self._by_address)

    @property
    def own_domains(self) -> tuple[str, ...]:
        """The domains of our mailboxes."""
        return tuple(self._first_of_domain)

    def find(self, forward_path: str) -> Destination | None:
        """The destination of a forward-path, or None if we do not take mail for it.

        `postmaster` alone and at our domains is taken (RFC 5321 4.5.1, BI-04); it belongs to the first mailbox there.
        """
        if forward_path.casefold() == POSTMASTER and self._first_of_domain:
            return Destination(next(iter(self._first_of_domain.values())).location, POSTMASTER)
        address = parse_address(forward_path)
        if address is None:
            return None
        exact = self._by_address.get(address.normal)
        if exact is not None:
            return exact
        if address.local.casefold() == POSTMASTER and address.domain in self._first_of_domain:
            return Destination(self._first_of_domain[address.domain].location, address.normal)
        local, plus, token = address.local.partition("+")
        if plus and queue_id_of(token, self._token_keys) is not None:
            return self._by_address.get(f"{local.casefold()}@{address.domain}")
        return None

    def refusal_for(self, forward_path: str) -> Reply | None:
        """None if we take mail for this forward-path; else 550 with the right reason (SP-05, BI-01 ... BI-03)."""
        if self.find(forward_path) is not None:
            return None
        address = parse_address(forward_path)
        if address is None:
            return BAD_ADDRESS if "@" not in forward_path else NO_RELAY
        return UNKNOWN_MAILBOX if address.domain in self._first_of_domain else NO_RELAY
