"""What pipeline and commands need from outside, as Protocols. Concrete classes meet them in wiring.py."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from leadmaild.authentication.dkim_signatures import Candidate, DkimResult
from leadmaild.model.authentication import Authentication
from leadmaild.model.envelope import Envelope
from leadmaild.model.outgoing import ComposedMail, MailFacts, OutgoingMail, SendResult
from leadmaild.model.reading import Reading
from leadmaild.model.reply import Reply
from leadmaild.reading.context import ReadingContext


class Clock(Protocol):
    """Wall time."""

    def now(self) -> datetime:
        """The current UTC instant."""
        ...

    async def sleep_until(self, when: datetime) -> None:
        """Return once `when` (a UTC instant) has come."""
        ...


class Ids(Protocol):
    """Fresh ids and keys."""

    def new(self) -> str:
        """A fresh id that nobody can guess."""
        ...

    def key(self) -> bytes:
        """A fresh 32-byte secret key."""
        ...


class Dice(Protocol):
    """Draws for jitter."""

    def uniform(self, low: float, high: float) -> float:
        """A number in [low, high)."""
        ...


class Reader(Protocol):
    """Reads a mail outside any transaction, in a process that can be stopped."""

    async def read(self, raw: bytes, context: ReadingContext) -> Reading:
        """Return the Reading of `raw`; a mail that breaks the reader gives the fallback reading, never an error."""
        ...

    async def read_all(self, mails: Sequence[tuple[bytes, ReadingContext]]) -> Sequence[Reading]:
        """The Reading of each of these mails, in their order: the same as reading one after another, but cheaper."""
        ...

    async def verify(
        self, raw: bytes, author_domain: str, keys: Mapping[str, Sequence[str]]
    ) -> Mapping[Candidate, DkimResult]:
        """What the DKIM signatures that could vouch for the author come to, with the records at their `key_name`.

        Raises Unavailable for a mail that breaks the reader.
        """
        ...


class SenderCheck(Protocol):
    """Asks the name servers who sent a mail."""

    async def check(self, envelope: Envelope, raw: bytes, forwarders: Sequence[str]) -> Authentication:
        """The verdict on the sender of a mail that `envelope.peer` handed in, by SPF, DKIM and DMARC (AR-14).

        `forwarders` are the dealer's own addresses that pass mail on to us. A name server that does not answer within a
        few seconds leaves the sender unauthenticated, never failed.
        """
        ...


class Door(Protocol):
    """The one door by which mail comes in: the accept step as listeners and watchers see it."""

    def refusal_for(self, forward_path: str) -> Reply | None:
        """None if we take mail for this forward-path (mailbox, alias, valid reply address, postmaster), else why."""
        ...

    async def accept(self, envelope: Envelope, content: bytes) -> Reply:
        """Put the mail into the journal; 250 only after the commit is on disk, otherwise a 4yz reply.

        Never raises; safe to be cancelled by a client that drops: the commit is shielded.
        """
        ...


class Composer(Protocol):
    """Renders a mail."""

    def compose(self, facts: MailFacts) -> ComposedMail:
        """Return the mail as bytes. Raises errors.Refused if it must not leave as it is (raw placeholder: PF57)."""
        ...


class Transport(Protocol):
    """Sends one mail over one mail server."""

    async def send(self, mail: OutgoingMail) -> SendResult:
        """Send and return the result for each recipient; never raises for what the network or the relay does."""
        ...

    async def close(self) -> None:
        """Let go of pooled connections."""
        ...
