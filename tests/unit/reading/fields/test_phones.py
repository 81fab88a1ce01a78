"""Telephone numbers: E.164, the raw text kept, nothing taken for a number that is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadmaild.reading.fields.phones import phones_in, phones_in_text
from leadmaild.reading.findings import Locale
from leadmaild.reading.own_numbers import phones_of


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("+49 (0)171 3920023", ["+491713920023"]),
        ("0049 (0) 171 3920023", ["+491713920023"]),
        ("0171/392 00 23", ["+491713920023"]),
        ("49171 3920023", ["+491713920023"]),
        ("tel:+491713920023", ["+491713920023"]),
        ("089/99998-123", ["+498999998123"]),
        ("089 99998 Durchwahl 12", ["+49899999812"]),
        ("Tel. 089 99998 123 (abends)", ["+498999998123"]),
        ("0171 3920075 oder 030 23125 111", ["+491713920075", "+493023125111"]),
        ("0171/3920011 / 089/99998123", ["+491713920011", "+498999998123"]),
        ("12.10.2026", []),
        ("12345", []),
        ("bitte nur per Mail", []),
        ("A B", []),
        ("9" * 5000, []),
        ("+49 170;tel:900", []),
        ("+49 176 / 04069-001", ["+4917604069001"]),
        ("ab 18 Uhr: 0174 / 91794-07", ["+491749179407"]),
    ],
)
def test_the_value_of_a_phone_label_gives_its_numbers(text: str, numbers: list[str]) -> None:
    assert [p.e164 for p in phones_in(text, "DE")] == numbers


@pytest.mark.parametrize(
    ("region", "text", "number"),
    [
        ("AT", "0664 1234567", "+436641234567"),
        ("FR", "06 39 98 01 02", "+33639980102"),
        ("NL", "06-12345678", "+31612345678"),
        ("IT", "347 1234567", "+393471234567"),
        ("CH", "079 123 45 67", "+41791234567"),
        ("BE", "0470 12 34 56", "+32470123456"),
    ],
)
def test_a_national_number_belongs_to_the_region(region: str, text: str, number: str) -> None:
    assert [p.e164 for p in phones_in(text, region)] == [number]


def test_the_raw_text_is_kept() -> None:
    assert phones_in("+49 (0)171 3920023", "DE")[0].raw == "+49 (0)171 3920023"


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Rufen Sie mich an: 0171 3920023.", ["+491713920023"]),
        ("Meine Nummer: 0171-3920 048 ab 17 Uhr", ["+491713920048"]),
        ("call +44 7700 900123 please", ["+447700900123"]),
        ("Kundennummer 0171392002", []),
        ("Angebot Nr. 089 99998 123", []),
        ("https://x.example/01713920023", []),
        ("am 12.10.2026 um 08:30 Uhr, 12.000 km", []),
        ("Auftrags-ID: 030 23125 123", []),
    ],
)
def test_running_text_gives_only_what_is_without_doubt_a_number(text: str, numbers: list[str]) -> None:
    assert [e164 for _, e164, _ in phones_of(text, Locale())] == numbers


def test_a_fax_is_no_phone() -> None:
    assert [path for path, _, _ in phones_of("Tel. 0221 4710 610\nFax: 0221 4710 611", Locale())] == [
        "contact.phone",
        "contact.fax",
    ]


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    phones_in(text, "DE")
    list(phones_in_text(text, "DE"))
