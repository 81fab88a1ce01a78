"""Days off: merging, taking out, joining into runs (R10, R19)."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadmaild.escalation.days_off import DaysOff, merged_days_off
from leadmaild.model.location import DayOff

from .build import off

DAY = timedelta(days=1)
FIRST = date(2026, 1, 1)
ranges = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 9)).map(
        lambda r: DayOff(FIRST + r[0] * DAY, FIRST + (r[0] + r[1]) * DAY, "x")
    ),
    max_size=8,
)


@pytest.mark.rule("R10")
def test_overlapping_days_off_are_one_and_keep_both_labels():
    merged = merged_days_off([off("2026-12-24", "2026-12-31", "Betriebsferien"), off("2026-12-25", "", "Weihnachten")])
    assert merged == (off("2026-12-24", "2026-12-31", "Betriebsferien, Weihnachten"),)


def test_days_off_that_only_touch_keep_their_own_entries_but_are_one_run():
    days = [off("2026-12-26", "", "Zweiter"), off("2026-12-25", "", "Erster")]
    assert merged_days_off(days) == (days[1], days[0])
    assert DaysOff.of(days).run_of(date(2026, 12, 26)) == (date(2026, 12, 25), date(2026, 12, 26))


@pytest.mark.rule("R10")
def test_a_day_taken_out_splits_its_range():
    taken_out = [date(2026, 12, 24), date(2026, 12, 28), date(2026, 12, 31), date(2026, 5, 1)]
    assert merged_days_off([off("2026-12-24", "2026-12-31", "zu")], taken_out) == (
        off("2026-12-25", "2026-12-27", "zu"),
        off("2026-12-29", "2026-12-30", "zu"),
    )
    assert merged_days_off([off("2026-05-01")], taken_out) == ()


def test_a_range_that_ends_before_it_begins_is_refused():
    with pytest.raises(ValueError, match="before it begins"):
        merged_days_off([off("2026-12-24", "2026-12-23")])


@settings(max_examples=100, deadline=None)
@given(ranges, st.sets(st.integers(0, 70).map(lambda n: FIRST + n * DAY)))
def test_exactly_the_days_that_were_off_and_not_taken_out_are_off(days, taken_out):
    expected = {d.first + n * DAY for d in days for n in range((d.until - d.first).days + 1)} - taken_out
    merged = merged_days_off(days, taken_out)
    assert all(one.until < other.first for one, other in pairwise(merged))
    runs = DaysOff.of(merged)
    for day in (FIRST + n * DAY for n in range(-1, 75)):
        run = runs.run_of(day)
        assert (run is not None) == (day in expected)
        if run is not None:
            assert run[0] - DAY not in expected
            assert run[1] + DAY not in expected
