"""Notices to staff are never dropped, but beyond a number an hour to one address they wait and go as one digest every
quarter of an hour (security.md 2.2, PF29, PF49)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from leadmaild.model.work import RecentNotices
from leadmaild.pipeline.parcels import Parcel
from leadmaild.ports.stores import Transaction

MOST_AN_HOUR = 20
SLOT = timedelta(minutes=15)
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_NONE = RecentNotices(0, _EPOCH)


@dataclass(frozen=True, slots=True)
class Split:
    """The parcels that may leave now, and those that wait `until` the next quarter of an hour."""

    going: tuple[Parcel, ...]
    waiting: tuple[Parcel, ...]
    until: datetime


async def split(tx: Transaction, parcels: Sequence[Parcel], now: datetime) -> Split:
    """Ask the budget about the parcels of one batch, in their order."""
    counted = [parcel for parcel in parcels if is_counted(parcel)]
    addresses = {address for parcel in counted for address in addresses_of(parcel)}
    recent = await tx.notices.recent(sorted(addresses), now) if addresses else {}
    going, waiting = [], []
    for parcel in parcels:
        if not is_counted(parcel) or _may_leave(parcel, recent, now):
            going.append(parcel)
        else:
            waiting.append(parcel)
            continue
        for address in addresses_of(parcel) if is_counted(parcel) else ():
            recent[address] = RecentNotices(recent.get(address, _NONE).count + 1, now)
    return Split(tuple(going), tuple(waiting), _slot_of(now) + SLOT)


def is_counted(parcel: Parcel) -> bool:
    """Whether this is a notice to staff that leaves for the first time."""
    return parcel.composed is None and parcel.first.item.kind.is_staff_notice and not parcel.first.suppressed_by


def addresses_of(parcel: Parcel) -> tuple[str, ...]:
    """Its recipients, case-folded, each once."""
    return tuple(dict.fromkeys(address.casefold() for address in parcel.first.to))


def _may_leave(parcel: Parcel, recent: dict[str, RecentNotices], now: datetime) -> bool:
    known = [recent.get(address, _NONE) for address in addresses_of(parcel)]
    if all(notices.count < MOST_AN_HOUR for notices in known):
        return True
    # What has waited leaves, all of it in one mail, unless this quarter of an hour has had its digest.
    has_waited = any(item.run_at > item.created_at for item in parcel.items)
    return has_waited and all(notices.last_at < _slot_of(now) for notices in known)


def _slot_of(now: datetime) -> datetime:
    return now - (now - _EPOCH) % SLOT
