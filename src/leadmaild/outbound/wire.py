"""What goes on the wire: addresses that cannot carry a second command, content that cannot end early (SP-09, A.4)."""

import re
from dataclasses import dataclass

from leadmaild.model.address import parse_address
from leadmaild.model.outgoing import Delivery, OutgoingMail, RecipientResult

_BARE_LINE_END = re.compile(rb"\r*\n|\r")


@dataclass(frozen=True, slots=True)
class CheckedEnvelope:
    """An envelope whose addresses were checked by us, not left to a library (security.md A.4).

    `recipients` maps what the caller wrote to what goes on the wire, each once; `refused` are the results of those
    that are no addresses: they never leave.
    """

    reverse_path: str
    recipients: dict[str, str]
    refused: tuple[RecipientResult, ...] = ()


def check_envelope(mail: OutgoingMail) -> CheckedEnvelope:
    """Return the envelope of `mail` with every address checked and its domain in A-labels.

    A reverse-path that is no address (and not "", the null reverse-path) refuses every recipient: answering from
    anywhere else would send bounces astray.
    """
    sender = parse_address(mail.reverse_path) if mail.reverse_path else None
    if mail.reverse_path and sender is None:
        reply = "553 5.1.7 the reverse-path is not a valid address; not sent"
        return CheckedEnvelope("", {}, tuple(RecipientResult(r, Delivery.REFUSED, reply) for r in mail.recipients))
    addresses = {recipient: parse_address(recipient) for recipient in mail.recipients}
    reply = "553 5.1.3 not a valid address; not sent"
    return CheckedEnvelope(
        reverse_path=str(sender) if sender else "",
        recipients={recipient: str(address) for recipient, address in addresses.items() if address},
        refused=tuple(RecipientResult(r, Delivery.REFUSED, reply) for r, address in addresses.items() if not address),
    )


def with_crlf(content: bytes) -> bytes:
    """Return `content` with CRLF as its only line end, and one at its end (RFC 5321 2.3.8, SP-09)."""
    line_ends = content.count(b"\r\n")
    if content.count(b"\n") != line_ends or content.count(b"\r") != line_ends:
        content = _BARE_LINE_END.sub(b"\r\n", content)
    return content if content.endswith(b"\r\n") else content + b"\r\n"


def dot_stuffed(content: bytes) -> bytes:
    """Return CRLF `content` with each leading dot doubled (RFC 5321 4.5.2), without the final dot."""
    stuffed = content.replace(b"\r\n.", b"\r\n..")
    return b"." + stuffed if stuffed.startswith(b".") else stuffed
