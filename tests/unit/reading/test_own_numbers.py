"""Whose the numbers in a customer's words are: his own, his fax, or the dealer's that he dialled."""

import pytest

from leadmaild.reading.findings import Locale
from leadmaild.reading.own_numbers import his_phones_of, phones_of


@pytest.mark.parametrize(
    "words",
    [
        "Ich habe mehrfach versucht, Sie unter 089 99998 010 zu erreichen.",
        "Unter Ihrer Nummer 0221 4710 123 habe ich niemanden erreicht.",
        "Ihr Kollege sagte mir unter Ihrer Telefonnummer 089 99998 020, ich soll mailen.",
        "I tried to reach you on +44 20 7946 0111 yesterday.",
        "J'ai essayé de vous joindre au +33 1 99 00 12 34.",
        "Ich habe unter 0221 4710 456 niemanden erreicht.",
        "Unter 0221 4710 456 geht leider keiner ran.",
    ],
)
def test_the_number_he_dialled_is_the_dealers(words: str) -> None:
    assert list(phones_of(words, Locale())) == []


@pytest.mark.parametrize(
    "words",
    [
        "Ich habe Sie nicht erreicht, bitte zurückrufen: 0171 3920023",
        "Unter 0171 3920023 bin ich da, tagsüber ist niemand zu Hause.",
        "Sie erreichen mich unter 0171 3920023.",
        "Rufen Sie mich unter 0171 3920023 an, ich habe es schon versucht.",
    ],
)
def test_a_number_to_be_called_is_his(words: str) -> None:
    assert [e164 for _, e164, _ in phones_of(words, Locale())] == ["+491713920023"]


def test_numbers_under_a_word_go_before_bare_ones() -> None:
    words = "Die Werkstatt hat 0221 4710 600.\n\nTel.: 0221 4710 610\nM +49 171 3920023\nF 0221 4710 611"
    assert [(path, e164) for path, e164, _ in his_phones_of(words, Locale())] == [
        ("contact.phone", "+492214710610"),
        ("contact.fax", "+492214710611"),
    ]
    assert [e164 for _, e164, _ in his_phones_of("Am besten 0221 4710 600", Locale())] == ["+492214710600"]


@pytest.mark.parametrize(
    ("words", "region", "number"),
    [
        ("Meine neue Nummer: 0162 5550188", "DE", "+491625550188"),
        ("Regards\nEwan Ross\n07700 900 456\n", "GB", "+447700900456"),
        ("Il mio cellulare: 333 765 4321.", "IT", "+393337654321"),
    ],
)
def test_his_number_in_the_ways_he_writes_it(words: str, region: str, number: str) -> None:
    assert [e164 for _, e164, _ in phones_of(words, Locale(region=region))] == [number]


def test_an_amount_is_no_italian_mobile_number() -> None:
    assert list(phones_of("Prezzo 333 000 euro, chilometri 350 000", Locale(region="IT"))) == []
