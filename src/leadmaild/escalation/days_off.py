"""Days off as ranges of local dates: taking days out again, merging what overlaps, joining what touches (R10, R19)."""

from bisect import bisect_right
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from leadmaild.model.location import DayOff

ONE_DAY = timedelta(days=1)


def merged_days_off(days_off: Iterable[DayOff], taken_out: Collection[date] = ()) -> tuple[DayOff, ...]:
    """The days off in order, without the dates taken out again, overlapping ones made one (R10).

    Ranges that only touch stay apart, so that each keeps its label; DaysOff joins them into runs. The label of merged
    ranges names each of them once. A range that ends before it begins is a mistake of the caller: ValueError.
    """
    kept = [piece for day_off in days_off for piece in _without(day_off, sorted(taken_out))]
    merged: list[DayOff] = []
    for day_off in sorted(kept, key=lambda d: (d.first, d.until)):
        if merged and day_off.first <= merged[-1].until:
            last = merged[-1]
            merged[-1] = DayOff(last.first, max(last.until, day_off.until), _joined(last.label, day_off.label))
        else:
            merged.append(day_off)
    return tuple(merged)


def clipped_days_off(days_off: Iterable[DayOff], first: date, until: date) -> tuple[DayOff, ...]:
    """The days off within the dates [first, until), cut to them."""
    last = until - ONE_DAY
    return tuple(
        DayOff(max(d.first, first), min(d.until, last), d.label)
        for d in days_off
        if d.first <= last and d.until >= first
    )


@dataclass(frozen=True, slots=True)
class DaysOff:
    """The runs of days off: maximal stretches of successive dates that are all off, in order (R19).

    A closed Sunday between two days off is not part of a run.
    """

    firsts: tuple[date, ...]
    lasts: tuple[date, ...]

    @classmethod
    def of(cls, days_off: Iterable[DayOff]) -> "DaysOff":
        """Join ranges that overlap or touch into runs."""
        firsts: list[date] = []
        lasts: list[date] = []
        for day_off in merged_days_off(days_off):
            if lasts and day_off.first == lasts[-1] + ONE_DAY:
                lasts[-1] = day_off.until
            else:
                firsts.append(day_off.first)
                lasts.append(day_off.until)
        return cls(tuple(firsts), tuple(lasts))

    def run_of(self, day: date) -> tuple[date, date] | None:
        """The first and the last date of the run that `day` is in; None if the day is not off."""
        index = bisect_right(self.firsts, day) - 1
        return (self.firsts[index], self.lasts[index]) if index >= 0 and day <= self.lasts[index] else None


def _without(day_off: DayOff, taken_out: Iterable[date]) -> Iterable[DayOff]:
    if day_off.until < day_off.first:
        raise ValueError(f"a day off ends before it begins: {day_off}")
    first = day_off.first
    for day in taken_out:
        if first <= day <= day_off.until:
            if first < day:
                yield DayOff(first, day - ONE_DAY, day_off.label)
            if day == day_off.until:
                return
            first = day + ONE_DAY
    yield DayOff(first, day_off.until, day_off.label)


def _joined(one: str, other: str) -> str:
    return ", ".join(dict.fromkeys(label for labels in (one, other) for label in labels.split(", ") if label))
