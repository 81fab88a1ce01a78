"""Labels by section; the message is a block in which labels are the customer's text."""

import pytest

from leadmaild.reading.labelled import labelled_fields
from leadmaild.reading.labels import common_targets
from leadmaild.reading.text import document_of_text


def fields(text: str, **options: bool) -> list[tuple[str, str]]:
    return [(f.path, f.raw) for f in labelled_fields(document_of_text(text), **options)]


@pytest.mark.parametrize(
    ("label", "target"),
    [
        ("Telefon", "contact.phone"), ("Ihre Telefonnummer *", "contact.phone"), ("TEL.-NR.", "contact.phone"),
        ("Name des Interessenten", "contact.name"), ("Votre prénom", "contact.first_name"),
        ("Il tuo cognome", "contact.last_name"),
        ("Uw e-mailadres (optioneel)", "contact.email"), ("Strasse", "contact.street"), ("Straße", "contact.street"),
        ("Kilometerstand (Inzahlungnahme)", "trade_in.mileage"), ("Inzahlungnahme – Marke", "trade_in.make"),
        ("Wann dürfen wir Sie zurückrufen?", "preferred_time"), ("Ihre Nachricht an uns", "message"),
    ],
)  # fmt: skip
def test_a_label_is_known_whatever_stands_around_it(label: str, target: str) -> None:
    assert common_targets(label) == (target,)


@pytest.mark.parametrize("label", ["Nachrichten-ID", "Neue Nachricht vom", "Hinweis", "", "!!!"])
def test_other_words_are_no_labels(label: str) -> None:
    assert common_targets(label) == ()


def test_labels_inside_the_message_are_text() -> None:
    assert fields("Name: Eva\nNachricht:\nHallo\nTelefon: ruf an\nPreis: zu hoch\n\nGruß") == [
        ("contact.name", "Eva"),
        ("message", "Hallo\nTelefon: ruf an\nPreis: zu hoch\n\nGruß"),
    ]


@pytest.mark.parametrize(
    "end",
    [
        "-- ",
        "----------",
        "Datenschutz: akzeptiert",
        "Diese E-Mail wurde über ein Formular gesendet",
        "Zahlen Sie nie im Voraus",
    ],
)
def test_the_message_ends_before_signature_rule_and_footer_and_labels_below_are_not_the_customers(end: str) -> None:
    assert fields(f"Nachricht: Hallo\n{end}\nTelefon: 030 23125 000") == [("message", "Hallo")]


def test_a_heading_over_labels_ends_the_message() -> None:
    text = "Nachricht: Hallo\n\n=== Inzahlungnahme ===\nMarke: Opel\n\n=== Händler ===\nName: Autohaus"

    assert fields(text) == [("message", "Hallo"), ("trade_in.make", "Opel")]


def test_after_a_trade_in_said_yes_to_the_next_car_is_the_customers() -> None:
    text = "Fahrzeug: VW Golf\nKilometerstand: 10.000\nInzahlungnahme: ja\nMarke: Opel\nKilometerstand: 90.000"

    assert fields(text)[-2:] == [("trade_in.make", "Opel"), ("trade_in.mileage", "90.000")]


def test_the_first_of_two_equal_labels_counts_and_an_empty_one_is_none() -> None:
    assert fields("Telefon:\nTelefon: 1\nTelefon: 2\nMobil: 3") == [("contact.phone", "1"), ("contact.phone", "3")]


def test_the_customer_below_his_message_is_found_where_that_is_asked() -> None:
    text = "Nachricht: Hallo\nName: Eva\nTelefon: 1"

    assert fields(text) == [("message", "Hallo\nName: Eva\nTelefon: 1")]
    assert fields(text, message_ends_at_contact=True)[1:] == [("contact.name", "Eva"), ("contact.phone", "1")]


def test_labels_without_a_sign_are_believed_at_the_head_of_a_text_and_not_in_the_prose_below() -> None:
    form = "Vorname Eva\nNachname Lind\nTelefon 0171 3920011\n"
    head = [("contact.first_name", "Eva"), ("contact.last_name", "Lind"), ("contact.phone", "0171 3920011")]
    prose = "es ist ein schöner Tag\n" * 300
    assert fields(form) == head
    assert fields(form + prose + "Kilometerstand 5000") == head
    assert fields(prose + form) == []
