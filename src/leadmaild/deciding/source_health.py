"""Whether a source still sends, and whether its mails are still read as before (R165): pure judgement of what is known.

A portal that changes its layout, or a mailbox that is no longer entered there, shows here before somebody misses leads.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from leadmaild.model.location import SourceSettings
from leadmaild.model.reading import Prospect

# The last leads of a source are compared with as many before them.
LEADS_COMPARED = 50
# Fewer leads on either side say nothing.
LEAST_LEADS = 20
# A fill rate has broken down when it fell by so much (of 1).
BREAKDOWN = 0.4
# Whoever nobody described is no source that could fall silent: each of them may have written once.
NO_SOURCE = "generic"

_FIELDS: Mapping[str, Callable[[Prospect], object]] = {
    "contact.name": lambda p: p.contact.name or p.contact.last_name or p.contact.first_name or p.contact.company,
    "contact.email": lambda p: p.contact.email or p.contact.relay_email,
    "contact.phone": lambda p: p.contact.phones,
    "vehicle": lambda p: p.vehicle,
    "message": lambda p: p.message,
}


@dataclass(frozen=True, slots=True)
class SourceMails:
    """What one source has sent to one location: how many mails in the last 30 days, and when the last one came."""

    location: str
    last_mail_at: datetime
    mails_30d: int = 0
    is_silent: bool = False


@dataclass(frozen=True, slots=True)
class FillRate:
    """How often a field was found, of 1: in the last leads, and in those before (None: there are none).

    `is_drifted`: it broke down, and there are leads enough to say so.
    """

    field: str
    now: float
    before: float | None
    is_drifted: bool


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """One source in all locations. `rates` is empty while it has made no lead."""

    id: str
    mails: tuple[SourceMails, ...]
    rates: tuple[FillRate, ...] = field(default=())

    @property
    def mails_30d(self) -> int:
        """How many mails it sent in the last 30 days."""
        return sum(one.mails_30d for one in self.mails)

    @property
    def last_mail_at(self) -> datetime:
        """When its last mail came."""
        return max(one.last_mail_at for one in self.mails)

    @property
    def silent_at(self) -> tuple[str, ...]:
        """The locations that it sends nothing to any more."""
        return tuple(one.location for one in self.mails if one.is_silent)

    @property
    def drifted(self) -> tuple[FillRate, ...]:
        """The fields that are not found any more as they were."""
        return tuple(rate for rate in self.rates if rate.is_drifted)


def is_silent(source: SourceSettings, last_mail_at: datetime, now: datetime) -> bool:
    """Whether a source that has sent mail to a location sends none any more, by the location's settings for it (R165).

    A source that is switched off there may be silent, as may one whose `silence_warning` is 0.
    """
    if source.id == NO_SOURCE or not source.enabled:
        return False
    return timedelta(0) < source.silence_warning <= now - last_mail_at


def fill_rates(newest_first: Sequence[Prospect]) -> tuple[FillRate, ...]:
    """The fill rates of the fields that matter, over what was read for a source's leads (R165)."""
    latest, before = newest_first[:LEADS_COMPARED], newest_first[LEADS_COMPARED : 2 * LEADS_COMPARED]
    if not latest:
        return ()
    is_enough = min(len(latest), len(before)) >= LEAST_LEADS
    return tuple(_fill_rate(name, latest, before, is_enough=is_enough) for name in _FIELDS)


def _fill_rate(name: str, latest: Sequence[Prospect], before: Sequence[Prospect], *, is_enough: bool) -> FillRate:
    now, earlier = _share(name, latest), _share(name, before) if before else None
    # In hundredths: 0.9 - 0.5 is a little less than 0.4.
    has_fallen = earlier is not None and round(earlier - now, 2) >= BREAKDOWN
    return FillRate(name, now, earlier, is_drifted=is_enough and has_fallen)


def _share(name: str, prospects: Sequence[Prospect]) -> float:
    return sum(bool(_FIELDS[name](prospect)) for prospect in prospects) / len(prospects)
