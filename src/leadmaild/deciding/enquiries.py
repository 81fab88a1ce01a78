"""The enquiries of one mail that somebody can be reached for (R167), each with what the world knows about it."""

from dataclasses import dataclass

from leadmaild.deciding.case import Case
from leadmaild.deciding.redirect import normal
from leadmaild.model.reading import Classification, Person, Prospect, Reading
from leadmaild.model.snapshot import ProspectFacts


@dataclass(frozen=True, slots=True)
class Enquired:
    """One enquiry and its facts. `is_answer`: it is a customer's answer in a running conversation."""

    prospect: Prospect
    facts: ProspectFacts
    is_answer: bool = False


def enquiries_of(case: Case) -> tuple[Enquired, ...]:
    """The reachable prospects of the mail. An answer without a prospect becomes one: if its thread is not ours it is a
    normal new mail (PF24)."""
    reading, known = case.reading, case.snapshot.prospects
    is_answer = reading.classification is Classification.CUSTOMER_REPLY
    found = [
        Enquired(prospect, known[place] if place < len(known) else ProspectFacts(), is_answer)
        for place, prospect in enumerate(reading.prospects)
    ]
    if not found and is_answer:
        found = [Enquired(prospect_of_answer(reading), case.snapshot.sender, is_answer=True)]
    return tuple(one for one in found if one.prospect.contact.is_reachable)


def is_same_person(one: Person, other: Person) -> bool:
    """Whether two enquiries of one mail are of one customer: by address, by telephone only without one (R37)."""
    ours, theirs = normal(one.email or one.relay_email), normal(other.email or other.relay_email)
    if ours or theirs:
        return ours == theirs
    return bool(set(one.phones) & set(other.phones))


def prospect_of_answer(reading: Reading) -> Prospect:
    """The enquiry an answer in a conversation is, taken by itself: its writer and his new words."""
    reply = reading.reply
    return Prospect(
        source=reading.source or "direct_email",
        contact=Person(
            email=(reply.from_email if reply else None) or reading.sender.email,
            name=(reply.from_name if reply else None) or reading.sender.name,
            phones=reply.phones if reply else (),
        ),
        message=(reply.message if reply else None) or reading.text or None,
        confidence=reading.confidence,
    )
