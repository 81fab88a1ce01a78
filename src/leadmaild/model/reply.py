"""SMTP replies as values: what a step tells the peer (RFC 5321 4.2, enhanced codes RFC 3463)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply: three-digit code, enhanced code, and a text that is safe to show to any peer."""

    code: int
    enhanced_code: str
    text: str

    @property
    def is_positive(self) -> bool:
        """Whether this is a 2yz reply."""
        return 200 <= self.code < 300

    def __str__(self) -> str:
        return f"{self.code} {self.enhanced_code} {self.text}" if self.enhanced_code else f"{self.code} {self.text}"


TRY_AGAIN = Reply(451, "4.3.0", "Temporary failure, please try again later")
SHUTTING_DOWN = Reply(421, "4.3.2", "Service shutting down, please try again later")
TOO_LARGE = Reply(552, "5.3.4", "Message too big")
STORAGE_FULL = Reply(452, "4.3.1", "Insufficient system storage")
UNKNOWN_MAILBOX = Reply(550, "5.1.1", "No such mailbox here")
NO_RELAY = Reply(550, "5.7.1", "Relaying denied")
BAD_ADDRESS = Reply(553, "5.1.3", "Malformed address")
TOO_MANY_RECIPIENTS = Reply(452, "4.5.3", "Too many recipients")
