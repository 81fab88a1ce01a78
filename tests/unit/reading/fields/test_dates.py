"""Months, dates and instants as mails write them."""

import pytest

from leadmaild.reading.fields.dates import date_in, instant_in, month_in, time_in, wished_time_in, year_in


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("03/2019", "2019-03"), ("3.2019", "2019-03"), ("01.02.2020", "2020-02"), ("2017-04", "2017-04"),
        ("Jun 2021", "2021-06"), ("März 2018", "2018-03"), ("mars 2019", "2019-03"), ("août 2017", "2017-08"),
        ("giugno 2016", "2016-06"), ("mei 2015", "2015-05"), ("03/19", "2019-03"), ("EZ 12/2016", "2016-12"),
        ("13/2019", None), ("2019", None), ("bald", None), ("31.12.1999", "1999-12"),
    ],
)  # fmt: skip
def test_a_first_registration_is_a_month(text: str, month: str | None) -> None:
    assert month_in(text) == month


def test_a_year_alone_is_a_year_and_no_month() -> None:
    assert (year_in("2018"), month_in("2018")) == (2018, None)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-10-10T08:15:00+02:00", "2026-10-10T08:15:00+02:00"),
        ("2026-10-10T08:15:00-08:0", "2026-10-10T08:15:00-08:00"),
        ("2026-10-10T08:15:00-0800", "2026-10-10T08:15:00-08:00"),
        ("2026-10-10 08:15", "2026-10-10T08:15:00"),
        ("2026-10-10T08:15:00Z", "2026-10-10T08:15:00Z"),
        ("10.10.2026 08:15", "2026-10-10T08:15:00"),
        ("10/20/2026", "2026-10-20"),
        ("", None),
        ("soon", None),
    ],
)
def test_an_instant_keeps_its_zone_and_gets_none_it_had_not(text: str, instant: str | None) -> None:
    assert instant_in(text) == instant


@pytest.mark.parametrize(
    ("text", "day", "time"),
    [
        ("24.10.2026, 14:30 Uhr", "2026-10-24", "14:30"),
        ("Samstag, 24.10.2026 zwischen 10 und 12 Uhr", "2026-10-24", "zwischen 10 und 12 Uhr"),
        ("24. Oktober 2026 um 9 Uhr", "2026-10-24", "09:00"),
        ("am 17.10. nachmittags", None, "17.10. nachmittags"),
        ("31.02.2026", None, None),
    ],
)
def test_a_wish_is_a_date_where_it_is_whole_and_words_where_not(text: str, day: str | None, time: str | None) -> None:
    assert (date_in(text), wished_time_in(text)) == (day, time)


@pytest.mark.parametrize(
    ("text", "clock"), [("um 14:05", "14:05"), ("à 17h05", "17:05"), ("11 Uhr", "11:00"), ("12.10.2026", None)]
)
def test_a_time_of_day_is_told_from_a_date(text: str, clock: str | None) -> None:
    assert time_in(text) == clock
