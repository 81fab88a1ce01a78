"""What is remembered of a watched mailbox."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Opening:
    """When we first looked: `first_uidnext` under this UIDVALIDITY, `first_at` at this mailbox under any."""

    first_uidnext: int
    first_at: datetime


@dataclass(frozen=True, slots=True)
class KnownMessages:
    """Of the UIDs asked for: those whose mail is in the journal, and those refused unfetched."""

    taken: frozenset[int] = frozenset()
    refused: frozenset[int] = frozenset()
