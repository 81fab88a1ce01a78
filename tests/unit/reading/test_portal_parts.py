"""Parts of reading a portal's mail: figures without labels, announced messages, whose a label is, lookalikes."""

import pytest

from leadmaild.model.reading import Sender
from leadmaild.reading.announced import announced_message
from leadmaild.reading.contact_values import caller_of
from leadmaild.reading.dealers_labels import without_dealers
from leadmaild.reading.fields.amounts import currency_of_amounts_in
from leadmaild.reading.fields.figures import figures_in
from leadmaild.reading.findings import Locale
from leadmaild.reading.labelled import labelled_fields
from leadmaild.reading.labels import is_platforms_signature, section_of
from leadmaild.reading.machine_text import is_of_machine
from leadmaild.reading.spam import lookalike_of
from leadmaild.reading.text import document_of_text

PORTALS = ("mobile.de", "autoscout24.com", "autoscout24.de", "ebay.de", "leboncoin.fr")


@pytest.mark.rule("R167")
@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("EZ 03/2019 · 84.500 km · 110 kW (150 PS)", {"first_registration": "EZ 03/2019", "mileage": "84.500 km"}),
        ("€ 12.345,-", {"price": "€ 12.345,-"}),
        ("TÜV 03/2027, Scheckheft", {}),
        ("Ich fahre im Jahr 30.000 km und suche etwas Neues", {}),
    ],
)
def test_figures_of_an_ad_are_pieces_of_their_line(line: str, found: dict[str, str]) -> None:
    assert figures_in(line) == found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Je hebt een reactie ontvangen van Daan:\n\nIs hij er nog?\n\nPrijs: € 900", "Is hij er nog?"),
        ("Eva schreibt: Noch da?", "Noch da?"),
        ("Am 05.10.2026 schrieb Autohaus Nord:\nRufen Sie an", ""),
        ("Ich habe eine Frage:\nNoch da?", ""),
    ],
)
def test_a_message_is_announced_by_a_line_that_says_it_came_in(text: str, words: str) -> None:
    assert announced_message(document_of_text(text)) == words


def test_what_a_portal_calls_yours_is_the_dealers_beside_the_customers() -> None:
    beside = list(labelled_fields(document_of_text("Anrufer: unterdrückt\nIhre Rufnummer: 030 23125 333")))
    alone = list(labelled_fields(document_of_text("Ihr Name: Eva Lind\nIhre Rufnummer: 030 23125 333")))

    assert [f.label for f in without_dealers(beside)] == ["Anrufer"]
    assert [f.label for f in without_dealers(alone)] == ["Ihr Name", "Ihre Rufnummer"]


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        ("0171 3920044", [("contact.phone", "+491713920044"), ("channel", "phone")]),
        ("Nummer unterdrückt", []),
    ],
)
def test_a_caller_is_a_number_and_tells_the_channel(raw: str, found: list[tuple[str, object]]) -> None:
    assert [(path, value) for path, value in caller_of("caller", raw, Locale(region="DE")) if value] == found


@pytest.mark.parametrize(
    ("address", "name", "portal"),
    [
        ("x@mobile.de.example", "", "mobile.de"),
        ("ebay@ebay.de-sicherheit.example", "", "ebay.de"),
        ("x@notautoscout24.example", "", "autoscout24.com"),
        ("x@mail.example", "leboncoin.fr Service", "leboncoin.fr"),
        ("verkauf@schmidt-automobile.de", "Automobile.de Schmidt", None),
        ("noreply@rtm.autoscout24.de", "", None),
    ],
)
def test_a_lookalike_bears_a_portals_name_without_belonging_to_it(address: str, name: str, portal: str | None) -> None:
    assert lookalike_of(Sender(email=address, name=name), PORTALS) == portal


@pytest.mark.parametrize(
    ("heading", "section"),
    [
        ("Aktuelles Fahrzeug des Kunden", "trade_in"),
        ("Your contact at mobile.de", "dealer"),
        ("Ihr Fahrzeug", "vehicle"),
        ("Your contact details", "contact"),
    ],
)
def test_a_heading_tells_whose_the_labels_below_are(heading: str, section: str) -> None:
    assert section_of(heading) == section


@pytest.mark.parametrize(
    ("line", "is_theirs"),
    [
        ("Ihr AutoScout24-Team", True),
        ("L'équipe leboncoin", True),
        ("Il team di AutoScout24", True),
        ("Petra Team", False),
    ],
)
def test_the_platforms_name_below_its_greeting_is_known(line: str, is_theirs: bool) -> None:
    assert is_platforms_signature(line) is is_theirs


@pytest.mark.parametrize(
    ("text", "is_machines"),
    [
        ("WER >> Lea\nRUF >> 0171 3920075\nPOST >> lea@example.org\nOBJ >> Kia Rio", True),
        ("cust_name: Lea\ncust_tel: 0171\ncust_mail: lea@example.org\ncar_id: 7", True),
        ("Marke: VW\nModell: Golf\nBaujahr: 2012\nPreis: 4000", False),
        ("Hallo,\nich suche einen Golf;\nam liebsten blau.\nGruß\nEva", False),
    ],
)
def test_keys_and_values_with_a_sign_of_their_own_are_a_machines(text: str, is_machines: bool) -> None:
    assert is_of_machine(document_of_text(text)) is is_machines


@pytest.mark.parametrize(
    ("text", "currency"),
    [("Fr. Meier, FT-4, Ron", None), ("Fr. 9-18 Uhr", None), ("Preis: CHF 31'500.-", "CHF"), ("9.495,- £", "GBP")],
)
def test_a_currency_counts_beside_an_amount_only(text: str, currency: str | None) -> None:
    assert currency_of_amounts_in(text) == currency
