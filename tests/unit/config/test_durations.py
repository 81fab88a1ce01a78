from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadmaild.config.durations import format_duration, parse_duration, parse_size


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("90s", timedelta(seconds=90)),
        ("30m", timedelta(minutes=30)),
        ("2h", timedelta(hours=2)),
        ("1d", timedelta(days=1)),
        ("1h30m", timedelta(minutes=90)),
        ("0", timedelta(0)),
        ("0m", timedelta(0)),
        (0, timedelta(0)),
    ],
)
def test_a_duration_is_a_number_and_its_unit(text, span):
    assert parse_duration(text) == span


@pytest.mark.parametrize("text", ["", "2", 2, "h", "2 h", "-2h", "1.5h", "2w", "２h", True, False, None, "9999999d"])
def test_anything_else_is_no_duration(text):
    with pytest.raises(ValueError, match=r"duration|longer"):
        parse_duration(text)


@given(st.integers(0, 10**8).map(lambda seconds: timedelta(seconds=seconds)))
def test_a_duration_that_was_written_is_read_back(span):
    assert parse_duration(format_duration(span)) == span


@pytest.mark.parametrize(
    ("text", "count"), [("25MiB", 25 * 1024**2), ("500KiB", 512000), ("1GB", 10**9), ("7B", 7), ("1kB", 1000)]
)
def test_a_size_is_a_number_and_its_unit(text, count):
    assert parse_size(text) == count


@pytest.mark.parametrize("text", ["", "25", 25, "25 MiB", "-1MiB", "MiB", "25mib", None])
def test_anything_else_is_no_size(text):
    with pytest.raises(ValueError, match="is not a size"):
        parse_size(text)
