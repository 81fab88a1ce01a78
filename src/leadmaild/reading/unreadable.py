"""The reading of a mail that broke the reader: by the simplest means, for a person to see (security.md A.2).

It runs where a crash would hurt, so it looks at little and parses nothing that nests.
"""

from leadmaild.model.reading import (
    Classification,
    Person,
    Prospect,
    Reading,
    Verdict,
    Verdicts,
)
from leadmaild.reading import header_fields
from leadmaild.reading.fallback import by_bytes
from leadmaild.reading.fields.addresses import is_robot
from leadmaild.reading.sender import sender_of
from leadmaild.reading.threading import message_id_of

_BYTES_LOOKED_AT = 64 * 1024
_CONFIDENCE = 0.3


def unreadable(raw: bytes, why: str) -> Reading:
    """The fallback reading of `raw`: its text and sender; a lead for review if the sender can be written to."""
    head = header_fields.with_plain_line_ends(raw[:_BYTES_LOOKED_AT])
    message = by_bytes(header_fields.split(head), why)
    sender = sender_of(message)
    has_way = sender.email is not None and not sender.is_ambiguous and not is_robot(sender.email)
    text = "\n\n".join(part.text for part in message.parts if part.text)
    prospect = Prospect(
        source="generic",
        contact=Person(name=sender.name, email=sender.email),
        message=text or None,
        confidence=_CONFIDENCE,
    )
    evidence = (f"AR-26: the mail could not be read ({why})",)
    return Reading(
        classification=Classification.LEAD,
        reason=why,
        subject=(message.get("subject") or "")[:500],
        sender=sender,
        text=text,
        prospects=(prospect,) if has_way else (),
        needs_review=True,
        review_reasons=(why,),
        confidence=_CONFIDENCE if has_way else 0.0,
        source="generic",
        verdicts=Verdicts(Verdict(has_way, (why,)), Verdict(False, evidence), Verdict(False)),
        message_id=message_id_of(message),
        repairs=message.repairs,
        broke_reader=True,
    )
