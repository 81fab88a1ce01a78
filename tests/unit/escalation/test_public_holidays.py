"""Public holidays of a region as days off (R10)."""

from datetime import date

import pytest

from leadmaild.errors import NotFound
from leadmaild.escalation.calendar import Calendar
from leadmaild.escalation.public_holidays import public_holidays
from leadmaild.model.location import OpeningHours

from .build import off

BAVARIA_2026 = {
    "2026-01-01", "2026-01-06", "2026-04-03", "2026-04-06", "2026-05-01", "2026-05-14", "2026-05-25", "2026-06-04",
    "2026-08-15", "2026-10-03", "2026-11-01", "2026-12-25", "2026-12-26",
}  # fmt: skip


def dates(region: str, year: int) -> set[str]:
    return {d.first.isoformat() for d in public_holidays(region) if d.first.year == year}


@pytest.mark.rule("R10")
def test_bavaria_has_its_thirteen_days_assumption_day_too():
    assert dates("DE-BY", 2026) == BAVARIA_2026


@pytest.mark.rule("R10")
@pytest.mark.parametrize(
    ("region", "day", "is_off"),
    [
        ("DE-NW", "2026-06-04", True),
        ("DE-NW", "2026-08-15", False),
        ("DE-SN", "2026-06-04", False),  # parts of Saxony only
        ("DE-SN", "2026-11-18", True),
        ("DE-MV", "2026-03-08", True),
        ("DE-BE", "2026-03-08", True),
        ("DE-SL", "2026-08-15", True),
        ("DE", "2026-06-04", False),
        ("AT", "2026-10-26", True),
    ],
)
def test_regions_differ(region, day, is_off):
    assert (day in dates(region, 2026)) == is_off


def test_names_are_german_unless_another_language_is_asked_for_and_known():
    named = {language: public_holidays("DE-BY", language)[0].label for language in ("de", "en_US", "xx")}
    assert named == {"de": "Neujahr", "en_US": "New Year's Day", "xx": "Neujahr"}


@pytest.mark.rule("R10")
@pytest.mark.parametrize(("region", "hint"), [("DE-XX", "DE-BW"), ("XX", "DE-BY"), ("by", "DE-BY"), ("", "DE-BY")])
def test_an_unknown_region_is_refused_with_what_would_be_right(region, hint):
    with pytest.raises(NotFound, match=hint):
        public_holidays(region)


@pytest.mark.rule("R10")
def test_holidays_are_off_and_a_day_can_be_taken_out_again():
    hours = OpeningHours(
        days_off=(off("2026-12-24", "2026-12-25", "Ferien"),),
        public_holidays="DE-BY",
        not_days_off=(date(2026, 8, 15), date(2026, 12, 24)),
    )
    calendar = Calendar.of(hours)
    listed = calendar.days_off_between(date(2026, 8, 1), date(2027, 1, 1))
    assert [(d.first.isoformat(), d.label) for d in listed] == [
        ("2026-10-03", "Tag der Deutschen Einheit"),
        ("2026-11-01", "Allerheiligen"),
        ("2026-12-25", "Ferien, Erster Weihnachtstag"),
        ("2026-12-26", "Zweiter Weihnachtstag"),
    ]
    assert not calendar.is_day_off(date(2026, 8, 15))
    assert calendar.is_day_off(date(2026, 12, 25))


@pytest.mark.rule("R10")
def test_no_region_adds_nothing():
    assert not Calendar.of(OpeningHours()).days_off
