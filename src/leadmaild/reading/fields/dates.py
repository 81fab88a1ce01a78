"""Months, dates, times of day and instants as mails write them, in five languages (lead-formats 4)."""

import re
from datetime import date

from leadmaild.reading.fields.folding import accents_folded, one_line

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "januar january janvier gennaio januari jan jaenner janv gen genn",
            "februar february fevrier febbraio februari feb febr fev feber fevr",
            "maerz march mars marzo maart mar mrz mrt maer marz",
            "april avril aprile apr avr",
            "mai may maggio mei mag",
            "juni june juin giugno jun giu",
            "juli july juillet luglio jul juil lug",
            "august aout agosto augustus aug ago",
            "september septembre settembre sep sept set sett",
            "oktober october octobre ottobre okt oct ott",
            "november novembre nov",
            "dezember december decembre dicembre dez dec dic",
        ),
        start=1,
    )
    for name in names.split()
}
_DAY_FIRST = re.compile(r"(?<!\d)(\d{1,2})\s?[./-]\s?(\d{1,2})\s?[./-]\s?(\d{4}|\d{2})(?!\d)")
_YEAR_FIRST = re.compile(r"(?<!\d)((?:19|20)\d{2})[-/.](\d{1,2})(?:[-/.](\d{1,2}))?(?!\d)")
_MONTH_YEAR = re.compile(r"(?<![\d./-])(\d{1,2})\s?[./-]\s?((?:19|20)\d{2}|\d{2})(?![\d./-])")
_NAMED = re.compile(r"(?:(?<!\d)(\d{1,2})(?:\.|er|e|st|nd|rd|th)?\s+)?\b([a-z]{3,10})\b\.?,?\s+((?:19|20)\d{2})(?!\d)")
_NAMED_FIRST = re.compile(r"\b([a-z]{3,10})\b\.?\s+(\d{1,2})(?:st|nd|rd|th)?,\s*((?:19|20)\d{2})(?!\d)")
_YEAR = re.compile(r"(?<![\d.,/-])((?:19|20)\d{2})(?![\d/-]|[.,]\d)")
_CLOCK = re.compile(r"(?<![\d.])([01]?\d|2[0-3])\s?[:.h]\s?([0-5]\d)(?![\d.]\d)", re.IGNORECASE)
_HOUR = re.compile(r"(?<![\d.:])([01]?\d|2[0-3])\s?(?:uhr|h\b|heures?|uur)", re.IGNORECASE)
_BARE_TIME = re.compile(
    r"(?:(?:um|at|à|alle|om|gegen)\s+)?([01]?\d|2[0-3])(?:\s?[:.h]\s?([0-5]\d))?\s*(?:uhr|h|heures?|uur)?",
    re.IGNORECASE,
)
_NAMED_AS_WRITTEN = re.compile(r"\b\d{1,2}\.?\s+[^\W\d_]{3,10}\.?\s+(?:19|20)\d{2}\b")
_WEEKDAY = re.compile(
    r"\b(?:mo|di|mi|do|fr|sa|so|montags?|dienstags?|mittwochs?|donnerstags?|freitags?|samstags?|sonnabends?|sonntags?|"
    r"monday|tuesday|wednesday|thursday|friday|saturday|sunday|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|"
    r"lunedì|martedì|mercoledì|giovedì|venerdì|sabato|domenica|maandag|dinsdag|woensdag|donderdag|vrijdag|zaterdag|"
    r"zondag|am|den|le|il|op)\b\.?",
    re.IGNORECASE,
)
_INSTANT = re.compile(
    r"(\d{4}-\d{2}-\d{2})[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*(Z|[+-]\d{1,2}(?::?\d{1,2})?)?(?!\d)",
    re.IGNORECASE,
)


def month_in(text: str) -> str | None:
    """Return `YYYY-MM` out of `03/2019`, `3.2019`, `01.02.2020`, `2017-04`, `Jun 2021`, `03/19`; None without month."""
    if found := _dated(text):
        return f"{found[0]:04d}-{found[1]:02d}"
    line = one_line(text)[:80]
    if m := _MONTH_YEAR.search(line):
        month, year = int(m[1]), _full_year(m[2])
        return f"{year:04d}-{month:02d}" if 1 <= month <= 12 else None
    return None


