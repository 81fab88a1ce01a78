"""Money, mileage and terms as mails write them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadmaild.model.reading import Money
from leadmaild.reading.fields.amounts import mileage_in, money_in, months_in


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("24.990 € (Brutto)", "24990", "EUR"),
        ("€ 12.345,-", "12345", "EUR"),
        ("25900.00", "25900", "EUR"),
        ("1.234 € VB", "1234", "EUR"),
        ("1.234,50 €", "1234.50", "EUR"),
        ("£23,410", "23410", "GBP"),
        ("CHF 38'900.-", "38900", "CHF"),
        ("8 990 €", "8990", "EUR"),
        ("8\u202f990 €", "8990", "EUR"),
        ("19 % MwSt. enthalten, 24.990 €", "24990", "EUR"),
        ("25 T€", "25000", "EUR"),
        ("20 Tsd. Euro", "20000", "EUR"),
    ],
)
def test_an_amount_is_read_beside_its_currency(text: str, amount: str, currency: str) -> None:
    assert money_in(text) == Money(Decimal(amount), currency)


@pytest.mark.parametrize("text", ["Preis auf Anfrage", "", "VB", "€"])
def test_no_number_is_no_amount(text: str) -> None:
    assert money_in(text) is None


def test_a_bare_amount_takes_the_currency_of_the_place() -> None:
    assert money_in("19850", "CHF") == Money(Decimal(19850), "CHF")


@pytest.mark.parametrize(
    ("text", "distance", "unit"),
    [
        ("84.500 km", 84500, "km"),
        ("84 Tkm", 84000, "km"),
        ("84,5 tsd. km", 84500, "km"),
        ("31 T km", 31000, "km"),
        ("52,000 miles", 52000, "mi"),
        ("0 km", 0, "km"),
        ("ca. 98000", 98000, "km"),
        ("98 500 km", 98500, "km"),
    ],
)
def test_an_odometer_reading_is_read_with_its_unit(text: str, distance: int, unit: str) -> None:
    assert mileage_in(text) == (distance, unit)


def test_a_bare_reading_is_in_miles_where_miles_are_driven() -> None:
    assert mileage_in("41,200", "GB") == (41200, "mi")


@pytest.mark.parametrize(
    ("text", "months"), [("48 Monate", 48), ("48", 48), ("4 Jahre", 48), ("36 mois", 36), ("x", None)]
)
def test_a_term_is_counted_in_months(text: str, months: int | None) -> None:
    assert months_in(text) == months


@given(st.integers(min_value=1, max_value=999_999_999))
def test_grouping_never_changes_an_amount(number: int) -> None:
    for by in (".", ",", " ", "'"):
        assert money_in(f"{number:,}".replace(",", by) + " €") == Money(Decimal(number), "EUR")
