"""Names taken apart; what a text does not tell stays empty."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadmaild.reading.fields.names import NameParts, name_parts


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Katharina Vogel", NameParts(first_name="Katharina", last_name="Vogel", name="Katharina Vogel")),
        ("Herrn Mehmet Demir", NameParts("Herr", None, "Mehmet", "Demir", "Mehmet Demir")),
        ("Herr Dr. von der Heide", NameParts("Herr", "Dr.", None, "von der Heide", "von der Heide")),
        ("Vogel, Katharina", NameParts(first_name="Katharina", last_name="Vogel", name="Katharina Vogel")),
        ("Prof. Dr. med. Hans-Peter van der Meer",
         NameParts(None, "Prof. Dr. med.", "Hans-Peter", "van der Meer", "Hans-Peter van der Meer")),
        ("Dipl.-Ing. Max Muster", NameParts(None, "Dipl.-Ing.", "Max", "Muster", "Max Muster")),
        ("Mme Claire de La Tour", NameParts("Mme", None, "Claire", "de La Tour", "Claire de La Tour")),
        ("Sig.ra Anna Rossi", NameParts("Sig.ra", None, "Anna", "Rossi", "Anna Rossi")),
        ("M. Dupont", NameParts("M.", None, None, "Dupont", "Dupont")),
        ("Sven K.", NameParts(first_name="Sven", last_name="K.", name="Sven K.")),
        ("autofan77", NameParts(name="autofan77")),
        ("Maria", NameParts(name="Maria")),
        ("Familie Schulz", NameParts("Familie", None, None, "Schulz", "Schulz")),
        ("Demir Garten- & Landschaftsbau e.K.", NameParts(company="Demir Garten- & Landschaftsbau e.K.")),
        ("Müller GmbH, Herr Schmidt", NameParts("Herr", None, None, "Schmidt", "Schmidt", "Müller GmbH")),
        ("Anonym", NameParts()),
        ("http://spam.example", NameParts()),
        ("", NameParts()),
    ],
)  # fmt: skip
def test_a_written_name_is_taken_apart(text: str, parts: NameParts) -> None:
    assert name_parts(text) == parts


@pytest.mark.rule("BI-47")
@given(st.text(max_size=200))
def test_no_part_of_a_name_holds_a_line_break_or_an_address(text: str) -> None:
    parts = name_parts(f"Bob\r\nBcc: {text}")
    for value in (parts.first_name, parts.last_name, parts.name, parts.company, parts.salutation):
        assert value is None or ("\n" not in value and "\r" not in value and "@" not in value and len(value) <= 120)