def year_in(text: str) -> int | None:
    """Return the year written in `text` (1900..2099), alone or within a date, or None."""
    if month := month_in(text):
        return int(month[:4])
    found = _YEAR.search(one_line(text)[:80])
    return int(found[1]) if found else None


def date_in(text: str) -> str | None:
    """Return the first whole date in `text` as `YYYY-MM-DD`, or None; a date without its year is none."""
    found = _dated(text)
    if not found or not found[2]:
        return None
    try:
        return date(*found).isoformat()
    except ValueError:
        return None


def time_in(text: str) -> str | None:
    """Return the first time of day in `text` as `HH:MM`, or None."""
    line = one_line(text)[:120]
    line = _DAY_FIRST.sub(" ", _YEAR_FIRST.sub(" ", line))
    if m := _CLOCK.search(line):
        return f"{int(m[1]):02d}:{m[2]}"
    if m := _HOUR.search(line):
        return f"{int(m[1]):02d}:00"
    return None


def instant_in(text: str) -> str | None:
    """Return an instant in ISO 8601 as written, its form mended: the broken offset `-08:0`, a local date; or None.

    No zone is added where none was written.
    """
    line = one_line(text)[:80]
    if m := _INSTANT.search(line):
        zone = _zone(m[5])
        return f"{m[1]}T{int(m[2]):02d}:{m[3]}:{m[4] or '00'}{zone}"
    day = date_in(line)
    if not day:
        return None
    clock = time_in(line)
    seconds = re.search(r"\d{1,2}:\d{2}:([0-5]\d)", line)
    return f"{day}T{clock}:{seconds[1] if seconds else '00'}" if clock else day


def wished_time_in(text: str) -> str | None:
    """Return the time beside a wished date: `HH:MM` where it stands bare, else the words (`zwischen 10 und 12 Uhr`)."""
    line = one_line(text)
    for pattern in (_YEAR_FIRST, _DAY_FIRST, _NAMED_AS_WRITTEN):
        line = pattern.sub(" ", line)
    line = " ".join(_WEEKDAY.sub(" ", line).split()).strip(" ,.-–/;")
    if bare := _BARE_TIME.fullmatch(line):
        return f"{int(bare[1]):02d}:{bare[2] or '00'}"
    return line or None


def _zone(written: str | None) -> str:
    if not written:
        return ""
    if written in "zZ":
        return "Z"
    digits = written[1:].replace(":", "")
    hours, minutes = (digits[:2], digits[2:]) if ":" not in written else written[1:].split(":")
    return f"{written[0]}{int(hours):02d}:{minutes.ljust(2, '0') if minutes else '00'}"


def _dated(text: str) -> tuple[int, int, int] | None:
    """(year, month, day) of the first date in `text`, day 0 where only a month is written."""
    line = one_line(text)[:80]
    if m := _YEAR_FIRST.search(line):
        return _checked(int(m[1]), int(m[2]), int(m[3] or 0))
    if m := _DAY_FIRST.search(line):
        first, second = int(m[1]), int(m[2])
        is_american = second > 12  # 10/20/2026
        return _checked(_full_year(m[3]), first if is_american else second, second if is_american else first)
    folded = accents_folded(line)
    for m in _NAMED.finditer(folded):
        if month := _MONTHS.get(m[2]):
            return _checked(int(m[3]), month, int(m[1] or 0))
    for m in _NAMED_FIRST.finditer(folded):
        if month := _MONTHS.get(m[1]):
            return _checked(int(m[3]), month, int(m[2]))
    return None


def _checked(year: int, month: int, day: int) -> tuple[int, int, int] | None:
    return (year, month, day) if 1900 <= year <= 2099 and 1 <= month <= 12 and 0 <= day <= 31 else None


def _full_year(written: str) -> int:
    year = int(written)
    if len(written) == 4:
        return year
    return 2000 + year if year < 60 else 1900 + year
