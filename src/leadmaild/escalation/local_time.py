"""Local wall-clock time as elapsed time: which instants lie inside a window of a local clock (R12).

A change of the clock makes the two differ. In a gap (clock put forward) local times are missing, in a fold (clock put
back) they happen twice. A working minute is an elapsed minute during which the local clock is inside the window, so a
window whose edge lies in a fold is open twice.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo


class Span(NamedTuple):
    """A half-open span of elapsed time between two UTC instants."""

    start: datetime
    end: datetime


def spans_within(zone: ZoneInfo, opens: datetime, closes: datetime) -> list[Span]:
    """The spans during which the clock of `zone` is in [opens, closes), both naive local times, in order.

    One span on ordinary days; none if the window lies in a gap; two if a fold cuts it.
    """
    offsets = [zone.utcoffset(edge.replace(fold=fold)) for edge in (opens, closes) for fold in (0, 1)]
    first = offsets[0]
    if all(offset == first for offset in offsets):
        return [Span(_at_offset(opens, first), _at_offset(closes, first))]
    earliest = min(_at_offset(opens, offset) for offset in offsets[:2])
    latest = max(_at_offset(closes, offset) for offset in offsets[2:])
    return list(_clipped(zone, opens, closes, Span(earliest, latest)))


def _clipped(zone: ZoneInfo, opens: datetime, closes: datetime, search: Span) -> Iterator[Span]:
    """Clip the window on each stretch of constant offset, and join what touches."""
    open_span: Span | None = None
    for stretch, offset in _stretches(zone, search):
        start, end = max(stretch.start, _at_offset(opens, offset)), min(stretch.end, _at_offset(closes, offset))
        if start >= end:
            continue
        if open_span is not None and open_span.end == start:
            open_span = Span(open_span.start, end)
            continue
        if open_span is not None:
            yield open_span
        open_span = Span(start, end)
    if open_span is not None:
        yield open_span


def _stretches(zone: ZoneInfo, search: Span) -> Iterator[tuple[Span, timedelta]]:
    """Cut `search` where the offset of the zone changes; found by bisection, since zones do not list their changes."""
    start = search.start
    while start < search.end:
        offset, end = _offset_at(zone, start), search.end
        if _offset_at(zone, end) != offset:
            unchanged, changed = 0, int((end - start).total_seconds())
            while changed - unchanged > 1:
                middle = (unchanged + changed) // 2
                if _offset_at(zone, start + timedelta(seconds=middle)) == offset:
                    unchanged = middle
                else:
                    changed = middle
            end = start + timedelta(seconds=changed)
        yield Span(start, end), offset
        start = end


def _offset_at(zone: ZoneInfo, instant: datetime) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta(0)


def _at_offset(local: datetime, offset: timedelta | None) -> datetime:
    return (local - (offset or timedelta(0))).replace(tzinfo=UTC, fold=0)
