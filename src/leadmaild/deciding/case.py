"""One mail on the table: what was read, how it came in, what the world knows, and the trace of the rules asked."""

from dataclasses import dataclass, field
from datetime import datetime

from leadmaild.model.envelope import Envelope, SenderVerdict
from leadmaild.model.location import Location, SourceSettings
from leadmaild.model.reading import Prospect, Reading
from leadmaild.model.snapshot import Snapshot
from leadmaild.model.trace import Trace


@dataclass(frozen=True, slots=True)
class Case:
    """Everything the rules may look at; `now` is a UTC instant. Only the trace grows while they are asked."""

    reading: Reading
    envelope: Envelope
    snapshot: Snapshot
    now: datetime
    trace: Trace = field(default_factory=Trace)

    @property
    def receiving(self) -> Location:
        """The location whose mailbox received the mail."""
        return self.snapshot.receiving

    @property
    def is_verified(self) -> bool:
        """Whether the sender may be taken for who he says he is: his check did not fail and all readers agree on him
        (R37, AR-22). For a portal's mail that is the portal."""
        return self.envelope.sender_verdict is not SenderVerdict.FAILED and not self.reading.sender.is_ambiguous


def source_settings(location: Location, prospect: Prospect) -> SourceSettings:
    """The location's own settings for where an enquiry came from (Q18)."""
    return location.source_of(prospect.source, prospect.source_provider)
