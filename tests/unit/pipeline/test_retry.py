from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadmaild.pipeline.retry import next_attempt_at

FIRST = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
FIVE_DAYS = timedelta(days=5)
DRAWS = st.floats(0, 1, exclude_max=True)


def schedule(max_age: timedelta, draws: list[float] | float) -> list[timedelta]:
    """The ages at which a mail that is always deferred is tried."""
    ages, now = [timedelta(0)], FIRST
    while True:
        draw = draws if isinstance(draws, float) else draws[len(ages) % len(draws)]
        after = next_attempt_at(now, len(ages), FIRST, max_age, draw)
        if after is None:
            return ages
        now = after
        ages.append(now - FIRST)


@pytest.mark.rule("SP-17")
def test_attempts_come_after_1_5_15_30_minutes_then_1_2_4_hours():
    minutes = [age / timedelta(minutes=1) for age in schedule(FIVE_DAYS, 0.5)]

    assert [b - a for a, b in pairwise(minutes)][:9] == [1, 5, 15, 30, 60, 120, 240, 240, 240]


@pytest.mark.rule("SP-17")
def test_the_last_attempt_is_made_at_max_age_and_then_the_mail_is_given_up():
    ages = schedule(FIVE_DAYS, 0.5)

    assert ages[-1] == FIVE_DAYS
    assert len(ages) == 37


@pytest.mark.rule("SP-17")
@given(st.integers(1, 50), DRAWS)
def test_jitter_stays_within_a_fifth(attempts, draw):
    nominal = next_attempt_at(FIRST, attempts, FIRST, FIVE_DAYS, 0.5) - FIRST
    delay = next_attempt_at(FIRST, attempts, FIRST, FIVE_DAYS, draw) - FIRST

    assert 0.8 * nominal <= delay <= 1.2 * nominal


@given(st.timedeltas(timedelta(minutes=1), timedelta(days=10)), st.lists(DRAWS, min_size=5, max_size=20))
def test_attempts_always_move_forward_and_never_outlive_max_age(max_age, draws):
    ages = schedule(max_age, draws)

    assert ages == sorted(set(ages))
    assert ages[-1] == max_age


@pytest.mark.rule("SP-18")
@pytest.mark.rule("BI-78")
def test_a_clock_that_jumps_ten_years_ahead_does_not_fail_a_young_mail():
    jumped = FIRST + timedelta(days=3650)
    tried_again_at = [next_attempt_at(jumped, attempts, FIRST, FIVE_DAYS, 0.5) for attempts in range(1, 6)]

    assert [at and at - jumped for at in tried_again_at] == [timedelta(minutes=m) for m in (1, 5, 15, 30)] + [None]


@pytest.mark.rule("SP-18")
def test_a_clock_that_jumps_back_makes_no_storm():
    jumped = FIRST - timedelta(days=3650)

    assert next_attempt_at(jumped, 3, FIRST, FIVE_DAYS, 0.0) == jumped + timedelta(minutes=12)
