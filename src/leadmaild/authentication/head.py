"""The header fields that tell who sent a mail, off its raw bytes, by the same reader that reading uses: what is checked
must be what is read."""

from dataclasses import dataclass

from leadmaild.model.address import parse_address
from leadmaild.reading.header_fields import LONGEST_BLOCK, read_field, split, with_plain_line_ends
from leadmaild.reading.message import HeaderField, Message
from leadmaild.reading.sender import sender_of

# Who writes a From as long as that has something in mind; taking it apart would hold up everything else.
_LONGEST_FROM = 8 * 1024
_WANTED = (b"from", b"dkim-signature", b"authentication-results")


@dataclass(frozen=True, slots=True)
class Head:
    """From, DKIM-Signature and Authentication-Results in their order, lines unfolded."""

    fields: tuple[HeaderField, ...] = ()

    @property
    def author_domain(self) -> str | None:
        """The domain of the one From address, in A-labels; None if there is none, or not just one (BI-35)."""
        if sum(len(h.raw) for h in self.fields if h.name == "from") > _LONGEST_FROM:
            return None
        sender = sender_of(Message(headers=self.fields))
        address = parse_address(sender.email) if sender.email and not sender.is_ambiguous else None
        return address.domain if address else None

    def all(self, name: str) -> tuple[str, ...]:
        """The values of all fields of that lower-case name as they were written, unfolded."""
        return tuple(h.raw.replace(b"\n", b"").decode("ascii", "replace") for h in self.fields if h.name == name)


def head_of(raw: bytes) -> Head:
    """The head of a mail; total."""
    block = split(with_plain_line_ends(raw[:LONGEST_BLOCK]))
    wanted = (f for f in block.fields if f.partition(b":")[0].strip().lower() in _WANTED)
    return Head(tuple(read_field(f) for f in wanted))
