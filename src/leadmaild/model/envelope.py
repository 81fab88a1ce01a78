"""The envelope of a mail that came in, and what is known of its sender."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from leadmaild.model.address import ReversePath


class Channel(StrEnum):
    """How a mail came in."""

    SMTP = "smtp"
    LMTP = "lmtp"
    IMAP = "imap"
    PIPE = "pipe"


class SenderVerdict(StrEnum):
    """What SPF, DKIM and DMARC say of the sender (security.md AR-14)."""

    AUTHENTICATED = "authenticated"
    UNAUTHENTICATED = "unauthenticated"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class LedgerKey:
    """The identity of a message in a watched mailbox: what the IMAP ledger remembers (RFC 3501 2.3.1.1, PF5)."""

    mailbox: str  # the name of the [[imap]] block
    uidvalidity: int
    uid: int


@dataclass(frozen=True, slots=True)
class Envelope:
    """One mail transaction: who handed it in, for whom, how.

    `reverse_path` is None where the channel does not tell (IMAP or pipe without --from): unknown, not null (AR-01).
    `peer` is the client's IP address, "" for a unix socket or a pipe; by IMAP the name of the [[imap]] block.
    `is_trusted_client` says the peer stands in `trusted_networks`, or the channel is IMAP, LMTP or pipe: the dealer's
    own server let the mail in.
    """

    channel: Channel
    reverse_path: ReversePath | None
    forward_paths: tuple[str, ...]
    received_at: datetime
    peer: str = ""
    helo: str = ""
    is_trusted_client: bool = True
    sender_verdict: SenderVerdict = SenderVerdict.UNAUTHENTICATED
    is_first_scan: bool = False
    ledger_key: LedgerKey | None = None  # IMAP only: recorded in the same commit as the mail

    @property
    def is_from_anywhere(self) -> bool:
        """Whether we are the MX for this mail: nobody but us has looked at who sent it (AR-14)."""
        return self.channel is Channel.SMTP and not self.is_trusted_client
