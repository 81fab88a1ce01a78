"""Makes, models, VIN and type keys."""

import pytest

from leadmaild.reading.fields.vehicles import cars_in_text, hsn_tsn_in, make_and_model, vin_in_text, vin_of


@pytest.mark.parametrize(
    ("title", "make", "model"),
    [
        ("Škoda Octavia Combi 2.0 TDI Style", "Škoda", "Octavia"),
        ("Mercedes-Benz A 180 Progressive", "Mercedes-Benz", "A 180"),
        ("VW Golf VII 1.4 TSI", "VW", "Golf"),
        ("Tesla Model 3 Long Range", "Tesla", "Model 3"),
        ("Land Rover Range Rover Evoque", "Land Rover", "Range Rover Evoque"),
        ("Citroën C4 Picasso", "Citroën", "C4 Picasso"),
        ("Kia cee'd", "Kia", "cee'd"),
        ("Gebrauchtwagen VW Polo", "VW", "Polo"),
        ("Alfa Romeo Giulietta 1.6", "Alfa Romeo", "Giulietta"),
        ("Wohnwagen mit Vorzelt", None, None),
    ],
)
def test_a_title_gives_make_and_model_as_written(title: str, make: str | None, model: str | None) -> None:
    assert make_and_model(title) == (make, model)


@pytest.mark.parametrize(
    ("text", "cars"),
    [
        ("Ich möchte meinen VW Golf 2015 in Zahlung geben", [("VW", "Golf")]),
        ("Man kann auch smart wohnen, mini passt", []),
        ("Haben Sie den Dacia Duster auch in blau?", [("Dacia", "Duster")]),
    ],
)
def test_running_text_names_a_car_only_where_it_is_one(text: str, cars: list[tuple[str, str]]) -> None:
    assert [(car.make, car.model) for car in cars_in_text(text)] == cars


def test_a_vin_is_upper_cased_and_its_blanks_dropped() -> None:
    assert (vin_of("w1k1770841n123456"), vin_of("WVW ZZZ 1KZ 6W 000001")) == ("W1K1770841N123456", "WVWZZZ1KZ6W000001")


def test_seventeen_digits_in_a_text_are_no_vin() -> None:
    assert vin_in_text("Auftrag 12345678901234567") is None
    assert vin_in_text("FIN WVWZZZ1KZ6W000001 bitte") == "WVWZZZ1KZ6W000001"


def test_the_german_type_key_is_split() -> None:
    assert hsn_tsn_in("0603/BPE") == ("0603", "BPE")
