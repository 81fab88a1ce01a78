"""Durations and sizes as people write them in settings: `90s`, `30m`, `2h`, `1d`; `25MiB`."""

import re
from datetime import timedelta

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_BYTES = {"B": 1, "kB": 1000, "MB": 1000**2, "GB": 1000**3, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}
_DURATION = re.compile(r"(?:\d{1,9}[smhd])+", re.ASCII)
_PART = re.compile(r"(\d+)([smhd])", re.ASCII)
_SIZE = re.compile(r"(\d{1,12})(" + "|".join(_BYTES) + ")", re.ASCII)
# Nothing in a dealership lasts longer; a larger number is a slip of the pen.
LONGEST = timedelta(days=36525)


def parse_duration(text: object) -> timedelta:
    """Return the duration in `text`: a number with s, m, h or d, several in a row added up (`1h30m`), or 0.

    Raises ValueError with words that say what is right.
    """
    if text in ("0", 0) and not isinstance(text, bool):
        return timedelta(0)
    if not isinstance(text, str) or not _DURATION.fullmatch(text):
        raise ValueError('is not a duration; write a number and its unit, such as "90s", "30m", "2h" or "1d"')
    seconds = sum(int(number) * _SECONDS[unit] for number, unit in _PART.findall(text))
    if seconds > LONGEST.total_seconds():
        raise ValueError("is longer than a hundred years")
    return timedelta(seconds=seconds)


def format_duration(span: timedelta) -> str:
    """Return `span` in the largest units that write it exactly; parse_duration reads it back."""
    left, parts = int(span.total_seconds()), []
    for unit in "dhms":
        count, left = divmod(left, _SECONDS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0"


def parse_size(text: object) -> int:
    """Return the number of bytes in `text`, such as `25MiB`. Raises ValueError with words that say what is right."""
    match = _SIZE.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError('is not a size; write a number and its unit, such as "500KiB" or "25MiB"')
    return int(match[1]) * _BYTES[match[2]]
