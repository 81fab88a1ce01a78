"""What is kept about people, and when it goes: retention, erasure, suppression (R180, R181, AR-24)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Kept(StrEnum):
    """What retention comes to, by the key of its span in `[retention]` (R180); in the order in which it goes."""

    RAW_MAIL_WITHOUT_LEAD = "raw_mail_without_lead"
    RAW_MAIL = "raw_mail"
    SUPPRESSED_BODIES = "suppressed_bodies"
    CLOSED_LEADS = "closed_leads"


@dataclass(frozen=True, slots=True)
class PersonRecords:
    """Everything that is kept about one person: his normalised addresses, and the ids of what names him."""

    addresses: frozenset[str] = frozenset()
    contacts: tuple[int, ...] = ()
    leads: tuple[int, ...] = ()
    mails: tuple[int, ...] = ()  # journal ids
    outgoing: tuple[int, ...] = ()  # queue ids


class SuppressionReason(StrEnum):
    """Why an address gets no automatic mail (AR-24)."""

    HARD_BOUNCE = "hard_bounce"
    COMPLAINT = "complaint"
    OPT_OUT = "opt_out"
    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class Suppressed:
    """One line of the suppression list. The address itself is not kept: `digest` is its keyed hash (R181)."""

    digest: str
    reason: SuppressionReason
    since: datetime
